"""Connections to a database file, and whether it is intact."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from bot.runtime.progress import Progress, no_progress
from bot.store import texts
from bot.store.engine import text_index

BUSY_TIMEOUT_S = 5.0
"""How long to wait for another program (a backup tool, a second process) to release its lock on the file."""
TICK_STEPS = 500_000
"""After how many steps of SQLite's machine it tells that it still works: some hundredths of a second."""


def connect(database: Path | str, busy_timeout_s: float = BUSY_TIMEOUT_S) -> sqlite3.Connection:
    """Open a connection that starts no transaction implicitly; a `str` is a `file:` URI."""
    db = sqlite3.connect(database, timeout=busy_timeout_s, isolation_level=None, uri=isinstance(database, str))
    db.row_factory = sqlite3.Row
    return db


def damage(db: sqlite3.Connection, progress: Progress = no_progress) -> str | None:
    """Return the first problem that SQLite finds in the file, None if it is intact. It reads the whole file.

    What the tables' CHECK constraints say of each value is not evaluated again: every write has to satisfy them, and it
    would take 70 % of the time of each start.
    """
    with ticking(db, texts.CHECKING, progress), _ignoring_checks(db), _one_reading(db):
        text_index.refresh(db)
        return _problem(db, "PRAGMA quick_check(1)")


def damage_of_tables(db: sqlite3.Connection, progress: Progress = no_progress) -> str | None:
    """Return the first problem in the tables and their indexes, for a start: it takes half as long as all of `damage`.

    What the index of words says is not compared with itself; it is like any other value, and can be rebuilt. Nor are
    the free pages checked.
    """
    with ticking(db, texts.CHECKING, progress), _ignoring_checks(db), _one_reading(db):
        tables = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage <> 0").fetchall()
        problems = (_problem(db, f'PRAGMA quick_check("{name}")') for (name,) in tables)
        return next(filter(None, problems), None)


def _problem(db: sqlite3.Connection, check: str) -> str | None:
    found = str(db.execute(check).fetchone()[0])
    return None if found == "ok" else " ".join(found.split())[:120]


@contextlib.contextmanager
def _ignoring_checks(db: sqlite3.Connection) -> Iterator[None]:
    """Evaluate no CHECK constraint inside the block, which must not write."""
    db.execute("PRAGMA ignore_check_constraints = ON")
    try:
        yield
    finally:
        db.execute("PRAGMA ignore_check_constraints = OFF")


@contextlib.contextmanager
def _one_reading(db: sqlite3.Connection) -> Iterator[None]:
    """See the file inside the block as it is at one moment, whoever writes to it."""
    if db.in_transaction:
        yield
        return
    db.execute("BEGIN")
    try:
        yield
    finally:
        with contextlib.suppress(sqlite3.OperationalError):  # SQLite itself ends it where the file cannot be read
            db.execute("ROLLBACK")


@contextlib.contextmanager
def ticking(db: sqlite3.Connection, what: str, progress: Progress) -> Iterator[None]:
    """Have `progress` told now and then that a long statement still runs: SQLite does not know how far it is."""

    def tick() -> int:
        progress(what, 0, 0)
        return 0

    tick()
    db.set_progress_handler(tick, TICK_STEPS)
    try:
        yield
    finally:
        db.set_progress_handler(None, 0)


def size_of(db: sqlite3.Connection) -> int:
    """Return the size of the database in bytes, with what is still in its log."""
    pages, size = (int(db.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "page_size"))
    return pages * size
