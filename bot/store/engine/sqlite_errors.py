"""SQLite's errors for operators. Any other failure is our bug and propagates."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import RESTART_CANNOT_HELP, RESTART_MAY_HELP, DatabaseFailing
from bot.language import Text
from bot.runtime.machine import has_room
from bot.store import texts

_REASONS: dict[int, tuple[str, str | Text]] = {
    sqlite3.SQLITE_NOTADB: ("damaged", texts.NOT_A_DATABASE),
    sqlite3.SQLITE_CORRUPT: ("damaged", texts.CORRUPT),
    sqlite3.SQLITE_CANTOPEN: ("unwritable", texts.NOT_OPENED),
    sqlite3.SQLITE_READONLY: ("unwritable", texts.READ_ONLY),
    sqlite3.SQLITE_PERM: ("unwritable", texts.NO_PERMISSION),
    sqlite3.SQLITE_FULL: ("full", texts.DISK_FULL),
    sqlite3.SQLITE_BUSY: ("busy", texts.IN_USE),
    sqlite3.SQLITE_LOCKED: ("busy", texts.IN_USE),
    sqlite3.SQLITE_IOERR: ("disk", texts.DISK_FAILED),
}
"""Failure kinds and the host's sentence."""
_FOR_HOST = frozenset({"damaged", "unwritable", "disk"})
"""Failures beyond members' control, for which they read another sentence."""
_WITHOUT_ROOM = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})
"""SQLite's other error if its log does not fit on the disk."""
_PRIMARY_CODE = 0xFF
"""Extended result codes keep the primary one in their low byte (sqlite.org/rescode.html)."""


@contextmanager
def explained(path: Path | None = None) -> Iterator[None]:
    """Turn operator-fixable errors into DatabaseFailing; `path` names the file where no member reads it."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        primary = code & _PRIMARY_CODE if isinstance(code, int) else sqlite3.SQLITE_ERROR
        if primary not in _REASONS:
            raise
        if path is not None and primary in _WITHOUT_ROOM and not has_room(path.parent):
            primary = sqlite3.SQLITE_FULL
        kind, sentence = _REASONS[primary]
        name = texts.OUR_DATABASE if path is None else str(path)
        raise DatabaseFailing(
            texts.OUT_OF_ORDER if path is None and kind in _FOR_HOST else sentence,
            exit_code=RESTART_CANNOT_HELP if kind == "damaged" else RESTART_MAY_HELP,
            kind=kind,
            for_host=str(sentence).format(name=name),
            name=name,
        ) from error
