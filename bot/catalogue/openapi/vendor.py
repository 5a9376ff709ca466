"""Operations that a document lists under a key of the vendor's own: such as `x-operations`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.catalogue.openapi.described import CHOICE_LIMIT, Described, in_order, is_field_name
from bot.catalogue.openapi.entry import Entry, FactSource, NamedModel, combined, is_operation_id, titles_of
from bot.catalogue.openapi.requests import input_of
from bot.catalogue.openapi.samples import fields_of_example
from bot.catalogue.openapi.schemas import Reader, line_of
from bot.catalogue.texts import printable

LIST_LIMIT = 300
MODEL_LIMIT_CHARS = 100

_ID_KEYS = ("id", "operation", "operationId", "key", "slug", "value", "name")
_NAME_KEYS = ("title", "label", "displayName", "display_name", "name", "summary", "description")
_FIELD_KEYS = ("fields", "inputFields", "input_fields", "inputs", "input", "inputSchema", "input_schema", "parameters")
_MODEL_KEYS = ("models", "modelOptions", "model_options", "supportedModels", "supported_models")
_SAMPLE_KEYS = ("example", "exampleInput", "example_input", "sample", "sampleInput", "sampleRequest")
_MODEL_ID_KEYS = ("id", "value", "key", "slug", "model")
_NEEDED_KEYS = ("required", "requiredFields", "required_fields")
_REQUIRED_WORDS = ("required", "isRequired", "is_required")


def listed(reader: Reader, node: Mapping[Any, Any], known: Collection[str]) -> Iterator[Entry]:
    """Yield the operations under the keys of an object of the document that begin with `x-`.

    Models, tags and names of values are listed under such keys too, with ids that look alike: a list is one of
    operations if one of its ids has the first word of one of the ids `known`, or if it has fields.
    """
    families = {each.partition(".")[0] for each in known}
    for key, value in node.items():
        if not isinstance(key, str) or not key.casefold().startswith("x-") or key.casefold().startswith("x-enum"):
            continue
        pairs: list[tuple[object, object]] = []
        if isinstance(value, list):
            pairs = [(None, each) for each in value[:LIST_LIMIT]]
        elif isinstance(value, Mapping):
            pairs = list(value.items())[:LIST_LIMIT]
        found = [entry for name, each in pairs for entry in _item(reader, name, each)]
        if any(entry.fields or entry.id.partition(".")[0] in families for entry in found):
            yield from found


def _item(reader: Reader, name: object, raw: object) -> Iterator[Entry]:
    if name is None and isinstance(raw, str):
        if is_operation_id(raw):
            yield Entry(id=raw, source=FactSource.VENDOR)
        return
    item = reader.linked(raw)
    if not isinstance(item, Mapping):
        if isinstance(name, str) and is_operation_id(name) and isinstance(item, str):
            yield Entry(id=name, source=FactSource.VENDOR, titles=titles_of({"title": item}))
        return
    key = next((item[word] for word in _ID_KEYS if is_operation_id(item.get(word))), name)
    if isinstance(key, str) and is_operation_id(key):
        yield _entry(reader, key, item)


def _entry(reader: Reader, key: str, item: Mapping[str, Any]) -> Entry:
    words = {word: item[word] for word in _NAME_KEYS if isinstance(item.get(word), str) and item[word] != key}
    fields = _with_required(_fields(reader, _first(item, _FIELD_KEYS)), _first(item, _NEEDED_KEYS))
    entry = Entry(
        id=key,
        source=FactSource.VENDOR,
        titles=tuple(dict.fromkeys(line for word in words.values() for line in titles_of({"title": word}))),
        fields=fields,
        is_whole=bool(fields),
        models=tuple(_models(_first(item, _MODEL_KEYS))),
    )
    sample = reader.linked(_first(item, _SAMPLE_KEYS))
    if not isinstance(sample, Mapping):
        return entry
    given = Entry(id=key, source=FactSource.SAMPLE, fields=fields_of_example(sample))
    return combined([entry, given])[key]


def _with_required(fields: Sequence[Described], needed: object) -> tuple[Described, ...]:
    """Return the fields with what a list of names next to them says of the required ones."""
    if not isinstance(needed, list):
        return tuple(fields)
    return in_order([replace(each, required=each.name in needed) for each in fields])


def _first(item: Mapping[str, Any], words: tuple[str, ...]) -> object:
    return next((item[word] for word in words if item.get(word) is not None), None)


def _fields(reader: Reader, given: object) -> tuple[Described, ...]:
    """Return fields from a list of names or objects, from a map by name, or from a schema."""
    if isinstance(given, Mapping):
        schema = input_of(reader, given)
        if isinstance(schema.get("properties"), Mapping):
            return reader.fields(schema)
        found = [_field(reader, name, each) for name, each in given.items()]
    elif isinstance(given, list):
        found = [_field(reader, None, each) for each in given[:CHOICE_LIMIT]]
    else:
        return ()
    return in_order(list({each.name: each for each in found if each is not None}.values()))


def _field(reader: Reader, name: object, raw: object) -> Described | None:
    """Return one field of a list: a bare name, or an object that reads like a schema with the name next to it."""
    if name is None and is_field_name(raw):
        return Described(name=str(raw))
    item = reader.linked(raw)
    if not isinstance(item, Mapping):
        return Described(name=str(name)) if is_field_name(name) else None
    own = next((item[word] for word in ("name", "id", "key", "field") if is_field_name(item.get(word))), name)
    if not is_field_name(own):
        return None
    inner = item.get("schema")
    known = {word: item[word] for word in _REQUIRED_WORDS if isinstance(item.get(word), bool)}
    parts = {**item, **(inner if isinstance(inner, Mapping) else {})}
    schema = {_AS_SCHEMA.get(word, word): value for word, value in parts.items() if word not in known}
    required = {"required": [own] if any(known.values()) else []} if known else {}
    return next(iter(reader.fields({"properties": {own: schema}, **required})), None)


_AS_SCHEMA = {"options": "enum", "values": "enum", "choices": "enum", "allowedValues": "enum", "min": "minimum"}
_AS_SCHEMA |= {"max": "maximum", "defaultValue": "default", "kind": "type", "label": "title"}


def _models(given: object) -> Iterator[NamedModel]:
    """Yield models from a list of names, of ids or of objects, or from a map of names by id."""
    pairs: list[tuple[object, object]] = []
    if isinstance(given, Mapping):
        pairs = [(key, each) for key, each in list(given.items())[:CHOICE_LIMIT]]
    elif isinstance(given, list):
        pairs = [(None, each) for each in given[:CHOICE_LIMIT]]
    for key, each in pairs:
        own = key
        if isinstance(each, Mapping):
            own = next((each[word] for word in _MODEL_ID_KEYS if isinstance(each.get(word), str)), key)
            name = next((line for word in _NAME_KEYS if (line := line_of(each.get(word)))), "")
        else:
            name = line_of(each)
        wire_id = own if isinstance(own, str) and own and own == printable(own, MODEL_LIMIT_CHARS) else None
        if wire_id is None and name and _reads_like_an_id(name):
            wire_id = name
        if wire_id or name:
            yield NamedModel(id=wire_id, name=name or wire_id or "")


def _reads_like_an_id(word: str) -> bool:
    """Whether a model in a bare list is an id, such as `gptimage2`, rather than a name such as `GPT Image 2`."""
    return word == word.casefold() and " " not in word
