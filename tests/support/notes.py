"""A table of one column, as the tests of the database write it."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable

from bot.store import Database

Open = Callable[..., Awaitable[Database]]


def note(db: sqlite3.Connection, name: str = "a") -> None:
    db.execute("INSERT INTO meta (name, value) VALUES (?, 'x')", (name,))


def notes(db: sqlite3.Connection) -> list[str]:
    return [
        row[0] for row in db.execute("SELECT name FROM meta WHERE name NOT IN ('schema', 'signature') ORDER BY name")
    ]
