"""Reads fields from JSON Schema. Never fails: at worst, nothing is learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from bot.catalogue.fields import HELP_LIMIT_CHARS, FieldKind, Scalar
from bot.catalogue.openapi.entry import CHOICE_LIMIT, FIELD_LIMIT, Described, in_order, is_field_name, samples, usable
from bot.catalogue.texts import printable

DEPTH_LIMIT = 12
"""Maximum number of references and nested combinations."""
STEP_LIMIT = 1_500
"""Maximum number of schemas per input: a schema may refer to itself in many ways."""
WORK_LIMIT = 40_000
"""Maximum number of schema keys read per document, with repetitions: 11,000 for the whole API."""
LENGTH_LIMIT_CHARS = 1_000_000

_SIMPLE = {"integer": FieldKind.INTEGER, "number": FieldKind.NUMBER, "boolean": FieldKind.BOOLEAN}
_LINK_FORMATS = frozenset({"uri", "url", "iri", "uri-reference"})
_TITLE_LISTS = (
    "x-enumNames",
    "x-enum-names",
    "x-enum-descriptions",
    "x-enumDescriptions",
    "x-enum-varnames",
    "enumNames",
)
"""Generators' names for the list (or map) of an `enum`'s labels."""


class Reader:
    """Reads one document's schemas, following local references."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._steps = 0
        self._work = 0

    def resolve(self, schema: object, depth: int = 0) -> dict[str, Any]:
        """Follow references and merge `allOf`; {} for a non-schema."""
        self._steps = self._steps + 1 if depth else 0
        if not isinstance(schema, Mapping) or depth > DEPTH_LIMIT or self._steps > STEP_LIMIT:
            return {}
        self._work += 1 + _size(schema)
        if self._work > WORK_LIMIT:
            return {}
        merged = dict(schema)
        reference = merged.pop("$ref", None)
        parts = merged.pop("allOf", None)
        bases = [self.at(reference)] if isinstance(reference, str) else []
        bases += parts[:FIELD_LIMIT] if isinstance(parts, list) else []
        for base in reversed(bases):
            merged = _overlaid(self.resolve(base, depth + 1), merged)
        return merged

    def fields(self, schema: object, depth: int = 0) -> tuple[Described, ...]:
        """Return an object schema's fields; () if it has none."""
        whole = self.resolve(schema, depth)
        properties = whole.get("properties")
        if not isinstance(properties, Mapping) or depth > DEPTH_LIMIT:
            return ()
        required = whole.get("required")
        needed = required if isinstance(required, list) else None
        names = sorted(name for name in properties if is_field_name(name))
        if needed is not None:
            names.sort(key=lambda name: name not in needed)
        return in_order(
            [
                self._field(name, properties[name], None if needed is None else name in needed, depth + 1)
                for name in names[:FIELD_LIMIT]
            ]
        )

    def _field(self, name: str, raw: object, required: bool | None, depth: int) -> Described:
        schema = self.resolve(raw, depth)
        branches = self.alternatives(schema, depth)
        if len(branches) == 1:
            schema, branches = _overlaid(branches[0], schema), []
        values = [each for branch in branches or [schema] for each in listed_values(branch)]
        closed = bool(values) and all(listed_values(branch) for branch in branches or [schema])
        listed = tuple(dict.fromkeys(value for value, _ in values))[:CHOICE_LIMIT]
        minimum, maximum = _range(schema)
        length = schema.get("maxLength")
        return Described(
            name=name,
            kind=self._kind(name, schema, branches, depth),
            closed=listed if closed else (),
            seen=_examples(schema) + (() if closed else listed),
            titles={value: title for value, title in values if title},
            minimum=minimum,
            maximum=maximum,
            max_length=length if type(length) is int and 0 < length <= LENGTH_LIMIT_CHARS else None,
            about=line_of(schema.get("description")),
            items=self.fields(schema.get("items", schema), depth + 1),
            required=required,
        )

    def alternatives(self, schema: Mapping[str, Any], depth: int = 0) -> list[dict[str, Any]]:
        for word in ("oneOf", "anyOf"):
            options = schema.get(word)
            if isinstance(options, list):
                found = [self.resolve(option, depth + 1) for option in options[:CHOICE_LIMIT]]
                return [option for option in found if option and not _is_null(option)]
        return []

    def _kind(
        self, name: str, schema: Mapping[str, Any], branches: list[dict[str, Any]], depth: int
    ) -> FieldKind | None:
        if branches:
            kinds = {self._kind(name, branch, [], depth) for branch in branches}
            return kinds.pop() if len(kinds) == 1 else FieldKind.JSON
        word = _type_word(schema)
        if word == "string":
            linked = _is_link(schema) or name.casefold().endswith("url")
            return FieldKind.URL if linked else FieldKind.TEXT
        if word == "array":
            item = self.resolve(schema.get("items"), depth + 1)
            inner = _type_word(item)
            if inner == "string" and (_is_link(item) or name.casefold().endswith("urls")):
                return FieldKind.URLS
            return FieldKind.OBJECTS if inner == "object" else FieldKind.JSON
        if word == "object":
            return FieldKind.OBJECT
        return _SIMPLE.get(word) if word else None

    def at(self, reference: str) -> object:
        """Resolve a local reference such as `#/components/schemas/Input`, None if broken."""
        if not reference.startswith("#/"):
            return None
        place: object = self._document
        for step in reference[2:].split("/"):
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(place, list) and key.isdecimal() and len(key) < 6 and int(key) < len(place):
                place = place[int(key)]
            elif isinstance(place, Mapping) and key in place:
                place = place[key]
            else:
                return None
        return place

    def linked(self, node: object) -> object:
        """Return `node`, or its target if it is only a reference: an example, a body, a path."""
        for _ in range(DEPTH_LIMIT):
            if not isinstance(node, Mapping) or not isinstance(node.get("$ref"), str):
                return node
            node = self.at(node["$ref"])
        return None


def input_of(reader: Reader, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a request's `input`, or the schema itself."""
    whole = reader.resolve(schema)
    properties = whole.get("properties")
    inner = reader.resolve(properties.get("input")) if isinstance(properties, Mapping) else {}
    return inner or whole


def _overlaid(base: dict[str, Any], top: dict[str, Any]) -> dict[str, Any]:
    """Merge schemas: properties and required are joined, otherwise `top` wins."""
    merged = base | top
    for word in ("properties", "required"):
        lower, upper = base.get(word), top.get(word)
        if isinstance(lower, Mapping) and isinstance(upper, Mapping):
            merged[word] = {**lower, **upper}
        elif isinstance(lower, list) and isinstance(upper, list):
            merged[word] = lower + upper
    return merged


def _size(schema: Mapping[str, Any]) -> int:
    inner = (schema.get(word) for word in ("properties", "required", "enum", "examples"))
    return len(schema) + sum(len(each) for each in inner if isinstance(each, Mapping | list))


def _is_link(schema: Mapping[str, Any]) -> bool:
    form = schema.get("format")
    return isinstance(form, str) and form in _LINK_FORMATS


def _type_word(schema: Mapping[str, Any]) -> str | None:
    word = schema.get("type")
    if isinstance(word, list):
        words = [each for each in word if each != "null"]
        word = words[0] if len(words) == 1 else None
    if isinstance(word, str):
        return word
    if "properties" in schema:
        return "object"
    types = {type(value) for value, _ in listed_values(schema)}
    return {str: "string", int: "integer", float: "number"}[types.pop()] if len(types) == 1 else None


def listed_values(schema: Mapping[str, Any]) -> list[tuple[Scalar, str]]:
    """Return the values of `enum` or `const`, each with its title or ''."""
    if "const" in schema and not isinstance(schema["const"], list):
        return [(schema["const"], line_of(schema.get("title")))] if usable(schema["const"]) else []
    values = schema.get("const", schema.get("enum"))
    if not isinstance(values, list):
        return []
    words = next((schema[key] for key in _TITLE_LISTS if isinstance(schema.get(key), Mapping | list)), None)
    titles = [_title_of(value, place, words) for place, value in enumerate(values)]
    return [(value, title) for value, title in zip(values, titles, strict=True) if usable(value)]


def line_of(value: object) -> str:
    """Return a text as one short line, '' for a non-text."""
    return printable(value, HELP_LIMIT_CHARS) if isinstance(value, str) else ""


def _title_of(value: object, place: int, words: Mapping[str, object] | Sequence[object] | None) -> str:
    if isinstance(words, Mapping):
        return line_of(words.get(value)) if isinstance(value, str) else ""
    return line_of(words[place]) if words is not None and place < len(words) else ""


def _is_null(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "null" or schema.get("enum") == [None] or schema.get("const", "") is None


def _examples(schema: Mapping[str, Any]) -> tuple[Scalar, ...]:
    given = schema.get("examples")
    listed = given[:CHOICE_LIMIT] if isinstance(given, list) else []
    return tuple(dict.fromkeys(samples(schema.get("default"), *listed, schema.get("example"))))


def _range(schema: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Return a number's limits. An exclusive one becomes the next whole number, or itself for fractions."""
    whole = _type_word(schema) == "integer"
    minimum = _limit(schema, "minimum", "exclusiveMinimum", step=1 if whole else 0)
    maximum = _limit(schema, "maximum", "exclusiveMaximum", step=-1 if whole else 0)
    if minimum is not None and maximum is not None and minimum > maximum:
        return None, None
    return minimum, maximum


def _limit(schema: Mapping[str, Any], word: str, exclusive: str, *, step: int) -> float | None:
    plain, beyond = schema.get(word), schema.get(exclusive)
    if beyond is True:  # OpenAPI 3.0: a flag next to the limit
        plain, beyond = None, plain
    if isinstance(beyond, int | float) and usable(beyond):
        return beyond + step
    return plain if isinstance(plain, int | float) and usable(plain) else None
