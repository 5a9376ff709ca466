"""Lines of the record of decisions, written in the transaction of the change that they describe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from bot.store.engine.columns import mapping_from_json, to_json
from bot.store.sql import Connection, Row

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A line to be written: who did what."""

    kind: str
    """A short word to filter by: `limit`, `grant`, `block`, `key`, `settings`, `approval`, `refusal`, …"""
    text: str
    """What was done and by whom, in whole sentences. Members' own text in it is escaped already (`harmless`)."""
    by_id: int
    """Who did it; 0 for the bot itself."""
    about: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """The same as JSON values, for programs."""


RecordOf = Callable[[T], Record | None]
"""Returns the line for the outcome of a change, None if nothing was changed. It runs inside the transaction, and once
more if that is repeated: it must have no side effects. What it raises rolls the change back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Generic[T]):
    """A value before and after a change."""

    before: T
    after: T


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A line of the record as it was written. `at` is Unix seconds."""

    id: int
    guild_id: int
    at: float
    by_id: int
    kind: str
    text: str
    about: Mapping[str, Any]
    names_actor: bool = True
    """Whether the text says who did it; earlier versions wrote what was done alone, as `granted …`."""


def write_decision(db: Connection, guild_id: int, record: Record, now: float) -> Decision:
    """Write a line of the record. If the guild has a log channel, it is queued in the outbox to be posted there."""
    row = db.execute(
        "INSERT INTO decisions (guild_id, at, by_id, kind, text, about, names_actor) VALUES (?, ?, ?, ?, ?, ?, 1)"
        " RETURNING *",
        (guild_id, now, record.by_id, record.kind, record.text, to_json(record.about)),
    ).fetchone()
    db.execute(
        "INSERT INTO outbox (decision_id, guild_id) SELECT ?, guild_id FROM rules"
        " WHERE guild_id = ? AND data ->> 'log_channel' IS NOT NULL",
        (row["id"], guild_id),
    )
    return decision_of(row)


def decision_of(row: Row) -> Decision:
    """Read a row of the table `decisions`."""
    return Decision(
        id=row["id"],
        guild_id=row["guild_id"],
        at=row["at"],
        by_id=row["by_id"],
        kind=row["kind"],
        text=row["text"],
        about=mapping_from_json(row["about"]),
        names_actor=bool(row["names_actor"]),
    )
