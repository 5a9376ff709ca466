"""SQLite's failures in the operator's words. Any other failure is a bug of ours and propagates unchanged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from bot.errors import RESTART_CANNOT_HELP, RESTART_MAY_HELP, DatabaseFailing
from bot.language import Text
from bot.store import texts

_SENTENCES = {
    sqlite3.SQLITE_NOTADB: texts.NOT_A_DATABASE,
    sqlite3.SQLITE_CORRUPT: texts.CORRUPT,
    sqlite3.SQLITE_CANTOPEN: texts.NOT_OPENED,
    sqlite3.SQLITE_READONLY: texts.READ_ONLY,
    sqlite3.SQLITE_PERM: texts.NO_PERMISSION,
    sqlite3.SQLITE_FULL: texts.DISK_FULL,
    sqlite3.SQLITE_BUSY: texts.IN_USE,
    sqlite3.SQLITE_LOCKED: texts.IN_USE,
    sqlite3.SQLITE_IOERR: texts.DISK_FAILED,
}
_LASTING = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})
"""What no restart cures. A full disk, a lock or a volume that is mounted late may be gone at the next start."""
_PRIMARY_CODE = 0xFF
"""Extended result codes keep the primary one in their low byte (sqlite.org/rescode.html)."""


@contextmanager
def explained(name: str | Text = texts.OUR_DATABASE) -> Iterator[None]:
    """Turn what an operator can fix into DatabaseFailing; `name` describes the file in words safe to show."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        primary = code & _PRIMARY_CODE if isinstance(code, int) else sqlite3.SQLITE_ERROR
        sentence = _SENTENCES.get(primary)
        if sentence is None:
            raise
        exit_code = RESTART_CANNOT_HELP if primary in _LASTING else RESTART_MAY_HELP
        raise DatabaseFailing(str(sentence).format(name=str(name)), exit_code=exit_code) from error
