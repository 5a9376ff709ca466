"""A new database file, migrated once for all tests of a process: to migrate takes longer than most of these tests."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from pathlib import Path

from bot.store.engine.connection import connect
from bot.store.engine.schema import migrate, migrations


@functools.cache
def empty_database() -> bytes:
    """Return a database with the newest schema and nothing in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        with contextlib.closing(connect(path)) as db:
            db.execute("PRAGMA journal_mode = WAL")  # as the bot does: to change it later would write the file again
            migrate(db, migrations())
            # Tests name controls by what they do; those about the signature make their own database.
            db.execute("DELETE FROM meta WHERE name = 'signature'")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return path.read_bytes()


def write_empty_database(path: Path) -> None:
    """Make the file as the bot makes it: private to its owner."""
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(empty_database())
