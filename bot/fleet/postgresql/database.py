"""PostgreSQL backend: SQLite's transactions, with one writer at a time over all processes in each scope."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import psycopg
import structlog

from bot.errors import StoreError
from bot.fleet.postgresql import schema
from bot.fleet.postgresql.connection import PostgresConnection, session_lost
from bot.fleet.postgresql.dialect import NOW
from bot.fleet.postgresql.listener import SIGNALS, AnnouncementListener, require_hearing
from bot.fleet.postgresql.shard_locks import DEAD, LIVING
from bot.fleet.signals import COMMITTED, Signals
from bot.runtime.clock import Clock, SystemClock
from bot.runtime.progress import Progress, logged
from bot.settings import PostgresUrl
from bot.store.engine.connection import ConnectionThread
from bot.store.engine.database import REBUILT_BYTES, Database, close_all
from bot.store.engine.group_commit import GroupCommit
from bot.store.engine.pulse import Pulse
from bot.store.engine.repository import Repository
from bot.store.engine.schema import Migration
from bot.store.sql import Connection, WriteScope

log = structlog.get_logger(__name__)

T = TypeVar("T")

GROUP_S = 0.05
"""How long a group accepts writes: longer than on SQLite, as each statement is a round trip, and the locks move between
processes after each group."""


ASKED_S = 1.0
"""A time that took longer to get, as of a paused process, corrects no clock."""


class PostgresDatabase(Database):
    """A database shared by processes that hear each other's writes."""

    def __init__(
        self,
        clock: Clock,
        *,
        writer: ConnectionThread,
        reader: ConnectionThread,
        searcher: ConnectionThread,
        url: PostgresUrl,
    ) -> None:
        pulse = Pulse(clock)
        self.signals = Signals(self._send)
        self.locks = self._listener = AnnouncementListener(
            url,
            signal=self.signals.heard,
            missed=self.signals.missed,
            failing=pulse.note_failure,
        )
        group_commit = GroupCommit(
            writer,
            clock,
            pulse=pulse,
            note_commit=lambda _db: None,
            begin=BeginInScope(self._listener),
            group_s=GROUP_S,
        )
        super().__init__(clock, writer=writer, reader=reader, searcher=searcher, group_commit=group_commit, pulse=pulse)

    @classmethod
    async def open(
        cls,
        url: PostgresUrl,
        *,
        clock: Clock,
        migrations: Sequence[Migration] | None = None,
        progress: Progress | None = None,
    ) -> PostgresDatabase:
        """Connect, and migrate the schema; `progress` gets its progress, without it the log does.

        Raises StoreError, with what to do, for an unusable server and a newer or foreign schema.
        """
        steps = schema.migrations() if migrations is None else migrations
        shown = logged(clock) if progress is None else progress
        await asyncio.to_thread(require_hearing, url)

        def prepare(raw: psycopg.Connection[object]) -> None:
            schema.refuse_unsuitable(raw, str(url))
            schema.migrate(raw, str(url), steps, shown)

        async with contextlib.AsyncExitStack() as opened:

            async def connected(connect: Callable[[], PostgresConnection]) -> ConnectionThread:
                connection = await ConnectionThread.open(connect)
                opened.push_async_callback(connection.close)
                return connection

            writer = await connected(lambda: PostgresConnection(url, prepare=prepare))
            reader = await connected(lambda: PostgresConnection(url))
            searcher = await connected(lambda: PostgresConnection(url))
            database = cls(clock, writer=writer, reader=reader, searcher=searcher, url=url)
            await database._listener.start()
            opened.pop_all()
        return database

    def listen(self, callback: Callable[[], None]) -> None:
        """Call `callback`, which must not raise, at each `notify` of any process."""
        self.signals.listen(COMMITTED, callback)

    def notify(self) -> None:
        self.signals.send(COMMITTED)

    def now(self, db: Connection) -> float:
        """Return the server's time, Unix seconds. Processes' clocks differ: one that is far off is corrected."""
        asked = self.clock.monotonic()
        now = float(db.execute(NOW).fetchone()[0])
        if isinstance(self.clock, SystemClock) and self.clock.monotonic() - asked < ASKED_S:
            self.clock.correct(now)
        return now

    def dead(self, db: Connection) -> list[str]:
        return [row[0] for row in db.execute(DEAD)]

    def is_followed(self, db: Connection) -> bool:
        return db.execute(LIVING).fetchone() is not None

    async def probe(self) -> None:
        """Write a row. Raises as `write`, and while the announcements' connection cannot be had."""
        if (failing := self._listener.failure) is not None:
            raise failing.for_caller()
        await super().probe()

    async def truncate_log(self) -> bool:
        """Return True: the server manages its own log."""
        return True

    async def scrub(self, *, at_most_bytes: int | None = REBUILT_BYTES) -> bool:  # noqa: ARG002 - SQLite rebuilds
        """Return True: the server's vacuum overwrites erased data in its own time."""
        return True

    def _send(self, name: str, words: tuple[str, ...]) -> None:
        payload = json.dumps([name, *words])
        with contextlib.suppress(StoreError):  # the bot is closing
            self._searcher.post(functools.partial(_notify, payload))

    async def close(self) -> None:
        """Finish pending calls and close. Idempotent."""
        try:
            await close_all((self._writer,), (self._reader, self._searcher))
        finally:
            await self._listener.close()


@dataclass(frozen=True)
class BeginInScope:
    """Transactions of one scope wait for each other: docs/decisions/0035-one-store-on-two-databases.md.

    None begins while the session of this process's locks is lost, even if the process has yet to notice it.
    """

    locks: AnnouncementListener

    def transaction(self, db: PostgresConnection, scope: WriteScope) -> None:
        if not (session := self.locks.process):
            raise session_lost()
        db.begin_write(scope, session)

    def savepoint(self, db: PostgresConnection, scope: WriteScope) -> bool:
        return db.add_write(scope)


class OnServer(Repository):
    """The database of a store on PostgreSQL."""

    @property
    def database(self) -> PostgresDatabase:
        """Raises TypeError for an SQLite store."""
        if not isinstance(self._database, PostgresDatabase):
            raise TypeError("not on PostgreSQL")
        return self._database


def _notify(payload: str, db: PostgresConnection) -> None:
    try:
        db.notify(SIGNALS, payload)
    except (psycopg.Error, StoreError) as error:  # receivers poll before long
        log.info("database.signal_not_sent", error=type(error).__name__)
