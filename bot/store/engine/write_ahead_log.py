"""Emptying SQLite's write-ahead log. Until then it holds earlier versions of pages: also what was erased since.

`PRAGMA secure_delete` overwrites what is deleted in the database itself, and in no other file.
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
