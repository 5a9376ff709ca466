"""What a document or a tool's answer says of one operation, and how several of them are put together."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.catalogue.openapi.schemas import Schema, overlaid
from bot.catalogue.texts import printable

TITLE_LIMIT_CHARS = 100

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,40}(?:\.(?=[0-9_-]*[A-Za-z])[A-Za-z0-9_-]{1,40}){1,4}", re.ASCII)
"""Each part has a letter: `veo-3.1` is a model."""
_ENVELOPE = frozenset({"operation", "webhook_url", "webhookUrl"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedModel:
    """A listed model; `id` None if only its name is known."""

    id: str | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Facts about one operation."""

    id: str
    rank: int = 0
    """0 for a document, 1 for a tool's answer, 2 for an example: lower ones win."""
    titles: tuple[str, ...] = ()
    schema: Schema = field(default_factory=dict)
    """Of the input."""
    is_whole: bool = False
    """Whether `schema` has all fields of the operation."""
    models: tuple[NamedModel, ...] = ()

    @property
    def fields(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.schema.get("properties", {})
        return found


def is_operation_id(value: object) -> bool:
    """Whether a value can be an operation's id, such as `image.generate`."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def without_envelope(schema: Schema) -> Schema:
    """Unwrap an input's fields from a whole request."""
    fields = schema.get("properties", {})
    return {**schema, "properties": {name: fields[name] for name in fields if name not in _ENVELOPE}}


def titles_of(*words: object) -> tuple[str, ...]:
    """Return possible titles of an operation, likeliest first."""
    lines = (printable(word, TITLE_LIMIT_CHARS) for word in words if isinstance(word, str))
    return tuple(dict.fromkeys(line for line in lines if line))


def combined(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Merge into one entry per id, independent of order."""
    found: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda each: (each.id, each.rank, -len(each.fields), _written(each))):
        first = found.get(entry.id)
        found[entry.id] = entry if first is None else _together(first, entry)
    return found


def _written(entry: Entry) -> str:
    return json.dumps(
        [entry.titles, entry.schema, [(each.id or "", each.name) for each in entry.models]], sort_keys=True
    )


def _together(first: Entry, other: Entry) -> Entry:
    return replace(
        first,
        titles=tuple(dict.fromkeys((*first.titles, *other.titles))),
        schema=overlaid(other.schema, first.schema),
        is_whole=first.is_whole or other.is_whole,
        models=tuple(dict.fromkeys((*first.models, *other.models))),
    )
