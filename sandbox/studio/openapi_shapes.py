"""The operations as an OpenAPI 3.1 document, in each of nine possible forms of the live one.

The true form is undocumented. tests/data/openapi/ has a description in eight of them, made without these functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.catalogue.fields import Field, FieldKind
from bot.catalogue.openapi.describing import object_schema
from bot.catalogue.operation import Operation

Json = dict[str, Any]
Shape = Callable[[Sequence[Operation]], Json]

_HOOK: Json = {"type": "string", "format": "uri"}
_SAMPLES: Mapping[FieldKind, Any] = {
    FieldKind.TEXT: "A lighthouse in fog",
    FieldKind.INTEGER: 1,
    FieldKind.NUMBER: 1.5,
    FieldKind.BOOLEAN: True,
    FieldKind.URL: "https://media.example/file",
    FieldKind.URLS: ["https://media.example/file"],
    FieldKind.OBJECT: {},
    FieldKind.OBJECTS: [],
    FieldKind.JSON: None,
}


def _enum_free_input(operations: Sequence[Operation]) -> Json:
    return _document(_body({"type": "string", "enum": _ids(operations)}))


def _enum_named_examples(operations: Sequence[Operation]) -> Json:
    examples = {
        re.sub(r"[._]", "-", each.id): {
            "summary": each.title,
            "value": {"operation": each.id, "input": {field.name: _sample(field) for field in each.fields}},
        }
        for each in operations
    }
    return _document(_body({"type": "string", "enum": _ids(operations)}), examples=examples)


def _one_of_const(operations: Sequence[Operation]) -> Json:
    schemas = {_pascal(each.id) + "Request": _branch(each) for each in operations}
    mapping = {each.id: _ref(_pascal(each.id) + "Request") for each in operations}
    body = {
        "oneOf": [{"$ref": place} for place in mapping.values()],
        "discriminator": {"propertyName": "operation", "mapping": mapping},
    }
    return _document(body, schemas)


def _if_then(operations: Sequence[Operation]) -> Json:
    rules = [
        {
            "if": {"properties": {"operation": {"const": each.id}}, "required": ["operation"]},
            "then": {"properties": {"input": {"$ref": _ref(_pascal(each.id))}}},
        }
        for each in operations
    ]
    schemas = {_pascal(each.id): {"title": each.title, **_input(each)} for each in operations}
    body = _body({"type": "string", "enum": _ids(operations)}) | {"allOf": rules}
    return _document({"$ref": _ref("CreateRequest")}, schemas | {"CreateRequest": body})


def _operation_one_of(operations: Sequence[Operation]) -> Json:
    listed = [{"const": each.id, "title": each.title} for each in operations]
    return _document(_body({"type": "string", "oneOf": listed}))


def _components_named(operations: Sequence[Operation]) -> Json:
    schemas: Json = {_pascal(each.id) + "Input": _input(each) for each in operations}
    schemas["OperationId"] = {"type": "string", "enum": _ids(operations)}
    return _document(_body({"$ref": _ref("OperationId")}), schemas)


def _components_titled(operations: Sequence[Operation]) -> Json:
    names = {each.id: re.sub(r"[^A-Za-z0-9]", "", each.title) + "Input" for each in operations}
    schemas: Json = {names[each.id]: _input(each) for each in operations}
    inputs = {
        "oneOf": [{"$ref": _ref(name)} for name in names.values()],
        "discriminator": {"propertyName": "operation", "mapping": {key: _ref(name) for key, name in names.items()}},
    }
    body = _body({"type": "string"})
    body["properties"]["input"] = inputs
    return _document(body, schemas)


def _paths(operations: Sequence[Operation]) -> Json:
    document = _document(_body({"type": "string"}))
    for each in operations:
        body = {"type": "object", "required": ["input"], "properties": {"input": _input(each), "webhook_url": _HOOK}}
        document["paths"][f"/api/v1/operations/{each.id}"] = {
            "post": {"operationId": _pascal(each.id), "summary": each.title} | _exchange(body)
        }
    return document


def _vendor_list(operations: Sequence[Operation]) -> Json:
    listed = [
        {
            "id": each.id,
            "title": each.title,
            "inputFields": [field.name for field in each.fields],
            "models": [{"label": model.name, "value": model.id} for model in each.models if model.id],
        }
        for each in operations
    ]
    return _document(_body({"type": "string"})) | {"x-operations": listed}


SHAPES: Mapping[str, Shape] = {
    "enum_free_input": _enum_free_input,
    "enum_named_examples": _enum_named_examples,
    "one_of_const": _one_of_const,
    "if_then": _if_then,
    "operation_one_of": _operation_one_of,
    "components_named": _components_named,
    "components_titled": _components_titled,
    "paths": _paths,
    "vendor_list": _vendor_list,
}
"""Form names to functions of the operations."""


def _document(body: Json, schemas: Json | None = None, *, examples: Json | None = None) -> Json:
    create: Json = {"operationId": "createRequest", "summary": "Create a request"} | _exchange(body)
    if examples is not None:
        create["requestBody"]["content"]["application/json"]["examples"] = examples
    read = {"operationId": "getRequest", "summary": "Get a request", "responses": {"200": {"description": "It"}}}
    status = {"operationId": "getStatus", "summary": "Check a key", "responses": {"200": {"description": "It works"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Cannon Studio API", "version": "1.0.0"},
        "paths": {
            "/api/v1/status": {"get": status},
            "/api/v1/requests": {"post": create},
            "/api/v1/requests/{requestId}": {"get": read},
        },
        "components": {"schemas": schemas or {}},
    }


def _exchange(body: Json) -> Json:
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"202": {"description": "Accepted"}},
    }


def _body(operation: Json) -> Json:
    return {
        "type": "object",
        "required": ["operation", "input"],
        "properties": {"operation": operation, "input": {"type": "object"}, "webhook_url": _HOOK},
    }


def _branch(operation: Operation) -> Json:
    return {
        "type": "object",
        "title": operation.title,
        "required": ["operation", "input"],
        "properties": {
            "operation": {"type": "string", "const": operation.id},
            "input": _input(operation),
            "webhook_url": _HOOK,
        },
    }


def _input(operation: Operation) -> Json:
    return object_schema(operation.fields, extra_keys=False) if operation.fields else {"type": "object"}


def _sample(field: Field) -> Any:
    return next(iter([*field.choices, *field.suggestions]), _SAMPLES[field.kind])


def _ids(operations: Sequence[Operation]) -> list[str]:
    return [each.id for each in operations]


def _ref(schema: str) -> str:
    return f"#/components/schemas/{schema}"


def _pascal(operation_id: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", operation_id))
