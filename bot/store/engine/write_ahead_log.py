"""Leaving no copy of what was erased in the database's files.

`PRAGMA secure_delete` overwrites a row that is deleted. It does not reach earlier versions of pages in the write-ahead
log, nor what a row leaves in the gap of a page from which it was moved as its table grew: the one is emptied, and the
other goes when the file is rebuilt.
"""

from __future__ import annotations

import sqlite3

READERS_WAIT_MS = 100
"""How long those that still read are waited for: writes wait as long."""


def emptied(db: sqlite3.Connection) -> bool:
    """Write the log back into the database and empty it; False if somebody still reads from it.

    `db` is in no transaction (sqlite.org/pragma.html#pragma_wal_checkpoint).
    """
    timeout_ms = db.execute("PRAGMA busy_timeout").fetchone()[0]
    db.execute(f"PRAGMA busy_timeout = {READERS_WAIT_MS}")
    try:
        is_busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    finally:
        db.execute(f"PRAGMA busy_timeout = {timeout_ms}")
    return not is_busy


def rebuild(db: sqlite3.Connection, at_most_bytes: int | None) -> None:
    """Rewrite the database without gaps (sqlite.org/lang_vacuum.html), unless it is larger than that.

    Everybody else's writes wait for it: 0.6 s for 60 MB. `db` is in no transaction. What SQLite needs besides stays in
    memory (`temp_store`): a file of its own would be one more with what was erased.
    """
    pages, size = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    if at_most_bytes is not None and pages * size > at_most_bytes:
        return
    db.execute("VACUUM")
