"""A description of the API in each form that is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.catalogue import Catalogue, Operation, describe
from bot.catalogue.openapi.describing import object_schema

REQUESTS = "/api/v1/requests"


def constants(operations: Sequence[Operation]) -> dict[str, Any]:
    """Return `oneOf` with each operation as a constant."""
    return describe(Catalogue(operations))


def enum(operations: Sequence[Operation]) -> dict[str, Any]:
    """Return an enum of operations, and a schema of each under its id."""
    offered = [each for each in operations if each.offered]
    schemas = {
        each.id: {"title": each.title} | (object_schema(each.fields, extra_keys=False) if each.fields else {})
        for each in offered
    }
    schema = {"properties": {"operation": {"enum": [each.id for each in offered]}, "input": {"type": "object"}}}
    return _document({REQUESTS: {"post": {"requestBody": _body(schema)}}}, schemas)


def mapping(operations: Sequence[Operation]) -> dict[str, Any]:
    """Return `oneOf` of references, whose operations only the discriminator's mapping names."""
    schemas, mapped = dict[str, Any](), dict[str, str]()
    described = constants(operations)["paths"][REQUESTS]["post"]["requestBody"]["content"]["application/json"]["schema"]
    for branch in described["oneOf"]:
        name = f"Request{len(schemas)}"
        mapped[branch["properties"]["operation"]["const"]] = f"#/components/schemas/{name}"
        schemas[name] = branch | {"properties": branch["properties"] | {"operation": {"type": "string"}}}
    branches = [{"$ref": place} for place in mapped.values()]
    schema = {"oneOf": branches, "discriminator": {"propertyName": "operation", "mapping": mapped}}
    return _document({REQUESTS: {"post": {"requestBody": _body(schema)}}}, schemas)


def parameters(operations: Sequence[Operation]) -> dict[str, Any]:
    """Return a path of each operation with its fields as parameters of the body."""
    paths = {
        f"/api/v1/{each.id}": {
            "post": {
                "operationId": each.id,
                "summary": each.title,
                "requestBody": _body(object_schema(each.fields, extra_keys=False)),
            }
        }
        for each in operations
        if each.offered
    }
    return _document(paths, {})


def _body(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": dict(schema)}}}


def _document(paths: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    return {"openapi": "3.1.0", "paths": dict(paths), "components": {"schemas": dict(schemas)}}


FORMS: Mapping[str, Callable[[Sequence[Operation]], dict[str, Any]]] = {
    "constants": constants,
    "enum": enum,
    "mapping": mapping,
    "parameters": parameters,
}
