"""Fields and models as tools' answers list them: names, objects, maps of types, and schemas."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.catalogue.openapi.entry import (
    CHOICE_LIMIT,
    Described,
    NamedModel,
    in_order,
    is_field_name,
    is_operation_id,
    of_sample,
    titles_of,
)
from bot.catalogue.openapi.schemas import Reader, input_of, line_of
from bot.catalogue.texts import printable

MODEL_LIMIT_CHARS = 100

_NAME_KEYS = ("title", "label", "displayName", "display_name", "name", "summary", "description")
_MODEL_KEYS = (
    "models", "modelOptions", "model_options", "supportedModels", "supported_models", "availableModels",
    "available_models",
)  # fmt: skip
_MODEL_ID_KEYS = (
    "apiModel", "api_model", "apiModelId", "api_model_id", "apiId", "api_id", "apiValue", "api_value", "modelId",
    "model_id", "id", "value", "key", "slug", "model",
)  # fmt: skip
_REQUIRED_WORDS = ("required", "isRequired", "is_required")
_TYPES = Reader({})
_TYPE_WORD = re.compile(
    r"(string|text|url|number|integer|int|float|boolean|bool|object|array)(\[\])?(\?)?(?=$|[\s(,;|:])", re.IGNORECASE
)
_AS_TYPE = {
    "string": "string", "text": "string", "url": "string", "number": "number", "float": "number", "integer": "integer",
    "int": "integer", "boolean": "boolean", "bool": "boolean", "object": "object", "array": "array",
}  # fmt: skip
_AS_SCHEMA = {
    "options": "enum", "values": "enum", "choices": "enum", "allowedValues": "enum", "min": "minimum", "max": "maximum",
    "defaultValue": "default", "kind": "type", "label": "title",
}  # fmt: skip
_LISTS = frozenset({"required", "optional"})


def with_required(fields: Sequence[Described], needed: object) -> tuple[Described, ...]:
    if not isinstance(needed, list):
        return tuple(fields)
    return in_order([replace(each, required=each.name in needed) for each in fields])


def _first(item: Mapping[str, Any], words: tuple[str, ...]) -> object:
    return next((item[word] for word in words if item.get(word) is not None), None)


def titles_in(item: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return possible titles of the operation `key` that an object describes."""
    words = [item[word] for word in _NAME_KEYS if isinstance(item.get(word), str) and item[word] != key]
    return tuple(dict.fromkeys(line for word in words for line in titles_of({"title": word})))


def fields_in(reader: Reader, given: object) -> tuple[Described, ...]:
    """Return fields from a list of names or objects, a map by name, or a schema."""
    if isinstance(given, Mapping):
        schema = input_of(reader, given)
        if isinstance(schema.get("properties"), Mapping):
            return reader.fields(schema)
        return _of_map(reader, given)
    if not isinstance(given, list):
        return ()
    found = [_field(reader, None, each) for each in given[:CHOICE_LIMIT]]
    return in_order(list({each.name: each for each in found if each is not None}.values()))


def _of_map(reader: Reader, given: Mapping[str, Any]) -> tuple[Described, ...]:
    """Read fields by name, in a request's `input`, or in lists of required and optional ones."""
    if is_operation_id(given.get("operation")) and isinstance(given.get("input"), Mapping):
        given = given["input"]
    if given.keys() and given.keys() <= _LISTS and all(isinstance(each, list | Mapping) for each in given.values()):
        sorted_ = {word: fields_in(reader, each) for word, each in given.items()}
        return in_order([replace(each, required=word == "required") for word in sorted_ for each in sorted_[word]])
    found = [_field(reader, name, each) for name, each in list(given.items())[:CHOICE_LIMIT]]
    return in_order(list({each.name: each for each in found if each is not None}.values()))


def _field(reader: Reader, name: object, raw: object) -> Described | None:
    """Return a list's field: a bare name, or a schema-like object with its name; a map's may be a type or a sample."""
    if name is None and is_field_name(raw):
        return Described(name=str(raw))
    item = reader.linked(raw)
    if not isinstance(item, Mapping):
        return _of_word(str(name), item) if is_field_name(name) else None
    own = next((item[word] for word in ("name", "id", "key", "field") if is_field_name(item.get(word))), name)
    if not is_field_name(own):
        return None
    inner = item.get("schema")
    known = {word: item[word] for word in _REQUIRED_WORDS if isinstance(item.get(word), bool)}
    parts = {**item, **(inner if isinstance(inner, Mapping) else {})}
    schema = {_AS_SCHEMA.get(word, word): value for word, value in parts.items() if word not in known}
    required = {"required": [own] if any(known.values()) else []} if known else {}
    return next(iter(reader.fields({"properties": {own: schema}, **required})), None)


def _of_word(name: str, word: object) -> Described | None:
    """Return a map's field by the word for its type, such as `string (required)`, or by a sample value."""
    found = _TYPE_WORD.match(word) if isinstance(word, str) else None
    if found is None:
        return next(iter(of_sample({name: word})), None)
    said, kind = str(word).casefold(), _AS_TYPE.get(found[1].casefold())
    schema: dict[str, Any] = {"type": kind} if kind else {}
    if found[2]:
        schema = {"type": "array", "items": schema}
    described = next(iter(_TYPES.fields({"properties": {name: schema}})), None)
    is_optional = "optional" in said or "not required" in said or bool(found[3])
    required = False if is_optional else True if "required" in said else None
    return None if described is None else replace(described, required=required)


def models_in(item: Mapping[str, Any]) -> tuple[NamedModel, ...]:
    """Return an object's models, from a list of names, ids or objects, or a map of names by id."""
    given = _first(item, _MODEL_KEYS)
    pairs: list[tuple[object, object]] = []
    if isinstance(given, Mapping):
        pairs = [(key, each) for key, each in list(given.items())[:CHOICE_LIMIT]]
    elif isinstance(given, list):
        pairs = [(None, each) for each in given[:CHOICE_LIMIT]]
    return tuple(model for key, each in pairs if (model := model_of(key, each)) is not None)


def model_of(key: object, each: object) -> NamedModel | None:
    """Return a listed model: a name, an id, or an object with them; `key` is its id in a map. None if it is none."""
    own = key
    if isinstance(each, Mapping):
        own = next((each[word] for word in _MODEL_ID_KEYS if isinstance(each.get(word), str)), key)
        name = next((line for word in _NAME_KEYS if (line := line_of(each.get(word)))), "")
    else:
        name = line_of(each)
    wire_id = own if isinstance(own, str) and own and own == printable(own, MODEL_LIMIT_CHARS) else None
    if wire_id is None and name and _reads_like_an_id(name):
        wire_id = name
    return NamedModel(id=wire_id, name=name or wire_id or "") if wire_id or name else None


def _reads_like_an_id(word: str) -> bool:
    """Whether a bare model is an id, such as `gptimage2`, rather than a name such as `GPT Image 2`."""
    return word == word.casefold() and " " not in word
