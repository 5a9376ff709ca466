"""Connections to a database file, and integrity checks."""

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
from bot.store.sql import OwnConnection

BUSY_TIMEOUT_S = 5.0
"""Timeout for another program's (a backup tool's, a second process's) lock on the file."""
TICK_STEPS = 500_000
"""SQLite's steps between progress reports: some hundredths of a second."""


def connect(database: Path | str, busy_timeout_s: float = BUSY_TIMEOUT_S) -> sqlite3.Connection:
    """Open a connection without implicit transactions; a `str` is a `file:` URI."""
    db = sqlite3.connect(database, timeout=busy_timeout_s, isolation_level=None, uri=isinstance(database, str))
    db.row_factory = sqlite3.Row
    return db


def damage(db: sqlite3.Connection, progress: Progress = no_progress) -> str | None:
    """Return the first problem SQLite finds in the file, None if intact. Reads the whole file.

    CHECK constraints are not evaluated again: every write satisfied them, and it would take 70 % of each start.
    """
    with ticking(db, texts.CHECKING, progress), _ignoring_checks(db), _one_reading(db):
        found = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
        return None if found == "ok" else " ".join(found.split())[:120]


@contextlib.contextmanager
def _ignoring_checks(db: sqlite3.Connection) -> Iterator[None]:
    """Skip CHECK constraints inside the block, which must not write."""
    db.execute("PRAGMA ignore_check_constraints = ON")
    try:
        yield
    finally:
        db.execute("PRAGMA ignore_check_constraints = OFF")


@contextlib.contextmanager
def _one_reading(db: sqlite3.Connection) -> Iterator[None]:
    if db.in_transaction:
        yield
        return
    db.execute("BEGIN")
    try:
        yield
    finally:
        with contextlib.suppress(sqlite3.OperationalError):  # SQLite ends it if the file is unreadable
            db.execute("ROLLBACK")


@contextlib.contextmanager
def ticking(db: sqlite3.Connection, what: str, progress: Progress) -> Iterator[None]:
    """Report to `progress` while a long statement runs; SQLite knows no percentage."""

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
    """Return the size of the database in bytes, log included."""
    pages, size = (int(db.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "page_size"))
    return pages * size


T = TypeVar("T")


class _Abandoned(Exception):
    """The caller was cancelled before its function started."""


class ConnectionThread:
    """A connection used only by its own thread. Functions run in the order of the calls."""

    def __init__(self, connection: aiosqlite.Connection, raw: OwnConnection) -> None:
        self._connection = connection
        self._raw = raw
        self._loop = asyncio.get_running_loop()
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, connect: Callable[[], OwnConnection]) -> ConnectionThread:
        """Start the thread and run `connect` on it. Raises what `connect` raises, with the thread ended."""
        failures: list[BaseException] = []
        opened: list[OwnConnection] = []

        def connector() -> Any:
            try:
                opened.append(connect())
            except BaseException as error:  # noqa: BLE001 - raised again below
                # aiosqlite does not join its thread after a failed connect, and the thread then finds the loop closed.
                # A connection to nothing can be closed as usual.
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

        A cancelled caller returns at once; its function never starts or runs to completion, so a transaction in
        it is atomic. Raises StoreError after `close`.
        """
        return await self.begin(function)

    def begin(self, function: Callable[[Any], T]) -> asyncio.Future[T]:
        """Queue `function` and return its future; cancelled before its turn, it never runs.

        Raises StoreError after `close`.
        """
        outcome: asyncio.Future[T] = self._loop.create_future()

        def turn() -> T:
            if outcome.cancelled():
                raise _Abandoned
            try:
                return function(self._raw)
            except StopIteration as error:  # a future rejects it, and the caller would hang
                raise RuntimeError("a function of the store raised StopIteration") from error

        self._queue(outcome, turn)
        return outcome

    def post(self, function: Callable[[Any], None]) -> None:
        """Run `function`, which must not raise, without waiting. Raises StoreError after `close`."""
        self._queue(None, lambda: function(self._raw))

    def tell(self, callback: Callable[[T], object], value: T) -> None:
        """Call `callback` with the value on the event loop, from the thread."""
        self._loop.call_soon_threadsafe(callback, value)

    def _queue(self, outcome: asyncio.Future[T] | None, turn: Callable[[], T]) -> None:
        self.require_open()
        # aiosqlite's public methods run one statement each, interleaved with other coroutines': a cancelled task would
        # leave a transaction open. Its queue runs a whole function.
        self._connection._tx.put_nowait((outcome, turn))  # noqa: SLF001 - see above

    async def close(self) -> None:
        """Finish pending calls, close the connection and end the thread. Idempotent."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._connection.close())
        # aiosqlite's thread is no daemon: a half-cancelled close would hang the interpreter at exit.
        await asyncio.shield(self._closing)
