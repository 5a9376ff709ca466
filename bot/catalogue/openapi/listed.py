"""Fields and models as tools' answers list them: names, objects, maps of types, and schemas."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.catalogue.openapi.entry import NamedModel, is_operation_id, titles_of
from bot.catalogue.openapi.schemas import CHOICE_LIMIT, Reader, Schema, is_field_name, line_of
from bot.catalogue.texts import printable

MODEL_LIMIT_CHARS = 100
SAMPLE_DEPTH_LIMIT = 4
"""Maximum depth of an example's objects."""

_NAME_KEYS = ("title", "label", "displayName", "display_name", "name", "summary", "description")
_MODEL_KEYS = (
    "models", "modelOptions", "model_options", "supportedModels", "supported_models", "availableModels",
    "available_models",
)  # fmt: skip
_MODEL_ID_KEYS = (
    "apiModel", "api_model", "apiModelId", "api_model_id", "apiId", "api_id", "apiValue", "api_value", "modelId",
    "model_id", "id", "value", "key", "slug", "model",
)  # fmt: skip
_LINK = re.compile(r"https?://\S+", re.ASCII | re.IGNORECASE)
_TYPE_WORD = re.compile(
    r"(string|text|url|number|integer|int|float|boolean|bool|object|array)(\[\])?(\?)?(?=$|[\s(,;|:])", re.IGNORECASE
)
_AS_TYPE = {"text": "string", "url": "string", "float": "number", "int": "integer", "bool": "boolean"}
_AS_SCHEMA = {
    "options": "enum", "values": "enum", "choices": "enum", "allowedValues": "enum", "min": "minimum", "max": "maximum",
    "defaultValue": "default", "kind": "type", "label": "title", "isRequired": "required", "is_required": "required",
}  # fmt: skip
_LISTS = frozenset({"required", "optional"})


def titles_in(item: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return possible titles of the operation `key` that an object describes."""
    return titles_of(*(item.get(word) for word in _NAME_KEYS if item.get(word) != key))


def schema_in(given: object, needed: object = None) -> Schema:
    """Return the schema of fields from a list of names or objects, a map by name, or a schema.

    `needed`: a list of required ones.
    """
    reader = Reader(given if isinstance(given, Mapping) else {})
    whole = reader.flat(given)
    inner = whole.get("properties")
    if isinstance(inner, Mapping):
        return reader.resolved(reader.flat(inner.get("input")) or whole)
    if is_operation_id(whole.get("operation")) and isinstance(whole.get("input"), Mapping):
        whole = whole["input"]
    fields = dict(_fields(given if isinstance(given, list) else whole))
    listed = {"required": needed} if isinstance(needed, list) else {}
    return reader.resolved({"properties": fields} | listed)


def _fields(given: Mapping[str, Any] | list[Any]) -> Iterator[tuple[str, Schema]]:
    """Yield fields by name, of a list, or of lists of required and optional ones."""
    if isinstance(given, Mapping) and given.keys() <= _LISTS and all(isinstance(each, list) for each in given.values()):
        for word, listed in given.items():
            yield from ((name, {**said, "required": word == "required"}) for name, said in _fields(listed))
        return
    pairs = list(given.items()) if isinstance(given, Mapping) else [(None, each) for each in given]
    for key, each in pairs[:CHOICE_LIMIT]:
        item = each if isinstance(each, Mapping) else {"name": each} if key is None else {}
        name = next((item[word] for word in ("name", "id", "key", "field") if is_field_name(item.get(word))), key)
        if is_field_name(name):
            yield str(name), _field(item) if item else _of_word(each)


def _field(item: Mapping[str, Any]) -> Schema:
    """Return the schema of a field from a list's schema-like object."""
    inner = item.get("schema")
    parts = {**item, **(inner if isinstance(inner, Mapping) else {})}
    return {_AS_SCHEMA.get(word, word): value for word, value in parts.items()}


def _of_word(word: object) -> Schema:
    """Return the schema of a map's field by the word for its type, such as `string (required)`, or by a sample."""
    found = _TYPE_WORD.match(word) if isinstance(word, str) else None
    if found is None:
        return of_sample(word)
    said, kind = str(word).casefold(), found[1].casefold()
    schema: dict[str, Any] = {"type": _AS_TYPE.get(kind, kind)}
    if found[2]:
        schema = {"type": "array", "items": schema}
    if "optional" in said or "not required" in said or found[3]:
        schema["required"] = False
    elif "required" in said:
        schema["required"] = True
    return schema


def of_sample(value: object, depth: int = 0) -> Schema:
    """Return what a sample shows of its schema. It does not show which fields are required, nor all of them."""
    if isinstance(value, Mapping) and depth <= SAMPLE_DEPTH_LIMIT:
        return {"type": "object", "properties": {name: of_sample(each, depth + 1) for name, each in value.items()}}
    if isinstance(value, list):
        return {"type": "array", "items": of_sample(value[0], depth + 1) if value else {}}
    if isinstance(value, str):
        return {"type": "string", "examples": [value], "format": "uri" if _LINK.fullmatch(value) else ""}
    if isinstance(value, bool):
        return {"type": "boolean"}
    return {"type": "number", "examples": [value]} if isinstance(value, int | float) else {}


def models_in(item: Mapping[str, Any]) -> tuple[NamedModel, ...]:
    """Return an object's models, from a list of names, ids or objects, or a map of names by id."""
    given = next((item[word] for word in _MODEL_KEYS if item.get(word) is not None), None)
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
