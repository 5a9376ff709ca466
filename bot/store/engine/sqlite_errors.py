"""SQLite's errors for operators. Any other failure is our bug and propagates."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.errors import RESTART_CANNOT_HELP, RESTART_MAY_HELP, DatabaseFailing
from bot.language import Text
from bot.runtime import texts as runtime_texts
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
def explained(path: Path | None = None, *, db: object = None) -> Iterator[None]:
    """Turn operator-fixable errors into DatabaseFailing; `path` names the file where no member reads it.

    `db` is the connection where members may: its file is named to the host alone.
    """
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        primary = code & _PRIMARY_CODE if isinstance(code, int) else sqlite3.SQLITE_ERROR
        if primary not in _REASONS:
            raise
        there = path or _file_of(db)
        if there and primary in _WITHOUT_ROOM and not has_room(there.parent):
            primary = sqlite3.SQLITE_FULL
        if there and there.is_dir():
            primary = sqlite3.SQLITE_CANTOPEN  # not a failing disk, as a read-only look calls it
        kind, sentence = _REASONS[primary]
        for_host = str(sentence).format(name=there or texts.OUR_DATABASE)
        if there and kind == "full":
            for_host = runtime_texts.DISK_IS_FULL(path=there.parent)
        for_member = texts.OUT_OF_ORDER if kind in _FOR_HOST else sentence
        raise DatabaseFailing(
            for_member if path is None else for_host,
            name=texts.OUR_DATABASE if path is None else None,
            exit_code=RESTART_CANNOT_HELP if kind == "damaged" else RESTART_MAY_HELP,
            kind=kind,
            for_host=for_host,
        ) from error


def _file_of(db: object) -> Path | None:
    """Return the file of an SQLite connection, None for others; reads no page."""
    if not isinstance(db, sqlite3.Connection):
        return None
    with suppress(sqlite3.Error):
        return Path(db.execute("PRAGMA database_list").fetchone()[2])
    return None
