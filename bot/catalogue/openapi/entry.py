"""A document's facts about one operation, merged from several places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from types import MappingProxyType
from typing import Any

from bot.catalogue.checks.values import NUMBER_LIMIT
from bot.catalogue.fields import TEXT_LIMIT_CHARS, Field, FieldKind, Scalar
from bot.catalogue.texts import DESCRIBED_ELSEWHERE, printable
from bot.domain.server.places import SAFETY_SWITCH

FIELD_LIMIT = 80
CHOICE_LIMIT = 200
CHOICE_LIMIT_CHARS = 200
SAMPLE_DEPTH_LIMIT = 4
"""Maximum depth of an example's objects."""

RULED_KINDS: Mapping[str, FieldKind] = MappingProxyType({SAFETY_SWITCH: FieldKind.BOOLEAN})
"""Fields that a server's rules depend on: no document changes their kind."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_LINK = re.compile(r"https?://\S+", re.ASCII | re.IGNORECASE)
_STAND_IN = re.compile(r"[<{\[].*[>}\]]|.*(?:\byour[ _-]|placeholder|x{3,}|\.{3}|…).*", re.IGNORECASE | re.DOTALL)
"""A placeholder such as `<voice id>` or `your_voice_id`: never offered."""
_ENVELOPE = frozenset({"operation", "webhook_url", "webhookUrl"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A document's facts about one field. Empty and None: not stated."""

    name: str
    kind: FieldKind | None = None
    is_sample: bool = False
    """Whether the kind is only inferred from a sample: 8 for a number, a link for a text."""
    closed: tuple[Scalar, ...] = ()
    seen: tuple[Scalar, ...] = ()
    """Shown values: the default first, then examples."""
    titles: Mapping[Scalar, str] = field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None
    about: str = ""
    items: tuple[Described, ...] = ()
    required: bool | None = None
    """None if unknown."""


def is_field_name(name: object) -> bool:
    """Whether a document's key can be a wire field name."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def in_order(described: Sequence[Described]) -> tuple[Described, ...]:
    """Order fields, required ones first: JSON keys have no order."""
    return tuple(sorted(described, key=lambda each: (not each.required, each.name)))[:FIELD_LIMIT]


def without_envelope(described: Sequence[Described]) -> tuple[Described, ...]:
    """Unwrap an input's fields from a whole request."""
    return tuple(each for each in described if each.name not in _ENVELOPE)


def of_sample(values: Mapping[str, Any], depth: int = 0) -> tuple[Described, ...]:
    """Return an example's fields. It does not show which are required, nor all of them."""
    if depth > SAMPLE_DEPTH_LIMIT:
        return ()
    return in_order([_of_value(name, value, depth) for name, value in values.items() if is_field_name(name)])


def filled(first: Described, second: Described) -> Described:
    """Merge facts about a field; the first wins."""
    typed = first if first.kind is not None and (second.kind is None or not first.is_sample) else second
    return replace(
        first,
        kind=typed.kind,
        is_sample=typed.is_sample,
        closed=first.closed or second.closed,
        seen=tuple(dict.fromkeys((*first.seen, *second.seen))),
        titles={**second.titles, **first.titles},
        minimum=second.minimum if first.minimum is None else first.minimum,
        maximum=second.maximum if first.maximum is None else first.maximum,
        max_length=first.max_length or second.max_length,
        about=first.about or second.about,
        items=first.items or second.items,
        required=second.required if first.required is None else first.required,
    )


def usable(value: object) -> bool:
    """Whether a value can be offered: short printable text, or a number that JSON carries exactly."""
    if isinstance(value, str):
        return 0 < len(value) <= CHOICE_LIMIT_CHARS and value == printable(value, CHOICE_LIMIT_CHARS)
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= NUMBER_LIMIT


def samples(*values: object) -> tuple[Scalar, ...]:
    """Return the `values` worth suggesting."""
    found = [value for value in values if isinstance(value, str | int | float) and usable(value)]
    return tuple(value for value in found if not (isinstance(value, str) and _STAND_IN.fullmatch(value)))


def field_of(described: Described) -> Field:
    """Return a field known only from the live document."""
    label = " ".join(word.casefold() for word in _WORD.findall(described.name)) or described.name
    kind = RULED_KINDS.get(described.name) or described.kind or _named_kind(described.name)
    closed = fitting(kind, described.closed)
    return Field(
        name=described.name,
        kind=kind,
        required=bool(described.required),
        label=label[:60],
        help=described.about or DESCRIBED_ELSEWHERE.message,
        choices=() if open_ended(described.name) else closed,
        suggestions=closed if open_ended(described.name) else fitting(kind, described.seen),
        minimum=described.minimum,
        maximum=described.maximum,
        max_length=described.max_length or TEXT_LIMIT_CHARS,
        item_fields=tuple(field_of(item) for item in described.items),
        extra_keys=not described.items,
    )


def _named_kind(name: str) -> FieldKind:
    """Guess a field's kind from its name: the API names links `…_url`."""
    if name.endswith("_urls"):
        return FieldKind.URLS
    return FieldKind.URL if name.endswith("_url") else FieldKind.JSON


def open_ended(name: str) -> bool:
    """Whether a field stays open despite a list: new models come faster than documents."""
    return name in {"model", "resolution"}


def fitting(kind: FieldKind, values: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    """Return the `values` possible for that kind of field."""
    if kind is FieldKind.TEXT:
        return tuple(value for value in values if isinstance(value, str))
    if kind is FieldKind.NUMBER:
        return tuple(value for value in values if not isinstance(value, str))
    return tuple(value for value in values if isinstance(value, int)) if kind is FieldKind.INTEGER else ()


def _of_value(name: str, value: object, depth: int) -> Described:
    inner: object = value
    if isinstance(value, list):
        inner = next((each for each in value if isinstance(each, Mapping)), None)
    return Described(
        name=name,
        kind=_kind_of(name, value),
        is_sample=True,
        seen=samples(value),
        items=of_sample(inner, depth + 1) if isinstance(inner, Mapping) else (),
    )


def _kind_of(name: str, value: object) -> FieldKind | None:
    if isinstance(value, str):
        linked = _LINK.fullmatch(value) or name.casefold().endswith("url")
        return FieldKind.URL if linked else FieldKind.TEXT
    if isinstance(value, list):
        return _kind_of_list(value)
    kinds = {bool: FieldKind.BOOLEAN, int: FieldKind.NUMBER, float: FieldKind.NUMBER, dict: FieldKind.OBJECT}
    return kinds.get(type(value))


def _kind_of_list(values: Sequence[object]) -> FieldKind | None:
    if not values:
        return None
    if all(isinstance(each, Mapping) for each in values):
        return FieldKind.OBJECTS
    linked = all(isinstance(each, str) and _LINK.fullmatch(each) for each in values)
    return FieldKind.URLS if linked else FieldKind.JSON


TITLE_LIMIT_CHARS = 100

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,40}(?:\.(?=[0-9_-]*[A-Za-z])[A-Za-z0-9_-]{1,40}){1,4}", re.ASCII)
"""Each part has a letter: `veo-3.1` is a model."""
_SENTENCE = re.compile(r"(.{3,60}?)[.:](?:\s|$)", re.DOTALL)


class FactSource(IntEnum):
    """An entry's origin; lower values win."""

    SCHEMA = 0
    VENDOR = 1
    """A tool's list."""
    SAMPLE = 2
    """An example."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedModel:
    """A listed model; `id` None if only its name is known."""

    id: str | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A document's facts about one operation."""

    id: str
    source: FactSource = FactSource.SCHEMA
    titles: tuple[str, ...] = ()
    fields: tuple[Described, ...] = ()
    is_whole: bool = False
    """Whether `fields` are all that the operation has."""
    models: tuple[NamedModel, ...] = ()


def is_operation_id(value: object) -> bool:
    """Whether a value can be an operation's id, such as `image.generate`."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def titles_of(*nodes: Mapping[str, object]) -> tuple[str, ...]:
    """Return possible titles of an operation from these parts, likeliest first."""
    words = [node.get(word) for word in ("title", "summary", "description") for node in nodes]
    lines = [printable(word, TITLE_LIMIT_CHARS) for word in words if isinstance(word, str) and word.strip()]
    begun = [found[1] for line in lines if (found := _SENTENCE.match(line))]
    return tuple(dict.fromkeys((*lines, *begun)))


def combined(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Merge into one entry per id, independent of order."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.id, []).append(entry)
    return {key: _together(groups[key]) if len(groups[key]) > 1 else groups[key][0] for key in sorted(groups)}


def _together(entries: Sequence[Entry]) -> Entry:
    first, *others = sorted(entries, key=lambda each: (each.source, -len(each.fields), repr(each)))
    for other in others:
        first = replace(
            first,
            titles=tuple(dict.fromkeys((*first.titles, *other.titles))),
            fields=_joined(first.fields, other.fields),
            is_whole=first.is_whole or other.is_whole,
            models=tuple(dict.fromkeys((*first.models, *other.models))),
        )
    return first


def _joined(first: Sequence[Described], second: Sequence[Described]) -> tuple[Described, ...]:
    more = {each.name: each for each in second}
    known = {each.name for each in first}
    fields = [filled(each, more[each.name]) if each.name in more else each for each in first]
    return in_order([*fields, *(each for each in second if each.name not in known)])
