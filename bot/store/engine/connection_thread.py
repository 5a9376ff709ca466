"""One connection on its own thread, on which whole functions are run."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

import aiosqlite

from bot.errors import StoreError
from bot.store import texts
from bot.store.sql import OwnConnection

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
