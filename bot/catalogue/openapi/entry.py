"""What a document says about one operation, and what several places of it say together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from bot.catalogue.openapi.described import Described, filled, in_order
from bot.catalogue.texts import printable

TITLE_LIMIT_CHARS = 100

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,40}(?:\.(?=[0-9_-]*[A-Za-z])[A-Za-z0-9_-]{1,40}){1,4}", re.ASCII)
"""Each part has a letter: `veo-3.1` is a model."""
_SENTENCE = re.compile(r"(.{3,60}?)[.:](?:\s|$)", re.DOTALL)


class FactSource(IntEnum):
    """Where an entry is from; where they differ, the lower one counts."""

    SCHEMA = 0
    VENDOR = 1
    """A list under a key of the vendor's own, `x-…`."""
    SAMPLE = 2
    """An example: it shows an operation, but does not list the operations that there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedModel:
    """A model that the document lists next to an operation; `id` None if only its name is there."""

    id: str | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the document says about one operation."""

    id: str
    source: FactSource = FactSource.SCHEMA
    titles: tuple[str, ...] = ()
    fields: tuple[Described, ...] = ()
    is_whole: bool = False
    """Whether `fields` are all that the operation has."""
    models: tuple[NamedModel, ...] = ()
    is_listed: bool = True
    """Whether the document offers the operation, rather than shows a request for it."""


def is_operation_id(value: object) -> bool:
    """Whether a value of the document can be an operation's id, such as `image.generate`."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def titles_of(*nodes: Mapping[str, object]) -> tuple[str, ...]:
    """Return what may be the title of an operation that these parts of the document describe, the likeliest first."""
    words = [node.get(word) for word in ("title", "summary", "description") for node in nodes]
    lines = [printable(word, TITLE_LIMIT_CHARS) for word in words if isinstance(word, str) and word.strip()]
    begun = [found[1] for line in lines if (found := _SENTENCE.match(line))]
    return tuple(dict.fromkeys((*lines, *begun)))


def combined(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Return one entry for each id, whatever the order in which the document gives them."""
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
            is_listed=first.is_listed or other.is_listed,
        )
    return first


def _joined(first: Sequence[Described], second: Sequence[Described]) -> tuple[Described, ...]:
    more = {each.name: each for each in second}
    known = {each.name for each in first}
    fields = [filled(each, more[each.name]) if each.name in more else each for each in first]
    return in_order([*fields, *(each for each in second if each.name not in known)])
