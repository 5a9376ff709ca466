"""What every database of the store is: one writer, two readers, and atomic transactions."""

from __future__ import annotations

import asyncio
import contextvars
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar, cast

from bot.domain.server.guild_rules import Limit
from bot.errors import DatabaseFailing
from bot.language import current
from bot.runtime.background import in_patience
from bot.runtime.clock import Clock
from bot.store.engine.connection import ConnectionThread
from bot.store.engine.group_commit import GroupCommit, busy, transaction
from bot.store.engine.kept import NOTHING, Kept, Key, Recalled
from bot.store.engine.pulse import Pulse
from bot.store.signals import COMMITTED, Leadership, Signals
from bot.store.sql import Connection, Row

T = TypeVar("T")

REBUILT_BYTES = 64 << 20
"""A running bot rebuilds no larger database after an erasure: everybody's writes wait for it."""


class TextIndex(Protocol):
    """An index of which jobs have some words."""

    def lines(self, db: Connection, guild_id: int, words: Sequence[str], *, limit: int) -> Iterable[Row] | None:
        """Return number and text of the guild's jobs that may have all these words, newest first, at most `limit`.

        None if it cannot say, as it knows no words of one or two letters.
        """
        ...


class Database(ABC):
    """A transaction is one function that runs on the writer's thread from BEGIN to COMMIT."""

    text_index: TextIndex | None
    """Of which jobs have some words; None where the database has none."""
    is_shared = False
    """Whether other processes may be on it."""
    signals: Signals
    leadership: Leadership

    def __init__(
        self,
        clock: Clock,
        *,
        writer: ConnectionThread,
        reader: ConnectionThread,
        searcher: ConnectionThread,
        group_commit: GroupCommit,
        kept: Kept,
        pulse: Pulse,
    ) -> None:
        self.clock, self.pulse = clock, pulse
        self._writer, self._reader, self._searcher = writer, reader, searcher
        self._group_commit = group_commit
        self._kept = kept
        self.language_of: Callable[[Connection, int], str] = lambda _db, _guild_id: current()
        """Returns the language of a guild's record, from within a transaction."""
        self.host_limits: tuple[Limit, ...] = ()
        """What the host allows to be spent on their key."""

    async def write(self, function: Callable[[Connection], T]) -> T:
        """Run `function` as one transaction and return what it returns.

        Whatever it raises rolls everything back and propagates. StoreError: the database is busy, full, damaged or
        cannot be reached. A caller that is cancelled cannot know whether it was committed, but it is atomic. Writes
        that wait at the same time share one commit, and so one sync of the disk; each still succeeds or fails on its
        own. `function` may be run again from the start, so it changes nothing but the database.
        """
        return await self._group_commit.write(function)

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run `function` on a snapshot of the database. It sees every write that has returned."""
        return await self._read_on(self._reader, function)

    async def recall(self, subject: Recalled, key: Key, function: Callable[[Connection], T]) -> T:
        """Like `read`, but asks the database again only once a row of the subject with this key was written.

        What `function` returns must not be changed by anybody.
        """
        answer = self._kept.answer(subject, key)
        if answer.value is NOTHING:
            answer.value = await self.read(function)
        return cast("T", answer.value)

    async def glance(self, function: Callable[[Connection], T]) -> T:
        """Like `read`, on a connection of its own: for what members type, so that no search delays another read."""
        return await self._read_on(self._searcher, function)

    async def _read_on(self, thread: ConnectionThread, function: Callable[[Connection], T]) -> T:
        context = contextvars.copy_context()  # the language in which it writes sentences
        outcome = thread.begin(lambda db: transaction(db, "BEGIN", lambda db: context.run(function, db)))
        try:
            if not await in_patience(outcome, self.clock):
                outcome.cancel()
                raise busy()
            return await outcome
        except DatabaseFailing as error:
            self.pulse.note_failure(error)
            raise

    async def probe(self) -> None:
        """Write a row and keep it: only what was written shows that anything can be. Raises as `write`."""
        now = str(self.clock.wall())
        await self.write(
            lambda db: db.execute(
                "INSERT INTO meta (name, value) VALUES ('probed_at', ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (now,),
            )
        )
        self.pulse.note_commit()

    @abstractmethod
    async def truncate_log(self) -> bool:
        """Empty the log, in which what was forgotten can still be read. False if that is not possible now.

        The caller tries again later. It raises nothing: what was erased is committed.
        """

    @abstractmethod
    async def scrub(self, *, at_most_bytes: int | None = REBUILT_BYTES) -> bool:
        """Leave no copy of what was erased in the database, unless it is larger than that.

        For after an erasure. The index of words forgets it whatever the size. False, and never an error, as
        `truncate_log`.
        """

    def now(self, db: Connection) -> float:  # noqa: ARG002 - a server's clock is asked through a connection
        """Return the time, Unix seconds, from within a transaction: one clock for all processes of this database."""
        return self.clock.wall()

    def listen(self, callback: Callable[[], None]) -> None:
        """Have `callback` called at each `notify`. It must not raise."""
        self.signals.listen(COMMITTED, callback)

    def notify(self) -> None:
        """Announce a commit that another part of the bot is waiting for."""
        self.signals.send(COMMITTED)

    @abstractmethod
    async def close(self) -> None:
        """Finish pending calls and close it. Idempotent."""


async def close_all(*waves: Sequence[ConnectionThread]) -> None:
    """Close these threads, a wave after another, all of them even if one fails; raise what failed first.

    A thread that is left running would keep the process from exiting.
    """
    outcomes: list[BaseException | None] = []
    for threads in waves:
        outcomes += await asyncio.gather(*(each.close() for each in threads), return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
