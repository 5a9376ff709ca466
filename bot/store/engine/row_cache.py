"""Cache of rows that are read often and rarely written.

docs/decisions/0009-writes-share-a-commit.md. Triggers on the writer's connection invalidate it, so that no
repository can forget to.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import Enum
from typing import Any

KEPT_EACH = 4096
"""Cached answers per subject."""
ACTS = ("INSERT", "UPDATE", "DELETE")
NOTHING = object()

Key = tuple[int | str, ...]


class Recalled(Enum):
    """A cached subject: its key columns, then the tables it is read from, which have them.

    Without columns there is one answer for all servers.
    """

    RULES = ("guild_id",), ("rules",)
    LIMITS = ("guild_id",), ("limits",)
    PRICES = ("guild_id",), ("prices",)
    CURRENT_KEYS = ("guild_id",), ("guild_keys",)
    KEYS = ("guild_id", "id"), ("guild_keys",)
    REACTIONS = ("guild_id",), ("reaction_settings",)
    MEMBERS = ("guild_id", "member_id"), ("member_settings",)
    VOICES = ("guild_id", "member_id"), ("voice_defaults",)
    REVIEW = ("guild_id",), ("review_rules", "reviews")
    WISHES = ("guild_id",), ("reaction_acts",)
    CARDS = ("id", "guild_id"), ("cards",)
    APPROVALS = (), ("approvals",)
    OUTBOX = (), ("outbox",)


@dataclass(slots=True)
class Answer:
    """A cached value; NOTHING until read."""

    value: Any = NOTHING

    @property
    def is_empty(self) -> bool:
        return self.value is NOTHING


class RowCache:
    """Answers by subject and key. Event loop only."""

    def __init__(self) -> None:
        self._answers: dict[Recalled, dict[Key, Answer]] = {subject: {} for subject in Recalled}

    def answer(self, subject: Recalled, key: Key) -> Answer:
        """Return the cache entry; on NOTHING the caller reads the database and fills it.

        A write replaces the entry, so a value read before it goes into a discarded one.
        """
        answers = self._answers[subject]
        found = answers.get(key)
        if found is None:
            found = answers[key] = Answer()
            if len(answers) > KEPT_EACH:
                del answers[next(iter(answers))]
        return found

    def forget(self, written: frozenset[tuple[Recalled, Key]] | None) -> None:
        """Invalidate what was `written`; None: everything."""
        if written is None:
            self._answers = {subject: {} for subject in Recalled}
            return
        for subject, key in written:
            self._answers[subject].pop(key, None)


class WriteTriggers:
    """Tracks which rows of the subjects an SQLite file's writer has written. Writer's thread only."""

    def __init__(self) -> None:
        self._written: set[tuple[Recalled, Key]] = set()
        self._foreign_version = 0

    def begin(self, db: sqlite3.Connection) -> None:
        there = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        for subject in Recalled:
            columns, tables = subject.value
            name = f"{subject.name.lower()}_is_written"
            db.create_function(name, len(columns), lambda *key, subject=subject: self._written.add((subject, key)))
            for table in sorted(there.intersection(tables)):
                for act in ACTS:
                    row = "OLD" if act == "DELETE" else "NEW"
                    key = ", ".join(f"{row}.{column}" for column in columns)
                    db.execute(
                        f"CREATE TEMP TRIGGER {table}_{act}_of_{subject.name} AFTER {act} ON main.{table}"
                        f" BEGIN SELECT {name}({key}); END"
                    )
        self._foreign_version = _foreign_version(db)

    def written(self, db: sqlite3.Connection) -> frozenset[tuple[Recalled, Key]] | None:
        """Return what was written since the last call; None (everything) if another program may have written."""
        written = frozenset(self._written)
        self._written.clear()
        try:
            version = _foreign_version(db)
        except sqlite3.Error:
            return None
        is_foreign, self._foreign_version = version != self._foreign_version, version
        return None if is_foreign else written


def _foreign_version(db: sqlite3.Connection) -> int:
    """Return a number that changes with each commit of another connection; only this one is the bot's writer."""
    return int(db.execute("PRAGMA data_version").fetchone()[0])
