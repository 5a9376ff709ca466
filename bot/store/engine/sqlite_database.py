"""The database as an SQLite file: opening it, and leaving no copy of what was erased."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import sqlite3
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from bot.errors import RESTART_CANNOT_HELP, StoreError
from bot.runtime.clock import Clock
from bot.runtime.progress import Progress, logged, no_progress
from bot.runtime.writable import refusal
from bot.store import texts
from bot.store.engine import migration_backup, schema, text_index
from bot.store.engine.checkpoints import BackgroundCheckpoints
from bot.store.engine.connection import BUSY_TIMEOUT_S, connect, damage_of_tables, ticking
from bot.store.engine.connection_thread import ConnectionThread
from bot.store.engine.database import REBUILT_BYTES, Database, close_all
from bot.store.engine.group_commit import GroupCommit
from bot.store.engine.half_restored import refuse_half_restored
from bot.store.engine.kept import Kept, RowWatch
from bot.store.engine.pulse import Pulse
from bot.store.engine.same_files import SameFiles
from bot.store.engine.schema import Migration
from bot.store.engine.sqlite_errors import explained
from bot.store.engine.write_ahead_log import emptied, rebuild
from bot.store.leadership import OnlyProcess
from bot.store.signals import Signals

log = structlog.get_logger(__name__)

WAL_LIMIT_BYTES = 64 * 1024 * 1024
"""The size to which the write-ahead log is truncated after a checkpoint."""
OLDEST_SQLITE = (3, 38, 0)
"""The first with `->>` (sqlite.org/json1.html#jptr), which the queries use; STRICT tables came with 3.37."""
TRUNCATIONS = 3
"""How often it is tried to empty the log while others read."""
OTHERS = stat.S_IRWXG | stat.S_IRWXO


class SqliteDatabase(Database):
    """SQLite in WAL mode: a file with one writer, two readers, and one who copies the log."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        writer: ConnectionThread,
        reader: ConnectionThread,
        searcher: ConnectionThread,
        checkpointer: ConnectionThread,
        has_text_index: bool,
        watch: RowWatch,
        kept: Kept,
        progress: Progress = no_progress,
    ) -> None:
        pulse = Pulse(clock)
        group_commit = GroupCommit(
            writer,
            clock,
            kept,
            pulse=pulse,
            written=watch.written,
            note_commit=BackgroundCheckpoints(checkpointer).note_commit,
            require_usable=SameFiles(path).require,
        )
        super().__init__(
            clock,
            writer=writer,
            reader=reader,
            searcher=searcher,
            group_commit=group_commit,
            kept=kept,
            pulse=pulse,
        )
        self.path = path
        self.text_index = text_index.Fts5Index() if has_text_index else None
        self.signals, self.leadership = Signals(), OnlyProcess()
        self._progress = progress
        self._others = reader, searcher, checkpointer

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        clock: Clock,
        migrations: Sequence[Migration] | None = None,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        progress: Progress | None = None,
    ) -> SqliteDatabase:
        """Open the file, creating it if necessary, check it, and migrate its schema after a backup.

        `progress` is told how far that is, and later rebuilding; without it the log is.
        Raises StoreError, with what to do, for a newer schema, a damaged or foreign file, or a missing permission.
        """
        steps = schema.migrations() if migrations is None else migrations
        told = logged(clock) if progress is None else progress
        watch = RowWatch()
        async with contextlib.AsyncExitStack() as opened:

            async def connected(connect: Callable[[], sqlite3.Connection]) -> ConnectionThread:
                connection = await ConnectionThread.open(connect)
                opened.push_async_callback(connection.close)
                return connection

            writer = await connected(lambda: _connect_writer(path, steps, busy_timeout_s, told, watch))  # creates it
            reader = await connected(lambda: _connect_reader(path, busy_timeout_s))
            searcher = await connected(lambda: _connect_reader(path, busy_timeout_s))
            checkpointer = await connected(lambda: _connect_reader(path, busy_timeout_s))
            has_index = await searcher.run(text_index.is_kept)
            opened.pop_all()
        return cls(
            path,
            clock,
            writer=writer,
            reader=reader,
            searcher=searcher,
            checkpointer=checkpointer,
            has_text_index=has_index,
            watch=watch,
            kept=Kept(),
            progress=told,
        )

    async def truncate_log(self) -> bool:
        """Empty the write-ahead log, in which what was forgotten can still be read. False if that is not possible now.

        The caller tries again later. It raises nothing: what was erased is committed.
        """
        for _ in range(TRUNCATIONS):
            try:
                for others in self._others:
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
        is_first = has_more = self.text_index is not None
        while has_more:
            has_more = await self.write(functools.partial(text_index.forget_removed, is_first=is_first))
            is_first = False

    async def close(self) -> None:
        """Finish pending calls and close the file. Idempotent."""
        await close_all((self._writer,), self._others)  # the last writes may want a checkpoint


def _rebuilt(db: sqlite3.Connection, at_most_bytes: int | None, progress: Progress) -> None:
    with explained(), ticking(db, texts.REBUILDING, progress):
        rebuild(db, at_most_bytes)


def _emptied(db: sqlite3.Connection) -> bool:
    with explained():
        return emptied(db)


def _connect_writer(
    path: Path, steps: Sequence[Migration], busy_timeout_s: float, progress: Progress, watch: RowWatch
) -> sqlite3.Connection:
    refuse_half_restored(path)
    prepare_file(path)
    with explained(path):
        db = connect(path, busy_timeout_s)
        try:
            _set_up(db, path, steps, progress)
            watch.begin(db)
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
    with explained(path):
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
        raise refusal(path, error) from None
    # SQLite creates its log next to the file.
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise refusal(path.parent, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
