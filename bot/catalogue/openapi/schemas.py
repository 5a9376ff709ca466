"""Reads JSON Schema: first resolved and bounded, then as fields. Never fails: at worst, nothing is learned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from bot.catalogue.checks.values import NUMBER_LIMIT
from bot.catalogue.fields import HELP_LIMIT_CHARS, Field, FieldKind, Scalar
from bot.catalogue.texts import DESCRIBED_ELSEWHERE, printable
from bot.domain.server.places import SAFETY_SWITCH

FIELD_LIMIT = 80
CHOICE_LIMIT = 200
CHOICE_LIMIT_CHARS = 200
LENGTH_LIMIT_CHARS = 1_000_000
HOP_LIMIT = 12
"""Maximum number of references and combinations that lead to one schema."""
LEVEL_LIMIT = 6
"""Maximum depth of schemas within an input's."""
WORK_LIMIT = 40_000
"""Maximum number of schema keys read per document, with repetitions: 5,000 for the whole API."""

RULED_KINDS: Mapping[str, FieldKind] = MappingProxyType({SAFETY_SWITCH: FieldKind.BOOLEAN})
"""Fields that a server's rules depend on: no document changes their kind."""
_COMPATIBLE = (
    frozenset({FieldKind.TEXT, FieldKind.URL}),
    frozenset({FieldKind.INTEGER, FieldKind.NUMBER}),
    frozenset({FieldKind.URLS, FieldKind.JSON}),
    frozenset({FieldKind.OBJECTS, FieldKind.JSON}),
    frozenset({FieldKind.OBJECT, FieldKind.JSON}),
)
"""Kinds that a schema hardly distinguishes: ours is kept."""
_SIMPLE = {
    "integer": FieldKind.INTEGER,
    "number": FieldKind.NUMBER,
    "boolean": FieldKind.BOOLEAN,
    "object": FieldKind.OBJECT,
}
_LINK_FORMATS = frozenset({"uri", "url"})
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_STAND_IN = re.compile(r"[<{\[].*[>}\]]|.*(?:\byour[ _-]|placeholder|x{3,}|\.{3}|…).*", re.IGNORECASE | re.DOTALL)
"""A placeholder such as `<voice id>` or `your_voice_id`: never offered."""

Schema = Mapping[str, Any]
"""A resolved schema. `required` is a field's own, True or False; without it, it is unknown."""


class Reader:
    """Resolves one document's schemas, following local references."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._left = WORK_LIMIT

    def flat(self, node: object, hops: int = 0) -> dict[str, Any]:
        """Follow references and merge `allOf`; {} for a non-object."""
        if not isinstance(node, Mapping) or hops > HOP_LIMIT or self._left < 0:
            return {}
        self._left -= 1 + len(node) + sum(len(each) for each in node.values() if isinstance(each, Mapping | list))
        merged = dict(node)
        reference, parts = merged.pop("$ref", None), merged.pop("allOf", None)
        bases = [self._at(reference)] if isinstance(reference, str) else []
        bases += parts[:FIELD_LIMIT] if isinstance(parts, list) else []
        for base in reversed(bases):
            merged = overlaid(self.flat(base, hops + 1), merged)
        return merged

    def options(self, schema: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the alternatives of `oneOf` or `anyOf`, without null."""
        listed = (schema[word][:CHOICE_LIMIT] for word in ("oneOf", "anyOf") if isinstance(schema.get(word), list))
        found = map(self.flat, next(listed, []))
        return [option for option in found if option and option.get("type") != "null"]

    def resolved(self, node: object, level: int = 0) -> dict[str, Any]:
        """Return a schema with all that it holds, required fields first; {} for a non-schema."""
        whole = self.flat(node)
        if not whole or level > LEVEL_LIMIT:
            return {}
        options = self.options(whole)
        if len(options) == 1 and "const" not in options[0]:
            whole, options = overlaid(options[0], whole), []
        needed, properties = whole.pop("required", None), whole.get("properties")
        found = {word: _scalars(value) for word, value in whole.items() if isinstance(value, str | int | float | list)}
        found["oneOf"] = [self.resolved(each, level + 1) for each in options]
        found["items"] = self.resolved(whole.get("items"), level + 1)
        found["properties"] = fields = {}
        if isinstance(needed, bool):
            found["required"] = needed
        properties = properties if isinstance(properties, Mapping) else {}
        names = sorted(filter(is_field_name, properties))
        if isinstance(needed, list):
            names.sort(key=lambda name: name not in needed)
        for name in names[:FIELD_LIMIT]:
            own = {"required": name in needed} if isinstance(needed, list) else {}
            fields[name] = self.resolved(properties[name], level + 1) | own
        return found

    def _at(self, reference: str) -> object:
        """Resolve a local reference such as `#/components/schemas/Input`, None if broken."""
        place: object = self._document if reference.startswith("#") else None
        for step in reference.split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            place = place.get(key) if isinstance(place, Mapping) else None
        return place


def _scalars(value: Any) -> Any:
    return [each for each in value if isinstance(each, str | int | float)] if isinstance(value, list) else value


def overlaid(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """Merge schemas: properties and required are joined, otherwise `top` wins."""
    merged = {**base, **top}
    for word in ("properties", "required"):
        lower, upper = base.get(word), top.get(word)
        if isinstance(lower, Mapping) and isinstance(upper, Mapping):
            merged[word] = {**lower, **upper} | {
                name: {**lower[name], **said}
                for name, said in upper.items()
                if isinstance(said, Mapping) and isinstance(lower.get(name), Mapping)
            }
        elif isinstance(lower, list) and isinstance(upper, list):
            merged[word] = lower + upper
    return merged


def is_field_name(name: object) -> bool:
    """Whether a document's key can be a wire field name."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def line_of(value: object) -> str:
    """Return a text as one short line, '' for a non-text."""
    return printable(value, HELP_LIMIT_CHARS) if isinstance(value, str) else ""


def usable(value: object) -> bool:
    """Whether a value can be offered: short printable text, or a number that JSON carries exactly."""
    if isinstance(value, str):
        return 0 < len(value) <= CHOICE_LIMIT_CHARS and value == printable(value, CHOICE_LIMIT_CHARS)
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= NUMBER_LIMIT


# ---------------------------------------------------------------------- fields


def fields_of(schema: Schema, known: Sequence[Field] = (), *, is_whole: bool = False) -> tuple[Field, ...]:
    """Return an object's fields: the `known` ones with what a schema says of them, then its others.

    What it doesn't say stays; `is_whole`: what it lacks is no longer offered. A changed field has its former self.
    """
    said = schema.get("properties", {})
    found = []
    for field in known:
        if field.name in said:
            now = _changed(field, said[field.name])
            found.append(now if now == field else replace(now, known=replace(field, known=None)))
        else:
            found.append(replace(field, offered=not is_whole))
    names = {field.name for field in known}
    return (*found, *(_new(name, each) for name, each in said.items() if name not in names))


def _new(name: str, said: Schema) -> Field:
    kind = RULED_KINDS.get(name) or _kind(name, said) or _kind(name, {"enum": examples_of(said)})
    label = " ".join(word.casefold() for word in _WORD.findall(name)) or name
    return _with_rules(
        Field(
            name=name,
            kind=kind or (FieldKind.URL if name.endswith("_url") else FieldKind.JSON),
            required=said.get("required") is True,
            label=label[:60],
            help=line_of(said.get("description")) or DESCRIBED_ELSEWHERE.message,
        ),
        said,
    )


def _changed(field: Field, said: Schema) -> Field:
    required, kind = said.get("required", field.required), _kind(field.name, said) or field.kind
    is_news = required and (field.rule_inferred or not field.required)
    field = replace(field, required=required, rule_inferred=is_news if "required" in said else field.rule_inferred)
    if kind is not field.kind and field.name not in RULED_KINDS and {kind, field.kind} not in _COMPATIBLE:
        by_model = {
            model: values for model, values in field.choices_by_model.items() if fitting(kind, values) == values
        }
        field = replace(
            field,
            kind=kind,
            choices=fitting(kind, field.choices),
            choices_by_model=MappingProxyType(by_model),
            suggestions=fitting(kind, field.suggestions),
            item_fields=(),
        )
    return _with_rules(field, said)


def _with_rules(field: Field, said: Schema) -> Field:
    """Take values (as a closed list, or as suggestions of an open one), limits, and new keys."""
    listed = values_of(said)
    values, seen = fitting(field.kind, listed), fitting(field.kind, examples_of(said))
    is_closed = all(map(_values, said.get("oneOf") or [said]))
    if values and is_closed and not open_ended(field.name) and not field.choices_by_model:
        field = replace(field, choices=values)
    else:
        seen = (*values, *seen)
    field = replace(field, suggestions=tuple(dict.fromkeys((*field.suggestions, *seen))))
    low, high = _limit(said, "minimum", "exclusiveMinimum"), _limit(said, "maximum", "exclusiveMaximum")
    if (low, high) != (None, None) and (low is None or high is None or low <= high):
        field = replace(field, minimum=low, maximum=high, usual=None)
    length = said.get("maxLength")
    if type(length) is int and 0 < length <= LENGTH_LIMIT_CHARS:
        field = replace(field, max_length=length)
    if field.kind in {FieldKind.OBJECT, FieldKind.OBJECTS}:
        inner = {item.name for item in field.item_fields}
        new = [each for each in fields_of(said.get("items") or said) if each.name not in inner]
        extra_keys = field.extra_keys if inner else not new
        field = replace(field, item_fields=(*field.item_fields, *new), extra_keys=extra_keys)
    return field


def open_ended(name: str) -> bool:
    """Whether a field stays open despite a list: new models come faster than documents."""
    return name in {"model", "resolution"}


def fitting(kind: FieldKind, values: Iterable[Scalar]) -> tuple[Scalar, ...]:
    """Return the `values` possible for that kind of field."""
    if kind is FieldKind.TEXT:
        return tuple(value for value in values if isinstance(value, str))
    if kind is FieldKind.NUMBER:
        return tuple(value for value in values if not isinstance(value, str))
    return tuple(value for value in values if isinstance(value, int)) if kind is FieldKind.INTEGER else ()


def values_of(said: Schema) -> dict[Scalar, str]:
    """Return the listed values of a field, each with its title or ''."""
    found = [pair for option in said.get("oneOf") or [said] for pair in _values(option)]
    return dict(found[:CHOICE_LIMIT])


def examples_of(said: Schema) -> list[Scalar]:
    """Return the values worth suggesting: the default first."""
    given = said.get("examples")
    shown = [said.get("default"), *(given[:CHOICE_LIMIT] if isinstance(given, list) else []), said.get("example")]
    found = [value for value in shown if usable(value)]
    return [value for value in found if not (isinstance(value, str) and _STAND_IN.fullmatch(value))]


def _values(schema: Schema) -> list[tuple[Scalar, str]]:
    if "const" in schema:
        return [(schema["const"], line_of(schema.get("title")))] if usable(schema["const"]) else []
    values = schema.get("enum")
    return [(value, "") for value in values if usable(value)] if isinstance(values, list) else []


def _kind(name: str, said: Schema) -> FieldKind | None:
    if said.get("oneOf"):
        kinds = {_kind(name, option) for option in said["oneOf"]}
        return kinds.pop() if len(kinds) == 1 else FieldKind.JSON
    word = _type(said)
    if word == "string":
        return FieldKind.URL if _is_link(said) or name.casefold().endswith("url") else FieldKind.TEXT
    if word == "array":
        items = said.get("items", {})
        if _type(items) == "string" and (_is_link(items) or name.casefold().endswith("urls")):
            return FieldKind.URLS
        return FieldKind.OBJECTS if _type(items) == "object" else FieldKind.JSON
    return _SIMPLE.get(word)


def _type(said: Schema) -> str:
    word = said.get("type")
    words = [each for each in word if each != "null"] if isinstance(word, list) else [word]
    if len(words) == 1 and isinstance(words[0], str):
        return words[0]
    if said.get("properties"):
        return "object"
    types = {type(value) for value, _ in _values(said)}
    return {str: "string", int: "integer", float: "number"}[types.pop()] if len(types) == 1 else ""


def _is_link(said: Schema) -> bool:
    return said.get("format") in _LINK_FORMATS if isinstance(said.get("format"), str) else False


def _limit(said: Schema, *words: str) -> float | None:
    """Return a number's limit; an exclusive one is read as its value."""
    given = map(said.get, words)
    return next((each for each in given if isinstance(each, int | float) and usable(each)), None)
