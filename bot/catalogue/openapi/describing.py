"""The catalogue as an OpenAPI 3.1 document, for the sandbox."""

from __future__ import annotations

from typing import Any

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.fields import Field, FieldKind
from bot.catalogue.operation import Operation


def describe(catalogue: Catalogue) -> dict[str, Any]:
    """Return an OpenAPI 3.1 document of the offered operations."""
    branches = [_branch(operation) for operation in catalogue.operations.values() if operation.offered]
    body = {"required": True, "content": {"application/json": {"schema": {"oneOf": branches}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Cannon Studio API", "version": "1"},
        "paths": {
            "/api/v1/requests": {"post": {"requestBody": body, "responses": {"202": {"description": "Accepted"}}}}
        },
    }


def _branch(operation: Operation) -> dict[str, Any]:
    fields = operation.fields
    return {
        "title": operation.title,
        "type": "object",
        "properties": {
            "operation": {"const": operation.id},
            "input": object_schema(fields, extra_keys=False) if fields else {"type": "object"},
            "webhook_url": {"type": "string", "format": "uri"},
        },
        "required": ["operation", "input"],
    }


def _schema_of(field: Field) -> dict[str, Any]:
    schema: dict[str, Any] = {"title": field.label, "description": field.help}
    if field.kind is FieldKind.URLS:
        return schema | {"type": "array", "items": {"type": "string", "format": "uri"}}
    if field.kind is FieldKind.OBJECTS:
        return schema | {"type": "array", "items": object_schema(field.item_fields, extra_keys=field.extra_keys)}
    if field.kind is FieldKind.OBJECT:
        return schema | object_schema(field.item_fields, extra_keys=field.extra_keys)
    if field.kind is FieldKind.JSON:
        return schema
    schema["type"] = {FieldKind.TEXT: "string", FieldKind.URL: "string"}.get(field.kind, field.kind.value)
    rules = {
        "format": "uri" if field.kind is FieldKind.URL else None,
        "maxLength": field.max_length if field.kind is FieldKind.TEXT else None,
        "enum": list(field.choices),
        "examples": list(field.suggestions),
        "minimum": field.minimum,
        "maximum": field.maximum,
    }
    return schema | {word: rule for word, rule in rules.items() if rule is not None and rule != []}


def object_schema(fields: tuple[Field, ...], *, extra_keys: bool) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {field.name: _schema_of(field) for field in fields},
        "required": [field.name for field in fields if field.required],
        "additionalProperties": extra_keys,
    }
