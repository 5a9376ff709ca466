"""The database file: one writer, two readers, one who copies the log, and atomic transactions."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import os
import sqlite3
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

import structlog

from bot.errors import RESTART_CANNOT_HELP, StoreError
from bot.language import current
from bot.runtime.clock import Clock
from bot.runtime.progress import Progress, logged, no_progress
from bot.store import texts
from bot.store.engine import migration_backup, schema, text_index
from bot.store.engine.checkpoints import BackgroundCheckpoints
from bot.store.engine.connection import BUSY_TIMEOUT_S, connect, damage_of_tables, ticking
from bot.store.engine.connection_thread import ConnectionThread
from bot.store.engine.group_commit import GroupCommit
from bot.store.engine.half_restored import refuse_half_restored
from bot.store.engine.kept import NOTHING, Kept, Key, Recalled
from bot.store.engine.schema import Migration
from bot.store.engine.sqlite_errors import explained
from bot.store.engine.transaction import transaction
from bot.store.engine.write_ahead_log import emptied, rebuild

T = TypeVar("T")
log = structlog.get_logger(__name__)

WAL_LIMIT_BYTES = 64 * 1024 * 1024
"""The size to which the write-ahead log is truncated after a checkpoint."""
OLDEST_SQLITE = (3, 38, 0)
"""The first with `->>` (sqlite.org/json1.html#jptr), which the queries use; STRICT tables came with 3.37."""
TRUNCATIONS = 3
"""How often it is tried to empty the log while others read."""
REBUILT_BYTES = 64 << 20
"""A running bot rebuilds no larger database after an erasure: everybody's writes wait for it."""
OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, kw_only=True)
class _Threads:
    """The connections to the file, each on a thread of its own."""

    writer: ConnectionThread
    reader: ConnectionThread
    searcher: ConnectionThread
    checkpointer: ConnectionThread

    @property
    def others(self) -> tuple[ConnectionThread, ...]:
        """All but the writer."""
        return self.reader, self.searcher, self.checkpointer


class Database:
    """SQLite in WAL mode. A transaction is one function that runs on the writer's thread from BEGIN to COMMIT."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        threads: _Threads,
        has_text_index: bool,
        kept: Kept,
        progress: Progress = no_progress,
    ) -> None:
        self.path = path
        self.has_text_index = has_text_index
        """Whether `text_index` can be asked which jobs have some words."""
        self._progress = progress
        self.clock = clock
        self._threads = threads
        self._writer, self._reader, self._searcher = threads.writer, threads.reader, threads.searcher
        self._group_commit = GroupCommit(
            threads.writer, clock, kept, BackgroundCheckpoints(threads.checkpointer).note_commit
        )
        self._kept = kept
        self._listeners: list[Callable[[], None]] = []
        self.language_of: Callable[[sqlite3.Connection, int], str] = lambda _db, _guild_id: current()
        """Returns the language of a guild's record, from within a transaction."""

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        clock: Clock,
        migrations: Sequence[Migration] | None = None,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        progress: Progress | None = None,
    ) -> Database:
        """Open the file, creating it if necessary, check it, and migrate its schema after a backup.

        `progress` is told how far that is, and later rebuilding; without it the log is.
        Raises StoreError, with what to do, for a newer schema, a damaged or foreign file, or a missing permission.
        """
        steps = schema.migrations() if migrations is None else migrations
        told = logged(clock) if progress is None else progress
        kept = Kept()
        async with contextlib.AsyncExitStack() as opened:

            async def connected(connect: Callable[[], sqlite3.Connection]) -> ConnectionThread:
                connection = await ConnectionThread.open(connect)
                opened.push_async_callback(connection.close)
                return connection

            writer = await connected(lambda: _connect_writer(path, steps, busy_timeout_s, told, kept))  # creates it
            reader = await connected(lambda: _connect_reader(path, busy_timeout_s))
            searcher = await connected(lambda: _connect_reader(path, busy_timeout_s))
            checkpointer = await connected(lambda: _connect_reader(path, busy_timeout_s))
            has_index = await searcher.run(text_index.is_kept)
            opened.pop_all()
        threads = _Threads(writer=writer, reader=reader, searcher=searcher, checkpointer=checkpointer)
        return cls(path, clock, threads=threads, has_text_index=has_index, kept=kept, progress=told)

    async def write(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run `function` as one transaction and return what it returns.

        Whatever it raises rolls everything back and propagates. StoreError: the file is busy, full or damaged.
        A caller that is cancelled cannot know whether it was committed, but it is atomic. Writes that wait at the same
        time share one commit, and so one sync of the disk; each still succeeds or fails on its own.
        """
        return await self._group_commit.write(function)

    async def read(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run `function` on a snapshot of the database. It sees every write that has returned."""
        return await self._reader.run(_in_this_context(lambda db: transaction(db, "BEGIN", function)))

    async def recall(self, subject: Recalled, key: Key, function: Callable[[sqlite3.Connection], T]) -> T:
        """Like `read`, but asks the database again only once a row of the subject with this key was written.

        What `function` returns must not be changed by anybody.
        """
        answer = self._kept.answer(subject, key)
        if answer.value is NOTHING:
            answer.value = await self.read(function)
        return cast("T", answer.value)

    async def glance(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Like `read`, on a connection of its own: for what members type, so that no search delays another read."""
        return await self._searcher.run(_in_this_context(lambda db: transaction(db, "BEGIN", function)))

    async def truncate_log(self) -> bool:
        """Empty the write-ahead log, in which what was forgotten can still be read. False if that is not possible now.

        The caller tries again later. It raises nothing: what was erased is committed.
        """
        for _ in range(TRUNCATIONS):
            try:
                for others in self._threads.others:
                    await others.run(lambda _db: None)  # what reads now ends first
                if await self._writer.run(_emptied):
                    return True
            except StoreError as error:
                log.warning("database.log_not_emptied", error=error.sentence)
                return False
        return False

    async def scrub(self, *, at_most_bytes: int | None = REBUILT_BYTES) -> bool:
        """Leave no copy of what was erased in the files: rebuild a database up to that size, and empty the log.

        For after an erasure. The index of words forgets it whatever the size. False, and never an error, as
        `truncate_log`.
        """
        try:
            await self._forget_removed()
            await self._writer.run(lambda db: _rebuilt(db, at_most_bytes, self._progress))
        except StoreError as error:
            log.warning("database.not_rebuilt", error=error.sentence)
            await self.truncate_log()
            return False
        return await self.truncate_log()

    async def _forget_removed(self) -> None:
        """Rewrite the index of words part by part, so that other writes come between."""
        is_first = has_more = self.has_text_index
        while has_more:
            has_more = await self.write(functools.partial(text_index.forget_removed, is_first=is_first))
            is_first = False

    def listen(self, callback: Callable[[], None]) -> None:
        """Have `callback` called at each `notify`. It must not raise."""
        self._listeners.append(callback)

    def notify(self) -> None:
        """Announce a commit that another part of this process is waiting for."""
        for callback in self._listeners:
            callback()

    async def close(self) -> None:
        """Finish pending calls and close the file. Idempotent."""
        # Close all even if one fails: a thread left running would keep the process from exiting. The last writes may
        # want a checkpoint.
        outcomes = []
        for threads in ((self._writer,), self._threads.others):
            outcomes += await asyncio.gather(*(each.close() for each in threads), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome


def _in_this_context(function: Callable[[sqlite3.Connection], T]) -> Callable[[sqlite3.Connection], T]:
    """Return the function for another thread, with the context of here: the language in which it writes sentences."""
    context = contextvars.copy_context()
    return lambda db: context.run(function, db)


def _rebuilt(db: sqlite3.Connection, at_most_bytes: int | None, progress: Progress) -> None:
    with explained(), ticking(db, texts.REBUILDING, progress):
        rebuild(db, at_most_bytes)


def _emptied(db: sqlite3.Connection) -> bool:
    with explained():
        return emptied(db)


def _connect_writer(
    path: Path, steps: Sequence[Migration], busy_timeout_s: float, progress: Progress, kept: Kept
) -> sqlite3.Connection:
    name = str(path)
    refuse_half_restored(path)
    prepare_file(path)
    with explained(name):
        db = connect(path, busy_timeout_s)
        try:
            _set_up(db, path, steps, progress)
            kept.watch(db)
        except BaseException:
            db.close()
            raise
        return db


def _set_up(db: sqlite3.Connection, path: Path, steps: Sequence[Migration], progress: Progress) -> None:
    # Nothing is written before the file is known to be ours and intact.
    name = str(path)
    schema.refuse_strangers(db, name, len(steps))
    if problem := damage_of_tables(db, progress):
        raise StoreError(texts.damaged(name, problem), exit_code=RESTART_CANNOT_HELP)
    if db.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise StoreError(texts.no_shared_memory(name), exit_code=RESTART_CANNOT_HELP)
    db.execute("PRAGMA synchronous = FULL")
    db.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")
    page_bytes = db.execute("PRAGMA page_size").fetchone()[0]
    db.execute(f"PRAGMA wal_autocheckpoint = {WAL_LIMIT_BYTES // page_bytes // 2}")  # else BackgroundCheckpoints does
    db.execute("PRAGMA secure_delete = ON")
    db.execute("PRAGMA temp_store = MEMORY")  # once: a change of it would drop the triggers of `kept`
    if schema.is_behind(db, steps):
        migration_backup.make(db, path, steps, progress)
    schema.migrate(db, steps, progress)
    with ticking(db, texts.MIGRATING, progress):
        text_index.prepare(db)
    db.execute("PRAGMA foreign_keys = ON")


def _connect_reader(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    with explained(str(path)):
        db = connect(path, busy_timeout_s)
        db.execute("PRAGMA query_only = ON")
        return db


def _close_to_others(path: Path) -> None:
    """Make the file and what SQLite left next to it their owner's alone: a restored backup may have other rights."""
    for each in (path, *(path.with_name(f"{path.name}{ending}") for ending in ("-wal", "-shm", "-journal"))):
        with contextlib.suppress(FileNotFoundError):
            if each.stat().st_mode & OTHERS:
                each.chmod(0o600)


def prepare_file(path: Path) -> None:
    """Create the file, readable by its owner only. Raises StoreError if that is impossible or it is not ours."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE[:2]))
        raise StoreError(texts.sqlite_too_old(sqlite3.sqlite_version, oldest), exit_code=RESTART_CANNOT_HELP)
    if path.is_dir():
        raise StoreError(texts.is_directory(path), exit_code=RESTART_CANNOT_HELP)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        _close_to_others(path)
    except OSError as error:
        raise StoreError(texts.not_writable(path, error.strerror)) from None
    # SQLite creates its log next to the file.
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise StoreError(texts.directory_not_writable(path.parent))
