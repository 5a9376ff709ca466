"""The database interface: one writer, two readers, atomic transactions."""

from __future__ import annotations

import asyncio
import contextvars
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TypeVar

from bot.domain.server.guild_rules import Limit
from bot.errors import DatabaseFailing
from bot.language import current
from bot.runtime.background import in_patience
from bot.runtime.clock import Clock
from bot.store.engine.connection import ConnectionThread
from bot.store.engine.group_commit import GroupCommit, begin_reading, busy, transaction
from bot.store.engine.pulse import Pulse
from bot.store.sql import EVERYTHING, HOST, Connection, OwnConnection, WriteScope

T = TypeVar("T")

REBUILT_BYTES = 64 << 20
"""A running bot rebuilds no larger database after an erasure: all writes wait meanwhile."""


class Database(ABC):
    """A transaction is one function run on the writer's thread from BEGIN to COMMIT."""

    def __init__(
        self,
        clock: Clock,
        *,
        writer: ConnectionThread,
        reader: ConnectionThread,
        searcher: ConnectionThread,
        group_commit: GroupCommit,
        pulse: Pulse,
    ) -> None:
        self.clock, self.pulse = clock, pulse
        self._writer, self._reader, self._searcher = writer, reader, searcher
        self._group_commit = group_commit
        self._listeners: list[Callable[[], None]] = []
        self.language_of: Callable[[Connection, int], str] = lambda _db, _guild_id: current()
        """Returns a guild's record language, inside a transaction."""
        self.host_limits: tuple[Limit, ...] = ()
        """The host's limits of their key."""
        self.process = ""
        """The name of this process, in all that it claims; '' until it has one."""

    async def write(self, function: Callable[[Connection], T], scope: WriteScope = EVERYTHING) -> T:
        """Run `function` as one transaction and return its result.

        Any exception rolls back and propagates. StoreError: the database is busy, full, damaged or unreachable.
        A cancelled caller cannot know whether it was committed, but it is atomic. Concurrent writes share one
        commit and sync; each succeeds or fails on its own. `function` may be re-run from the start, so it
        changes nothing but the database. It reads and changes rows of its `scope` only, and sees all that was committed
        of these before; on SQLite one transaction writes at a time.
        """
        return await self._group_commit.write(function, scope)

    def dead(self, db: Connection) -> list[str]:  # noqa: ARG002 - of several processes only
        """Return the leases of jobs whose process is gone: none, as a start has freed what the last had."""
        return []

    def is_followed(self, db: Connection) -> bool:  # noqa: ARG002 - of several processes only
        """Whether a process may follow jobs now; alone, a lock says so before a database is opened."""
        return False

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run `function` on a snapshot that includes every write that has returned."""
        return await self._run_on(self._reader, function)

    async def look(self, function: Callable[[Connection], T]) -> T:
        """Like `read`, for some rows by their key, on the event loop where that takes less than a thread's turn."""
        return await self.read(function)

    async def glance(self, function: Callable[[Connection], T]) -> T:
        """Like `read`, on a separate connection for autocompletion, so that no search delays another read."""
        return await self._run_on(self._searcher, function)

    async def _run_on(
        self,
        thread: ConnectionThread,
        function: Callable[[Connection], T],
        begin: Callable[[OwnConnection], None] = begin_reading,
    ) -> T:
        context = contextvars.copy_context()  # the language of its sentences
        outcome = thread.begin(lambda db: transaction(db, begin, lambda db: context.run(function, db)))
        try:
            if not await in_patience(outcome, self.clock, is_failing=self.pulse.failure is not None):
                outcome.cancel()
                raise busy()
            return await outcome
        except DatabaseFailing as error:
            self.pulse.note_failure(error)
            raise error.for_caller() from error

    async def probe(self) -> None:
        """Write a row, to prove that the database accepts writes. Raises as `write`."""
        await self.write(self._write_beat, HOST)
        self.pulse.note_commit()

    def _write_beat(self, db: Connection) -> None:
        db.execute(
            "INSERT INTO meta (name, value) VALUES ('probed_at', ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (str(self.clock.wall()),),
        )

    @abstractmethod
    async def truncate_log(self) -> bool:
        """Empty the log, which still holds erased data. False if impossible now.

        Never raises: the erasure is committed. The caller retries later.
        """

    @abstractmethod
    async def scrub(self, *, at_most_bytes: int | None = REBUILT_BYTES) -> bool:
        """Leave no copy of erased data in the database, unless it is larger than that.

        False, never an error, as `truncate_log`.
        """

    def now(self, db: Connection) -> float:  # noqa: ARG002 - a server's clock is asked through a connection
        """Return the time, Unix seconds, inside a transaction: one clock for all processes."""
        return self.clock.wall()

    def listen(self, callback: Callable[[], None]) -> None:
        """Call `callback`, which must not raise, at each `notify`."""
        self._listeners.append(callback)

    def notify(self) -> None:
        """Announce a commit to other parts of the bot."""
        for callback in self._listeners:
            callback()

    @abstractmethod
    async def close(self) -> None:
        """Finish pending calls and close. Idempotent."""


async def close_all(*waves: Sequence[ConnectionThread]) -> None:
    """Close these threads wave by wave, even if one fails; raise the first error.

    A running thread would keep the process from exiting.
    """
    outcomes: list[BaseException | None] = []
    for threads in waves:
        outcomes += await asyncio.gather(*(each.close() for each in threads), return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
