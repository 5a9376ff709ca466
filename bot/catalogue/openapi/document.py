"""Reads a description of the API that has one of three standard forms.

- A request schema with `oneOf` or `anyOf`: each alternative has its operation as a constant, beside the `input`.
- A request schema whose operation is an enum, with a schema for each: in the discriminator's mapping, or under the
  operation's id in `components.schemas`.
- Plain parameters: a path for each operation, whose `operationId` is the operation's, with the fields in its body or
  among its `parameters`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from bot.catalogue.openapi.entry import (
    FIELD_LIMIT,
    Entry,
    combined,
    is_operation_id,
    titles_of,
    without_envelope,
)
from bot.catalogue.openapi.schemas import Reader, input_of, listed_values

PLACE_LIMIT = 2_000
"""How many paths are read."""
OPERATION_LIMIT = 300
SEVERAL = 5
"""Paths of known operations that show that all paths with such an id are operations."""
_METHODS = ("post", "put")
_IN_BODY = frozenset({"query", "formData", "body"})


def entries_of(document: Mapping[str, Any], families: Collection[str]) -> dict[str, Entry]:
    """Return one entry per operation id, {} for a document of another form.

    `families` are the first words of known operations' ids: other paths are uploads, keys …
    """
    reader, found, at_paths = Reader(document), list[Entry](), list[Entry]()
    for item, call in _calls(reader, document):
        schema = _body(reader, call)
        bound = list(_by_constants(reader, schema)) or list(_by_enum(reader, document, schema))
        found += bound
        at_paths += [] if bound else _by_path(reader, item, call, schema)
    known = [each for each in at_paths if each.id.partition(".")[0] in families]
    found += at_paths if len(known) >= SEVERAL else known
    return dict(list(combined(found).items())[:OPERATION_LIMIT])


def _calls(reader: Reader, document: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    paths = document.get("paths")
    for raw in list(paths.values())[:PLACE_LIMIT] if isinstance(paths, Mapping) else ():
        item = reader.linked(raw)
        calls = [item.get(method) for method in _METHODS] if isinstance(item, Mapping) else []
        yield from ((item, call) for call in calls if isinstance(item, Mapping) and isinstance(call, Mapping))


def _body(reader: Reader, call: Mapping[str, Any]) -> dict[str, Any]:
    body = reader.linked(call.get("requestBody"))
    content = body.get("content") if isinstance(body, Mapping) else None
    media = content.get("application/json") if isinstance(content, Mapping) else None
    return reader.resolve(media.get("schema")) if isinstance(media, Mapping) else {}


def _operations(reader: Reader, schema: Mapping[str, Any]) -> dict[str, str]:
    """Return the ids that a request's `operation` allows, with their titles or ''."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return {}
    values = listed_values(reader.resolve(properties.get("operation")))
    return {str(value): title for value, title in values if is_operation_id(value)}


def _by_constants(reader: Reader, schema: dict[str, Any]) -> Iterator[Entry]:
    for option in reader.alternatives(schema) or [schema]:
        ids = _operations(reader, option)
        if len(ids) == 1:
            [(key, title)] = ids.items()
            yield _entry(reader, key, title, option)


def _by_enum(reader: Reader, document: Mapping[str, Any], schema: dict[str, Any]) -> Iterator[Entry]:
    ids = _operations(reader, schema)
    schemas = {**_components(document), **_mapped(schema), **_mapped(_input(reader, schema))}
    if ids.keys() & schemas.keys():
        for key, title in ids.items():
            yield _entry(reader, key, title, reader.resolve(schemas.get(key)))


def _components(document: Mapping[str, Any]) -> dict[str, Any]:
    components = document.get("components")
    schemas = components.get("schemas") if isinstance(components, Mapping) else None
    return dict(schemas) if isinstance(schemas, Mapping) else {}


def _mapped(schema: Mapping[str, Any]) -> dict[str, Any]:
    discriminator = schema.get("discriminator")
    mapping = discriminator.get("mapping") if isinstance(discriminator, Mapping) else None
    pairs = mapping.items() if isinstance(mapping, Mapping) else ()
    return {key: {"$ref": target} for key, target in pairs if isinstance(key, str) and isinstance(target, str)}


def _input(reader: Reader, schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties")
    return reader.resolve(properties.get("input")) if isinstance(properties, Mapping) else {}


def _by_path(
    reader: Reader, item: Mapping[str, Any], call: Mapping[str, Any], schema: dict[str, Any]
) -> Iterator[Entry]:
    key = call.get("operationId")
    if not isinstance(key, str) or not is_operation_id(key):
        return
    listed = [*_list(item.get("parameters")), *_list(call.get("parameters"))]
    given = [each for raw in listed[:FIELD_LIMIT] if isinstance(each := reader.linked(raw), Mapping)]
    plain = {str(each.get("name")): each for each in given if each.get("in") in _IN_BODY}
    if plain:
        schema = {
            "title": schema.get("title"),
            "properties": {name: each.get("schema", each) for name, each in plain.items()},
            "required": [name for name, each in plain.items() if each.get("required") is True],
        }
    yield _entry(reader, key, "", schema, call)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _entry(reader: Reader, key: str, title: str, schema: Mapping[str, Any], *around: Mapping[str, Any]) -> Entry:
    given = input_of(reader, schema)
    fields = without_envelope(reader.fields(given))
    titles = dict.fromkeys((*([title] if title else []), *titles_of(*around, schema, given)))
    return Entry(id=key, titles=tuple(titles), fields=fields, is_whole=bool(fields))
