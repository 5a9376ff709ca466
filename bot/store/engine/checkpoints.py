"""Moving the write-ahead log into the database while writes go on, on a connection of its own.

SQLite would do it inside the commit that fills the log: whoever waits for that commit would wait for the copying of a
thousand pages and two more syncs of the disk (sqlite.org/wal.html, "Performance Considerations").
"""

from __future__ import annotations

import contextlib
import sqlite3

from bot.store.engine.connection_thread import ConnectionThread

CHECKPOINT_ROWS = 1000
"""After how many changed rows the log is copied: some megabytes of it."""


class BackgroundCheckpoints:
    """Copies the log whenever enough was written. The writer itself only does what is left at the log's limit."""

    def __init__(self, thread: ConnectionThread) -> None:
        self._thread = thread
        self._next_at = CHECKPOINT_ROWS
        self._is_due = False

    def note_commit(self, writer: sqlite3.Connection) -> None:
        """Have the log copied if enough was written. Runs on the writer's thread, after a commit."""
        written = writer.total_changes
        if written < self._next_at or self._is_due:
            return
        self._next_at = written + CHECKPOINT_ROWS
        self._is_due = True
        self._thread.post(self._checkpoint)

    def _checkpoint(self, db: sqlite3.Connection) -> None:
        self._is_due = False
        # PASSIVE waits for nobody. What fails here fails again in a commit, whose caller is told.
        with contextlib.suppress(sqlite3.Error):
            db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
