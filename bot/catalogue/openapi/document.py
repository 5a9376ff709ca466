"""Reads a description of the API that has one of three standard forms.

- A request schema with `oneOf` or `anyOf`: each alternative has its operation as a constant, beside the `input`.
- A request schema with a schema for each operation: in the discriminator's mapping, or, for an enum of operations,
  under the operation's id in `components.schemas`.
- Plain parameters: a path for each operation, whose `operationId` is the operation's, with the fields in its body or
  among its `parameters`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from bot.catalogue.openapi.entry import Entry, combined, is_operation_id, titles_of, without_envelope
from bot.catalogue.openapi.schemas import FIELD_LIMIT, Reader, values_of

PLACE_LIMIT = 2_000
"""How many paths are read."""
OPERATION_LIMIT = 300
SEVERAL = 5
"""Paths of known operations that show that all paths with such an id are operations."""


def entries_of(document: Mapping[str, Any], families: Collection[str]) -> dict[str, Entry]:
    """Return one entry per operation id, {} for a document of another form.

    `families` are the first words of known operations' ids: other paths are uploads, keys …
    """
    reader, found, at_paths = Reader(document), list[Entry](), list[Entry]()
    paths = document.get("paths")
    for item in list(paths.values())[:PLACE_LIMIT] if isinstance(paths, Mapping) else ():
        call = reader.flat(reader.flat(item).get("post"))
        schema = _body(reader, call)
        bound = list(_by_constants(reader, schema)) or list(_by_enum(reader, document, schema))
        found += bound
        if not bound and is_operation_id(call.get("operationId")):
            at_paths.append(_entry(reader, call["operationId"], _parameters(reader, call) or schema, call))
    known = [each for each in at_paths if each.id.partition(".")[0] in families]
    found += at_paths if len(known) >= SEVERAL else known
    return dict(list(combined(found).items())[:OPERATION_LIMIT])


def _body(reader: Reader, call: Mapping[str, Any]) -> dict[str, Any]:
    content = reader.flat(reader.flat(call.get("requestBody")).get("content"))
    return reader.flat(reader.flat(content.get("application/json")).get("schema"))


def _part(reader: Reader, schema: Mapping[str, Any], name: str) -> dict[str, Any]:
    return reader.flat(reader.flat(schema.get("properties")).get(name))


def _ids(reader: Reader, schema: Mapping[str, Any]) -> dict[str, str]:
    """Return the ids that a request's `operation` allows, with their titles or ''."""
    listed = values_of(reader.resolved(_part(reader, schema, "operation")))
    return {str(value): title for value, title in listed.items() if is_operation_id(value)}


def _by_constants(reader: Reader, schema: dict[str, Any]) -> Iterator[Entry]:
    for option in reader.options(schema) or [schema]:
        ids = _ids(reader, option)
        if len(ids) == 1:
            [(key, title)] = ids.items()
            yield _entry(reader, key, option, {"title": title})


def _by_enum(reader: Reader, document: Mapping[str, Any], schema: dict[str, Any]) -> Iterator[Entry]:
    mapped = dict[str, Any]()
    schemas = reader.flat(reader.flat(document.get("components")).get("schemas"))
    for part in (schema, _part(reader, schema, "input")):
        mapping = reader.flat(reader.flat(part.get("discriminator")).get("mapping"))
        # A target is a reference or a schema's bare name.
        mapped |= {key: schemas.get(str(target), {"$ref": target}) for key, target in mapping.items()}
    ids = dict.fromkeys(filter(is_operation_id, mapped), "") | _ids(reader, schema)
    schemas |= mapped
    if ids.keys() & schemas.keys():
        for key, title in ids.items():
            yield _entry(reader, key, reader.flat(schemas.get(key)), {"title": title})


def _parameters(reader: Reader, call: Mapping[str, Any]) -> dict[str, Any]:
    """Return the call's own parameters as a schema, {} for none."""
    listed = call.get("parameters")
    given = [reader.flat(each) for each in (listed[:FIELD_LIMIT] if isinstance(listed, list) else ())]
    plain = {str(each.get("name")): each for each in given if each.get("in") == "query"}
    required = [name for name, each in plain.items() if each.get("required") is True]
    properties = {name: each.get("schema", each) for name, each in plain.items()}
    return {"properties": properties, "required": required} if plain else {}


def _entry(reader: Reader, key: str, schema: Mapping[str, Any], around: Mapping[str, Any]) -> Entry:
    given = _part(reader, schema, "input") or schema
    found = without_envelope(reader.resolved(given))
    parts = (around, schema, given)
    titles = titles_of(*(part.get(word) for word in ("title", "summary") for part in parts))
    return Entry(id=key, titles=titles, schema=found, is_whole=bool(found["properties"]))
