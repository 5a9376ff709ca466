"""Lines of the record of decisions, written in the transaction of the change that they describe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from bot.store.engine.columns import mapping_from_json, to_json
from bot.store.sql import Connection, Row

T = TypeVar("T")

REPORT, REFUND_REQUEST = "report", "refund_request"
PROMISED = frozenset({REPORT, REFUND_REQUEST})
"""The kinds of lines of which `by_id`, a member, is told that the moderators have them: they never leave the outbox
unseen without the member knowing."""
_QUEUE = "INSERT INTO outbox (decision_id, guild_id) VALUES (?, ?)"
_QUEUE_IF_READ = """
INSERT INTO outbox (decision_id, guild_id)
SELECT ?, guild_id FROM rules WHERE guild_id = ? AND data ->> 'log_channel' IS NOT NULL
"""


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

    @property
    def is_promised(self) -> bool:
        """Whether a member was told that the moderators have it."""
        return self.kind in PROMISED


def write_decision(db: Connection, guild_id: int, record: Record, now: float) -> Decision:
    """Write a line of the record.

    It is queued in the outbox to be posted, if the guild has a log channel or a member was promised that it is read.
    """
    row = db.execute(
        "INSERT INTO decisions (guild_id, at, by_id, kind, text, about, names_actor) VALUES (?, ?, ?, ?, ?, ?, 1)"
        " RETURNING *",
        (guild_id, now, record.by_id, record.kind, record.text, to_json(record.about)),
    ).fetchone()
    db.execute(_QUEUE if record.kind in PROMISED else _QUEUE_IF_READ, (row["id"], guild_id))
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
