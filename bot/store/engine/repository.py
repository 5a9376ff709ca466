"""The base of every repository of the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from bot.language import speaking
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.runtime.machine import read_only
from bot.store.engine.columns import mapping_from_json, read_as, to_json, to_text
from bot.store.engine.database import Database
from bot.store.sql import Connection, Parameters, Row, of_guild
from bot.store.vault.secret_box import SecretBox

T = TypeVar("T")

APPROVAL, REVIEW, REPORT, REFUND_REQUEST = "approval", "review", "report", "refund_request"
"""The kinds of questions to moderators, and of their lines and messages."""
PROMISED = frozenset({REPORT, REFUND_REQUEST})
"""Line kinds whose member `by_id` was promised that moderators have them: if undeliverable, the member learns of it."""
_QUEUE = "INSERT INTO outbox (decision_id, guild_id) VALUES (?, ?)"
_QUEUE_IF_READ = """
INSERT INTO outbox (decision_id, guild_id)
SELECT ?, guild_id FROM rules WHERE guild_id = ? AND data ->> 'log_channel' IS NOT NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record line to be written."""

    kind: str
    """A short word to filter by: `limit`, `grant`, `block`, `key`, `settings`, `approval`, `refusal`, …"""
    text: str
    """What was done and by whom, in whole sentences. Members' texts in it are escaped (`harmless`)."""
    by_id: int
    """The actor; 0 for the bot itself."""
    about: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """The same as JSON values, for programs."""


RecordOf = Callable[[T], Record | None]
"""Returns the line for a change's outcome, None if it needs none. It runs inside the transaction, again if that is
repeated: it must have no side effects. Its exceptions roll the change back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Generic[T]):
    """A value before and after a change."""

    before: T
    after: T


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A stored record line. `at` is Unix seconds."""

    id: int
    guild_id: int
    at: float
    by_id: int
    kind: str
    text: str
    about: Mapping[str, Any]

    @property
    def is_promised(self) -> bool:
        return self.kind in PROMISED


def write_decision(db: Connection, guild_id: int, record: Record, now: float) -> Decision:
    """Write a record line.

    Queued in the outbox if the guild has a log channel or a member was promised that it is read.
    """
    row = db.execute(
        "INSERT INTO decisions (guild_id, at, by_id, kind, text, about) VALUES (?, ?, ?, ?, ?, ?) RETURNING *",
        (guild_id, now, record.by_id, record.kind, record.text, to_json(record.about)),
    ).fetchone()
    db.execute(_QUEUE if record.kind in PROMISED else _QUEUE_IF_READ, (row["id"], guild_id))
    return decision_of(row)


def decision_of(row: Row) -> Decision:
    """Read a row of the table `decisions`."""
    return read_as(Decision, row, about=mapping_from_json(row["about"]))


class Repository:
    """A set of tables; `Store` holds one of each. Each method is one transaction.

    What it writes of one guild it writes in that guild's scope: it reads no other guild's rows to decide.
    """

    def __init__(self, database: Database, box: SecretBox, clock: Clock) -> None:
        self._database = database
        self._box = box
        self._clock = clock

    async def _row(self, sql: str, values: Parameters = ()) -> Any:
        """Return a query's first row, None without one."""
        return await self._database.look(lambda db: db.execute(sql, values).fetchone())

    async def _rows(self, sql: str, values: Parameters = ()) -> list[Any]:
        return await self._database.read(lambda db: db.execute(sql, values).fetchall())

    async def _one(self, make: Callable[[Any], T], sql: str, values: Parameters = ()) -> T | None:
        """Return what `make` makes of a query's first row, None without one."""
        row = await self._row(sql, values)
        return None if row is None else make(row)

    async def _has(self, sql: str, values: Parameters = ()) -> bool:
        return await self._row(sql, values) is not None

    async def _all(self, make: Callable[[Any], T], sql: str, values: Parameters = ()) -> list[T]:
        """Return what `make` makes of each of a query's rows."""
        return [make(row) for row in await self._rows(sql, values)]

    async def _write(self, guild_id: int, change: Callable[[Connection], T], *, host: bool = False) -> T:
        """Run `change` in a transaction of this guild; `host`: it may decide by, or change, the host's rows."""
        return await self._database.write(change, of_guild(guild_id, host=host))

    async def _execute(self, guild_id: int, sql: str, values: Parameters = ()) -> int:
        """Run one statement in a transaction of this guild, 0: of everything; return how many rows it changed."""
        return await self._write(guild_id, lambda db: db.execute(sql, values).rowcount)

    async def _recorded(
        self, guild_id: int, change: Callable[[Connection], T], record: RecordOf[Any] | None, *, host: bool = False
    ) -> T:
        """Run `change` and write the line that `record` builds from its result, as `_write`; return the result.

        No line if the result is None or False, as nothing changed, without a `record`, or if it returns None. The line
        is in the guild's language.
        """
        if record is None:
            return await self._write(guild_id, change, host=host)
        now = self._clock.wall()

        def write(db: Connection) -> tuple[T, bool]:
            result = change(db)
            failpoint("decision.changed")
            with speaking(self._database.language_of(db, guild_id)):
                line = None if result is None or result is False else record(result)
            if line is not None:
                write_decision(db, guild_id, line, now)
            return result, line is not None

        failpoint("decision.before")
        result, is_recorded = await self._write(guild_id, write, host=host)
        if is_recorded:
            failpoint("decision.stored")
            self._database.notify()
        return result


class Meta(Repository):
    """The table `meta`: the bot's own facts."""

    async def get(self, name: str) -> str | None:
        row = await self._row("SELECT value FROM meta WHERE name = ?", (name,))
        return None if row is None else str(row[0])

    async def set(self, name: str, value: str) -> None:
        await self._database.write(lambda db: set_meta(db, name, value))

    async def forget(self, *names: str) -> None:
        await self._database.write(
            lambda db: db.executemany("DELETE FROM meta WHERE name = ?", [(name,) for name in names])
        )


def set_meta(db: Connection, name: str, value: str) -> None:
    db.execute(
        "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, to_text(value)),
    )


def stored_facts(path: Path, *names: str) -> dict[str, str]:
    """Return the values of these names of the table `meta` in a database file; {} if unreadable. Blocks."""
    marks = ", ".join("?" * len(names))
    return dict(stored_rows(path, f"SELECT name, value FROM meta WHERE name IN ({marks})", names))  # noqa: S608 - marks


def stored_rows(path: Path, sql: str, values: Sequence[str] = ()) -> list[Any]:
    """Return a query's rows of a database file, which may be in use; [] if unreadable.

    Creates and migrates nothing. Blocks: not for the event loop.
    """
    try:
        with closing(sqlite3.connect(read_only(path), uri=True)) as db:
            return db.execute(sql, values).fetchall()
    except sqlite3.Error:
        return []


SIGNATURE_META = "signature"
"""The installation's signature, made with the database."""


def signature_in(db: Connection) -> str:
    row = db.execute("SELECT value FROM meta WHERE name = ?", (SIGNATURE_META,)).fetchone()
    return "" if row is None else str(row[0])
