"""What is read at every turn and seldom written is kept in memory until its row is written.

docs/decisions/0030-what-seldom-changes-is-kept.md. No repository announces its writes: triggers of the writer's own
connection do, so that none can be forgotten.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import Enum
from typing import Any

KEPT_EACH = 4096
"""How many answers are kept about each subject."""
ACTS = ("INSERT", "UPDATE", "DELETE")
NOTHING = object()

Key = tuple[int | str, ...]


class Recalled(Enum):
    """What is kept: the columns that tell the answers apart, then the tables that are read for one, which have them.

    Without columns there is one answer, about all servers.
    """

    RULES = ("guild_id",), ("rules",)
    LIMITS = ("guild_id",), ("limits",)
    PRICES = ("guild_id",), ("prices",)
    CURRENT_KEYS = ("guild_id",), ("guild_keys",)
    KEYS = ("guild_id", "id"), ("guild_keys",)
    REACTIONS = ("guild_id",), ("reactions", "reaction_settings")
    LEGENDS = ("guild_id", "channel_id"), ("reaction_legends",)
    MEMBERS = ("guild_id", "member_id"), ("member_settings",)
    VOICES = ("guild_id", "member_id"), ("voice_defaults",)
    REVIEW = ("guild_id",), ("review_rules", "reviews")
    WISHES = ("guild_id",), ("reaction_acts",)
    CARDS = ("id", "guild_id"), ("cards",)
    APPROVALS = (), ("approvals",)
    OUTBOX = (), ("outbox",)


@dataclass(slots=True)
class Answer:
    """What is kept under a key; NOTHING until it was read."""

    value: Any = NOTHING


class Kept:
    """Answers by subject and key. It belongs to the event loop."""

    def __init__(self) -> None:
        self._answers: dict[Recalled, dict[Key, Answer]] = {subject: {} for subject in Recalled}

    def answer(self, subject: Recalled, key: Key) -> Answer:
        """Return what is kept; who finds NOTHING in it reads the database and puts the value there.

        Once the row is written, another answer takes its place: a value that was read before is then in none.
        """
        answers = self._answers[subject]
        found = answers.get(key)
        if found is None:
            found = answers[key] = Answer()
            if len(answers) > KEPT_EACH:
                del answers[next(iter(answers))]
        return found

    def forget(self, written: frozenset[tuple[Recalled, Key]] | None) -> None:
        """Keep no longer what was `written`, None: anything at all."""
        if written is None:
            self._answers = {subject: {} for subject in Recalled}
            return
        for subject, key in written:
            self._answers[subject].pop(key, None)


class RowWatch:
    """Tells which rows of the subjects the writer of an SQLite file has written. Used on the writer's thread."""

    def __init__(self) -> None:
        self._written: set[tuple[Recalled, Key]] = set()
        self._foreign_version = 0

    def begin(self, db: sqlite3.Connection) -> None:
        """Have the writer's connection tell of each row that it writes and that a subject is read from."""
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
        """Return what was written since the last call; None if another process may have written, whatever it was."""
        written = frozenset(self._written)
        self._written.clear()
        try:
            version = _foreign_version(db)
        except sqlite3.Error:
            return None
        is_foreign, self._foreign_version = version != self._foreign_version, version
        return None if is_foreign else written


def _foreign_version(db: sqlite3.Connection) -> int:
    """Return a number that changes when another connection has written; of the bot's own only this one writes."""
    return int(db.execute("PRAGMA data_version").fetchone()[0])
