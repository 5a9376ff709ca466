"""JSON Schema to fields and back. Reading never fails: at worst, nothing is learned from a document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from bot.catalogue.fields import HELP_LIMIT_CHARS, TEXT_LIMIT_CHARS, Field, FieldKind, Scalar
from bot.catalogue.texts import described_elsewhere, printable
from bot.catalogue.values import NUMBER_LIMIT
from bot.domain.posting_place import SAFETY_SWITCH

DEPTH_LIMIT = 12
"""How many references and nested combinations are followed."""
STEP_LIMIT = 1_500
"""How many schemas are read for one input: a schema may refer to itself in many ways."""
WORK_LIMIT = 60_000
"""How many keys of schemas are read of one document, each as often as it is read: the whole API has 2,400."""
FIELD_LIMIT = 80
CHOICE_LIMIT = 200
CHOICE_LIMIT_CHARS = 200
LENGTH_LIMIT_CHARS = 1_000_000

RULED_KINDS: Mapping[str, FieldKind] = MappingProxyType({SAFETY_SWITCH: FieldKind.BOOLEAN})
"""Fields that a server's rules rest on: no document changes their kind."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_SIMPLE = {"integer": FieldKind.INTEGER, "number": FieldKind.NUMBER, "boolean": FieldKind.BOOLEAN}
_LINK_FORMATS = frozenset({"uri", "url", "iri", "uri-reference"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a schema says about one field. Empty and None mean that it does not say."""

    name: str
    kind: FieldKind | None = None
    closed: tuple[Scalar, ...] = ()
    seen: tuple[Scalar, ...] = ()
    titles: Mapping[Scalar, str]
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None
    about: str = ""
    items: tuple[Described, ...] = ()
    required: bool | None = None
    """None if the object has no list of what it requires."""


class Reader:
    """Reads the schemas of one document, following its local references."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._steps = 0
        self._work = 0

    def resolve(self, schema: object, depth: int = 0) -> dict[str, Any]:
        """Return `schema` with references followed and `allOf` merged; {} for what is not a schema."""
        self._steps = self._steps + 1 if depth else 0
        if not isinstance(schema, Mapping) or depth > DEPTH_LIMIT or self._steps > STEP_LIMIT:
            return {}
        self._work += 1 + _size(schema)
        if self._work > WORK_LIMIT:
            return {}
        merged = dict(schema)
        reference = merged.pop("$ref", None)
        parts = merged.pop("allOf", None)
        bases = [self._at(reference)] if isinstance(reference, str) else []
        bases += parts[:FIELD_LIMIT] if isinstance(parts, list) else []
        for base in reversed(bases):
            merged = _overlaid(self.resolve(base, depth + 1), merged)
        return merged

    def fields(self, schema: object, depth: int = 0) -> tuple[Described, ...]:
        """Return what the properties of an object's `schema` say; () if it has none."""
        whole = self.resolve(schema, depth)
        properties = whole.get("properties")
        if not isinstance(properties, Mapping) or depth > DEPTH_LIMIT:
            return ()
        required = whole.get("required")
        needed = required if isinstance(required, list) else None
        names = [name for name in properties if isinstance(name, str) and _NAME.fullmatch(name)]
        return tuple(
            self._field(name, properties[name], None if needed is None else name in needed, depth + 1)
            for name in names[:FIELD_LIMIT]
        )

    def _field(self, name: str, raw: object, required: bool | None, depth: int) -> Described:
        schema = self.resolve(raw, depth)
        branches = self._branches(schema, depth)
        if len(branches) == 1:
            schema, branches = _overlaid(branches[0], schema), []
        values = [listed for branch in branches or [schema] for listed in _listed(branch)]
        closed = bool(values) and all(_listed(branch) for branch in branches or [schema])
        listed = tuple(dict.fromkeys(value for value, _ in values))[:CHOICE_LIMIT]
        minimum, maximum = _range(schema)
        length = schema.get("maxLength")
        return Described(
            name=name,
            kind=self._kind(name, schema, branches, depth),
            closed=listed if closed else (),
            seen=(() if closed else listed) + _examples(schema),
            titles={value: title for value, title in values if title},
            minimum=minimum,
            maximum=maximum,
            max_length=length if type(length) is int and 0 < length <= LENGTH_LIMIT_CHARS else None,
            about=_line(schema.get("description")),
            items=self.fields(schema.get("items", schema), depth + 1),
            required=required,
        )

    def _branches(self, schema: Mapping[str, Any], depth: int) -> list[dict[str, Any]]:
        """Return the alternatives of a schema, without the one that is null."""
        for word in ("oneOf", "anyOf"):
            options = schema.get(word)
            if isinstance(options, list):
                found = [self.resolve(option, depth + 1) for option in options[:CHOICE_LIMIT]]
                return [option for option in found if option and option.get("type") != "null"]
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

    def _at(self, reference: str) -> object:
        """Return what a local reference such as `#/components/schemas/Input` refers to, None if nothing."""
        if not reference.startswith("#/"):
            return None
        place: object = self._document
        for step in reference[2:].split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(place, Mapping) or key not in place:
                return None
            place = place[key]
        return place


def field_of(described: Described) -> Field:
    """Return a field that is known only from the live document."""
    label = " ".join(word.casefold() for word in _WORD.findall(described.name)) or described.name
    kind = RULED_KINDS.get(described.name) or described.kind or FieldKind.JSON
    closed = fitting(kind, described.closed)
    return Field(
        name=described.name,
        kind=kind,
        required=bool(described.required),
        label=label[:60],
        help=described.about or printable(described_elsewhere(label), HELP_LIMIT_CHARS),
        choices=() if open_ended(described.name) else closed,
        suggestions=closed if open_ended(described.name) else fitting(kind, described.seen),
        minimum=described.minimum,
        maximum=described.maximum,
        max_length=described.max_length or TEXT_LIMIT_CHARS,
        item_fields=tuple(field_of(item) for item in described.items),
        extra_keys=not described.items,
    )


def open_ended(name: str) -> bool:
    """Whether a field stays open even if the document lists its values: new models come faster than documents."""
    return name in {"model", "resolution"}


def fitting(kind: FieldKind, values: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    """Return those of `values` that a field of that kind can have."""
    if kind is FieldKind.TEXT:
        return tuple(value for value in values if isinstance(value, str))
    if kind is FieldKind.NUMBER:
        return tuple(value for value in values if not isinstance(value, str))
    return tuple(value for value in values if isinstance(value, int)) if kind is FieldKind.INTEGER else ()


def schema_of(field: Field) -> dict[str, Any]:
    """Return the JSON Schema of a field."""
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
    """Return the JSON Schema of an object with these fields."""
    return {
        "type": "object",
        "properties": {field.name: schema_of(field) for field in fields},
        "required": [field.name for field in fields if field.required],
        "additionalProperties": extra_keys,
    }


def _overlaid(base: dict[str, Any], top: dict[str, Any]) -> dict[str, Any]:
    """Return both schemas as one: properties and required are joined, for all other keys `top` wins."""
    merged = base | top
    for word in ("properties", "required"):
        lower, upper = base.get(word), top.get(word)
        if isinstance(lower, Mapping) and isinstance(upper, Mapping):
            merged[word] = {**lower, **upper}
        elif isinstance(lower, list) and isinstance(upper, list):
            merged[word] = lower + upper
    return merged


def _size(schema: Mapping[str, Any]) -> int:
    """Return how many keys, properties and listed values a schema has: reading it takes as long."""
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
    types = {type(value) for value, _ in _listed(schema)}
    return {str: "string", int: "integer", float: "number"}[types.pop()] if len(types) == 1 else None


def _listed(schema: Mapping[str, Any]) -> list[tuple[Scalar, str]]:
    """Return the values that `enum` or `const` allow, each with its title or ''."""
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if not isinstance(values, list):
        return []
    title = _line(schema.get("title")) if "const" in schema else ""
    return [(value, title) for value in values if _usable(value)]


def _examples(schema: Mapping[str, Any]) -> tuple[Scalar, ...]:
    given = schema.get("examples")
    examples = [*(given if isinstance(given, list) else []), schema.get("example"), schema.get("default")]
    return tuple(value for value in examples[:CHOICE_LIMIT] if _usable(value))


def _usable(value: object) -> bool:
    if isinstance(value, str):
        return 0 < len(value) <= CHOICE_LIMIT_CHARS and value == printable(value, CHOICE_LIMIT_CHARS)
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= NUMBER_LIMIT


def _range(schema: Mapping[str, Any]) -> tuple[float | None, float | None]:
    low, high = schema.get("minimum"), schema.get("maximum")
    minimum = low if not isinstance(low, str) and _usable(low) else None
    maximum = high if not isinstance(high, str) and _usable(high) else None
    if minimum is not None and maximum is not None and minimum > maximum:
        return None, None
    return minimum, maximum


def _line(value: object) -> str:
    return printable(value, HELP_LIMIT_CHARS) if isinstance(value, str) else ""
