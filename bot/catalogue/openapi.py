"""Learns from the live OpenAPI document, and describes the catalogue as one.

The document's form is not public, so it is searched rather than trusted: any schema that ties a value of
`operation` to an `input`, wherever it is, and otherwise a component that is named after an operation.
What cannot be read changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.catalogue import texts
from bot.catalogue.catalogue import Catalogue
from bot.catalogue.drift import ApiChange, ChangeKind, Subject, merged_fields, merged_models
from bot.catalogue.fields import Field
from bot.catalogue.json_schema import Described, Reader, object_schema
from bot.catalogue.operation import Operation, bare, same_name

NODE_LIMIT = 100_000
"""How many objects and lists of a document are read."""
OPERATION_LIMIT = 300

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,40}(?:\.[A-Za-z0-9_-]{1,40}){1,4}", re.ASCII)
_WORKFLOWS = {
    "image": "image",
    "video": "video",
    "prompt": "prompt",
    "sora2": "sora",
    "sora": "sora",
    "three_d": "3d",
    "music": "audio",
    "narration": "audio",
    "soundfx": "audio",
    "audio": "audio",
}
_INPUT_NAMES = ("input", "requestinput", "inputschema", "request", "")


@dataclass(frozen=True, slots=True)
class Entry:
    """What the document says about one operation."""

    id: str
    titles: tuple[str, ...]
    fields: tuple[Described, ...]


def merge(catalogue: Catalogue, document: object) -> tuple[Catalogue, list[ApiChange]]:
    """Return a catalogue that has learned from `document`, and a change for each difference. Never raises."""
    if not isinstance(document, Mapping):
        return catalogue, []
    operations = dict(catalogue.operations)
    aliases: dict[str, str] = {}
    drift: list[ApiChange] = []
    for entry in _entries(document, operations):
        former = operations.get(entry.id) or _twin(entry, operations)
        if former is None:
            operations[entry.id] = _learned(entry)
            sentence = texts.new_operation(entry.id)
            drift.append(ApiChange(ChangeKind.CAME, Subject.OPERATION, entry.id, (entry.id,), sentence))
            continue
        present, changes = _merged(former, entry)
        drift += changes
        if former.id != entry.id:
            aliases[former.id] = entry.id
        operations = {
            (entry.id if key == former.id else key): (present if key == former.id else operation)
            for key, operation in operations.items()
        }
    return catalogue.replaced(operations.values(), aliases), drift


def describe(catalogue: Catalogue) -> dict[str, Any]:
    """Return an OpenAPI 3.1 document of the catalogue's operations, as the sandbox serves it."""
    branches = [_branch(operation) for operation in catalogue.operations.values()]
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


def _entries(document: Mapping[str, Any], operations: Mapping[str, Operation]) -> list[Entry]:
    """Return what the document says, one entry for each operation; the most complete where there are several."""
    reader = Reader(document)
    found: dict[str, Entry] = {}
    for node in _nodes(document):
        if len(found) >= OPERATION_LIMIT:
            break
        for entry in _tied(reader, node):
            if entry.id not in found or (entry.fields and not found[entry.id].fields):
                found[entry.id] = entry
    components = _components(document)
    for key in [*found, *operations]:
        if key in found and found[key].fields:
            continue
        named = _named(reader, components, key)
        if named is not None:
            found[key] = replace(named, titles=(*found[key].titles, *named.titles)) if key in found else named
    return list(found.values())[:OPERATION_LIMIT]


def _nodes(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Walk the objects of the document in its order, without recursion and up to a limit."""
    waiting: list[object] = [document]
    for _ in range(NODE_LIMIT):
        if not waiting:
            return
        node = waiting.pop()
        if isinstance(node, Mapping):
            yield node
            waiting += [value for value in reversed(list(node.values())) if isinstance(value, Mapping | list)]
        elif isinstance(node, list):
            waiting += [value for value in reversed(node) if isinstance(value, Mapping | list)]


def _tied(reader: Reader, node: Mapping[str, Any]) -> list[Entry]:
    """Return the operations that a schema with the properties `operation` and `input` describes."""
    properties = node.get("properties")
    if not isinstance(properties, Mapping) or "operation" not in properties:
        return []
    named = reader.resolve(properties["operation"])
    values = [named["const"]] if "const" in named else named.get("enum")
    if not isinstance(values, list):
        return []
    ids = [value for value in values if isinstance(value, str) and _ID.fullmatch(value)][:OPERATION_LIMIT]
    if len(ids) != 1:  # the inputs cannot be distinguished: only the ids are learned
        return [Entry(each, (), ()) for each in ids]
    given = reader.resolve(properties.get("input"))
    return [Entry(ids[0], _titles(node, named, given), reader.fields(given))]


def _components(document: Mapping[str, Any]) -> Mapping[str, object]:
    """Return the document's named schemas by the letters and digits of their names."""
    components = document.get("components")
    schemas = components.get("schemas") if isinstance(components, Mapping) else None
    if not isinstance(schemas, Mapping):
        return {}
    return {bare(name): schema for name, schema in schemas.items() if isinstance(name, str)}


def _named(reader: Reader, components: Mapping[str, object], key: str) -> Entry | None:
    """Return what a component named after the operation says, such as `ImageGenerateInput` for `image.generate`."""
    for ending in _INPUT_NAMES:
        schema = reader.resolve(components.get(bare(key) + ending))
        properties = schema.get("properties")
        inner = properties.get("input") if isinstance(properties, Mapping) else None
        fields = reader.fields(schema if inner is None else inner)
        if fields:
            return Entry(key, _titles(schema), fields)
    return None


def _titles(*schemas: Mapping[str, Any]) -> tuple[str, ...]:
    words = [schema.get(word) for schema in schemas for word in ("title", "summary", "description")]
    return tuple(texts.echo(word, 100) for word in words if isinstance(word, str) and word.strip())


def _twin(entry: Entry, operations: Mapping[str, Operation]) -> Operation | None:
    """Return the operation with a deduced id that this entry's title names."""
    for operation in operations.values():
        if not operation.id_documented and any(same_name(title, operation.title) for title in entry.titles):
            return operation
    return None


def _learned(entry: Entry) -> Operation:
    """Return an operation that is known only from the document."""
    bare_one = Operation(
        id=entry.id,
        title=entry.titles[0] if entry.titles else entry.id,
        workflow=_WORKFLOWS.get(entry.id.split(".")[0], "finish"),
    )
    fields, _ = merged_fields(bare_one, entry.fields)
    models, _ = merged_models(bare_one, entry.fields)
    return replace(bare_one, fields=fields, models=models)


def _merged(operation: Operation, entry: Entry) -> tuple[Operation, list[ApiChange]]:
    present = replace(operation, id=entry.id, id_documented=True)
    drift = []
    if operation.id != entry.id:
        names = (operation.id, entry.id)
        sentence = texts.other_id(operation.title, entry.id, operation.id)
        drift.append(ApiChange(ChangeKind.CHANGED, Subject.OPERATION, entry.id, names, sentence))
    if not entry.fields:
        return present, drift
    kept = operation if operation.id_documented else replace(operation, fields=_still_there(operation, entry))
    fields, changes = merged_fields(replace(kept, id=entry.id), entry.fields)
    models, learned = merged_models(present, entry.fields)
    return replace(present, fields=fields, models=models), [*drift, *changes, *learned]


def _still_there(operation: Operation, entry: Entry) -> tuple[Field, ...]:
    """Return the deduced fields that the document confirms."""
    names = {field.name for field in entry.fields}
    return tuple(field for field in operation.fields if field.name in names)
