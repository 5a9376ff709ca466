"""SQLite's failures in the operator's words. Any other failure is a bug of ours and propagates unchanged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from bot.errors import StoreError

_SENTENCES = {
    sqlite3.SQLITE_NOTADB: "{name} is not a database. Restore it from a backup, or name another file.",
    sqlite3.SQLITE_CORRUPT: "{name} is damaged. Stop the bot and restore it from a backup.",
    sqlite3.SQLITE_CANTOPEN: "{name} cannot be opened. Check that its directory exists and is the bot's.",
    sqlite3.SQLITE_READONLY: "{name} cannot be written: it, its directory or its file system is read-only for the bot.",
    sqlite3.SQLITE_PERM: "{name} cannot be used: the bot lacks the permission.",
    sqlite3.SQLITE_FULL: "The disk is full: nothing was saved. Free some space, then try again.",
    sqlite3.SQLITE_BUSY: "{name} is in use by another program. Nothing was saved; try again in a minute.",
    sqlite3.SQLITE_LOCKED: "{name} is in use by another program. Nothing was saved; try again in a minute.",
    sqlite3.SQLITE_IOERR: "The disk failed while {name} was read or written: nothing was saved.",
}
_PRIMARY_CODE = 0xFF
"""Extended result codes keep the primary one in their low byte (sqlite.org/rescode.html)."""


@contextmanager
def explained(name: str = "The bot's database") -> Iterator[None]:
    """Turn what an operator can fix into StoreError; `name` describes the file in words safe to show."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        sentence = _SENTENCES.get(code & _PRIMARY_CODE) if isinstance(code, int) else None
        if sentence is None:
            raise
        raise StoreError(sentence.format(name=name)) from error
