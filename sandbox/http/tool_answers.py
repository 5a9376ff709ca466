"""Answers of the keyless tools about operations and models, in each of the forms that they may have.

The true forms are not public; docs/sandbox.md lists these.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.catalogue.openapi.describing import object_schema
from bot.catalogue.operation import Model, Operation
from sandbox import texts

Json = dict[str, Any]
Answer = tuple[Json | None, str]
"""An answer's structured content, None for none, and its text."""

SURFACES: Mapping[str, tuple[str, ...]] = {
    "image-api": ("image",),
    "video-api": ("video", "finish", "sora"),
    "three-d-api": ("3d",),
}
"""Surfaces of the API by their workflows; the app's own are not played."""


def _listed(operation: Operation, models: Sequence[Model]) -> Answer:
    fields = [
        {"name": each.name, "required": each.required, "type": each.kind.value, "description": each.help}
        for each in operation.fields
    ]
    described = {"id": operation.id, "title": operation.title, "fields": fields, "models": _models(models)}
    return _both({"operation": described, "openapi": "3.1.0"})


def _schema(operation: Operation, models: Sequence[Model]) -> Answer:
    schema: Json = object_schema(operation.fields, extra_keys=False) if operation.fields else {"type": "object"}
    if "model" in schema.get("properties", {}):
        schema["properties"]["model"]["oneOf"] = [{"const": each.id, "title": each.name} for each in models if each.id]
    page = f"{texts.DOCS}/{operation.id.replace('.', '-')}"
    docs = {"summary": texts.ASYNCHRONOUS(title=operation.title), "url": page}
    example = {"operation": operation.id, "input": {"prompt": "A lighthouse in fog"}}
    answer: Json = {"ok": True, "id": operation.id, "label": operation.title, "docs": docs, "inputSchema": schema}
    return _both(answer | {"example": example, "output": {"id": "video.generate", "properties": {"image_url": {}}}})


FORMS: Mapping[str, Callable[[Operation, Sequence[Model]], Answer]] = {
    "": _listed,
    "schema": _schema,
}
"""Forms of `get_api_operation` to functions of an operation with its true id, and of its models."""


def unknown_operation(name: object) -> Json:
    """Return the answer about an operation that there is not."""
    return {"ok": False, "status": 404, "error": texts.UNKNOWN_OPERATION(name=name)}


def surfaces(wanted: object, operations: Sequence[Operation], models: Mapping[str, Sequence[Model]]) -> list[Json]:
    """Return the surfaces of the API, or the one that is `wanted`; `models` by operation."""
    found = []
    for surface, workflows in SURFACES.items():
        if wanted in {None, "", surface}:
            here = [each for each in operations if each.workflow in workflows]
            listed = {model.name: model for each in here for model in models[each.id]}
            ids = [each.id for each in here]
            found.append({"surface": surface, "operations": ids, "models": _models(list(listed.values()))})
    return found


def toolkits(operations: Sequence[Operation]) -> Json:
    """Return the answer of `list_toolkits`, which names each operation."""
    kits = [{"family": each.workflow, "label": each.title, "apiOperation": each.id} for each in operations]
    return {"note": texts.AVAILABILITY, "toolkits": kits}


def tools(names: Sequence[str], ids: Sequence[str]) -> list[Json]:
    """Return the tools of `tools/list`; `ids` are listed as values of the operation, if any."""
    schema: Json = {"type": "object"}
    operation = {"type": "string"} | ({"enum": list(ids)} if ids else {})
    described = schema | {"properties": {"operation": operation}, "required": ["operation"]}
    return [{"name": each, "inputSchema": described if each == "get_api_operation" else schema} for each in names]


def _both(found: Json) -> Answer:
    return found, json.dumps(found)


def _models(models: Sequence[Model]) -> list[Json]:
    return [{"id": each.id, "name": each.name} for each in models]
