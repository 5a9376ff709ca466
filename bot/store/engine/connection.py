"""Connections to a database file, and whether it is intact."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from bot.errors import StoreError
from bot.runtime.progress import Progress, no_progress
from bot.store import texts
from bot.store.engine import text_index
from bot.store.sql import OwnConnection

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


T = TypeVar("T")


class _Abandoned(Exception):
    """The caller was cancelled before its function started."""


class ConnectionThread:
    """A connection that only its thread touches. Functions run one after another, in the order of the calls."""

    def __init__(self, connection: aiosqlite.Connection, raw: OwnConnection) -> None:
        self._connection = connection
        self._raw = raw
        self._loop = asyncio.get_running_loop()
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, connect: Callable[[], OwnConnection]) -> ConnectionThread:
        """Start the thread and run `connect` on it. Raises what `connect` raises; the thread has then ended."""
        failures: list[BaseException] = []
        opened: list[OwnConnection] = []

        def connector() -> Any:
            try:
                opened.append(connect())
            except BaseException as error:  # noqa: BLE001 - raised again below
                # aiosqlite does not wait for its thread after a failed connect, and the thread then finds the
                # event loop closed. A connection to nothing can be closed in the usual way.
                failures.append(error)
                opened.append(sqlite3.connect(":memory:"))
            return opened[0]

        async def start() -> aiosqlite.Connection:
            return await aiosqlite.Connection(connector, iter_chunk_size=64)

        starting = asyncio.create_task(start())
        try:
            connection = await asyncio.shield(starting)
        except asyncio.CancelledError:
            await (await starting).close()
            raise
        if failures:
            await connection.close()
            raise failures[0]
        return cls(connection, opened[0])

    def require_open(self) -> None:
        """Raise StoreError after `close`."""
        if self._closing is not None:
            raise StoreError(texts.CLOSED)

    async def run(self, function: Callable[[Any], T]) -> T:
        """Run `function` on the thread and return or raise what it does.

        A cancelled caller leaves at once. Its function then either never starts or runs to completion,
        so that a transaction inside it is atomic. Raises StoreError after `close`.
        """
        return await self.begin(function)

    def begin(self, function: Callable[[Any], T]) -> asyncio.Future[T]:
        """Queue `function` and return its outcome; one that is cancelled before its turn never runs.

        Raises StoreError after `close`.
        """
        outcome: asyncio.Future[T] = self._loop.create_future()

        def turn() -> T:
            if outcome.cancelled():
                raise _Abandoned
            try:
                return function(self._raw)
            except StopIteration as error:  # a future refuses it, and its caller would wait forever
                raise RuntimeError("a function of the store raised StopIteration") from error

        self._queue(outcome, turn)
        return outcome

    def post(self, function: Callable[[Any], None]) -> None:
        """Run `function` on the thread without waiting for it. It raises nothing. Raises StoreError after `close`."""
        self._queue(None, lambda: function(self._raw))

    def tell(self, callback: Callable[[T], object], value: T) -> None:
        """Call `callback` with the value on the event loop. For functions that run on the thread."""
        self._loop.call_soon_threadsafe(callback, value)

    def _queue(self, outcome: asyncio.Future[T] | None, turn: Callable[[], T]) -> None:
        self.require_open()
        # aiosqlite's public methods each run one statement, and other coroutines' statements come between: a
        # transaction made of them is left open by a cancelled task. Its own queue runs a whole function.
        self._connection._tx.put_nowait((outcome, turn))  # noqa: SLF001 - see above

    async def close(self) -> None:
        """Finish pending calls, close the connection and end the thread. Idempotent."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._connection.close())
        # aiosqlite's thread is no daemon: a close that is cancelled halfway would hang the interpreter at exit.
        await asyncio.shield(self._closing)
