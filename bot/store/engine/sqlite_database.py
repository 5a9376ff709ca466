"""SQLite backend: opening, migrating, checkpoints, erasing all copies."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import sqlite3
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import structlog

from bot.errors import RESTART_CANNOT_HELP, RESTART_MAY_HELP, DatabaseFailing, DatabaseTaken, StoreError
from bot.runtime.clock import Clock
from bot.runtime.machine import refusal
from bot.runtime.progress import Progress, logged, no_progress
from bot.store import texts
from bot.store.engine import schema
from bot.store.engine.connection import BUSY_TIMEOUT_S, ConnectionThread, connect, damage, ticking
from bot.store.engine.database import REBUILT_BYTES, Database, close_all
from bot.store.engine.group_commit import GroupCommit, begin_reading, transaction
from bot.store.engine.pulse import Pulse
from bot.store.engine.schema import Migration
from bot.store.engine.sqlite_errors import explained
from bot.store.sql import Connection

log = structlog.get_logger(__name__)

T = TypeVar("T")

CHECKPOINT_ROWS = 1000
"""Changed rows per checkpoint: some megabytes of log."""


class BackgroundCheckpoints:
    """Checkpoints the log in the background. The writer itself only checkpoints at the log's limit."""

    def __init__(self, thread: ConnectionThread) -> None:
        self._thread = thread
        self._next_at = CHECKPOINT_ROWS
        self._is_due = False

    def note_commit(self, writer: sqlite3.Connection) -> None:
        """Checkpoint if enough was written. Writer's thread, after a commit."""
        written = writer.total_changes
        if written < self._next_at or self._is_due:
            return
        self._next_at = written + CHECKPOINT_ROWS
        self._is_due = True
        self._thread.post(self._checkpoint)

    def _checkpoint(self, db: sqlite3.Connection) -> None:
        self._is_due = False
        # PASSIVE does not block. Errors here recur in a commit, which raises them.
        with contextlib.suppress(sqlite3.Error):
            db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


READERS_WAIT_MS = 100
"""Timeout for readers; writes wait as long."""


def emptied(db: sqlite3.Connection) -> bool:
    """Write the log back and empty it; False if there are readers.

    `db` is in no transaction (sqlite.org/pragma.html#pragma_wal_checkpoint).
    """
    timeout_ms = db.execute("PRAGMA busy_timeout").fetchone()[0]
    db.execute(f"PRAGMA busy_timeout = {READERS_WAIT_MS}")
    try:
        is_busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    finally:
        db.execute(f"PRAGMA busy_timeout = {timeout_ms}")
    return not is_busy


def rebuild(db: sqlite3.Connection, at_most_bytes: int | None) -> None:
    """Vacuum the database (sqlite.org/lang_vacuum.html), unless it is larger than that.

    Blocks all writers: 0.6 s for 60 MB. `db` is in no transaction. Temporary data stays in memory (`temp_store`): a
    file would be another copy of erased data.
    """
    pages, size = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    if at_most_bytes is not None and pages * size > at_most_bytes:
        return
    db.execute("VACUUM")


class SameFiles:
    """Identity of an open SQLite database and its log."""

    def __init__(self, database: Path) -> None:
        """SQLite replaces neither while it has them open, VACUUM included."""
        self._database = database.absolute()
        log = self._database.with_name(f"{database.name}-wal")
        self._found = {path: _identity(path) for path in (self._database, log)}

    def require(self) -> None:
        """Raise DatabaseFailing, kind `gone`, unless both are still there. Takes microseconds."""
        for path, found in self._found.items():
            try:
                is_there = _identity(path) == found
            except OSError:  # a disk error; the next write reports it
                return
            if not is_there:
                raise self._gone(path)

    def _gone(self, path: Path) -> DatabaseFailing:
        # Without its database the next start would silently begin from nothing. A missing log is one that SQLite moves
        # into the database on close; a different file was put there from outside.
        is_lost = path == self._database and not path.exists()
        return DatabaseFailing(
            texts.OUT_OF_ORDER,
            exit_code=RESTART_CANNOT_HELP if is_lost else RESTART_MAY_HELP,
            kind="gone",
            for_host=texts.FILE_REMOVED(path=path) if is_lost else texts.FILE_EXCHANGED(path=path),
        )


def _identity(path: Path) -> tuple[int, int] | None:
    """Return device and inode, None if missing. An open file keeps its number even when removed."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


WAL_LIMIT_BYTES = 64 * 1024 * 1024
"""The size to which the write-ahead log is truncated after a checkpoint."""
OLDEST_SQLITE = (3, 38, 0)
"""The first with `->>` (sqlite.org/json1.html#jptr), which the queries use; STRICT tables came with 3.37."""
TRUNCATIONS = 3
"""Attempts to empty the log while others read."""
LOOK_S = 0.01
"""How long the event loop may wait for another program's lock on the file."""
STATE_BYTES = 100
"""More than a database's state takes in the lock file."""
OTHERS = stat.S_IRWXG | stat.S_IRWXO


class SqliteDatabase(Database):
    """SQLite in WAL mode: one writer, two readers, one checkpointer."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        writer: ConnectionThread,
        reader: ConnectionThread,
        searcher: ConnectionThread,
        checkpointer: ConnectionThread,
        looker: sqlite3.Connection,
        progress: Progress = no_progress,
    ) -> None:
        pulse = Pulse(clock)
        group_commit = GroupCommit(
            writer,
            clock,
            pulse=pulse,
            note_commit=BackgroundCheckpoints(checkpointer).note_commit,
            require_usable=SameFiles(path).require,
        )
        super().__init__(clock, writer=writer, reader=reader, searcher=searcher, group_commit=group_commit, pulse=pulse)
        self.path = path
        self._progress = progress
        self._others = reader, searcher, checkpointer
        self._looker = looker

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        clock: Clock,
        migrations: Sequence[Migration] | None = None,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        is_intact: bool = False,
        progress: Progress | None = None,
    ) -> SqliteDatabase:
        """Open the file, creating it if necessary, check it unless it `is_intact`, and migrate it after a backup.

        `progress` gets the progress of this and of later rebuilds; without it the log does. Raises StoreError,
        with what to do, for a newer schema, a damaged or foreign file, or a missing permission.
        """
        steps = schema.migrations() if migrations is None else migrations
        shown = logged(clock) if progress is None else progress
        async with contextlib.AsyncExitStack() as opened:

            async def connected(connect: Callable[[], sqlite3.Connection]) -> ConnectionThread:
                connection = await ConnectionThread.open(connect)
                opened.push_async_callback(connection.close)
                return connection

            writer = await connected(lambda: _connect_writer(path, steps, busy_timeout_s, shown, is_intact))
            reader = await connected(lambda: _connect_reader(path, busy_timeout_s))
            searcher = await connected(lambda: _connect_reader(path, busy_timeout_s))
            checkpointer = await connected(lambda: _connect_reader(path, busy_timeout_s))
            looker = _connect_reader(path, LOOK_S)
            opened.pop_all()
        return cls(
            path,
            clock,
            writer=writer,
            reader=reader,
            searcher=searcher,
            checkpointer=checkpointer,
            looker=looker,
            progress=shown,
        )

    async def look(self, function: Callable[[Connection], T]) -> T:
        """Run `function` on the event loop: a thread's turn takes several times the processor time of a lookup."""
        self._reader.require_open()
        try:
            return transaction(self._looker, begin_reading, function)
        except DatabaseFailing:  # the disk's, or another program has locked the file: that a thread waits for
            return await self.read(function)

    async def truncate_log(self) -> bool:
        """Empty the write-ahead log, which still holds erased data. False if impossible now.

        Never raises: the erasure is committed. The caller retries later.
        """
        for _ in range(TRUNCATIONS):
            try:
                for others in self._others:
                    await others.run(lambda _db: None)  # let current reads end
                if await self._writer.run(_emptied):
                    return True
            except StoreError as error:
                log.warning("database.log_not_emptied", error=error.sentence)
                return False
        return False

    async def scrub(self, *, at_most_bytes: int | None = REBUILT_BYTES) -> bool:
        """Leave no copy of erased data: rebuild a database up to that size, and empty the log.

        False, never an error, as `truncate_log`.
        """
        try:
            await self._writer.run(lambda db: _rebuilt(db, at_most_bytes, self._progress))
        except StoreError as error:
            log.warning("database.not_rebuilt", error=error.sentence)
            await self.truncate_log()
            return False
        return await self.truncate_log()

    async def close(self) -> None:
        """Finish pending calls and close the file. Idempotent."""
        self._looker.close()
        # The last writes may need a checkpoint. Of two that close at once neither is the last, which deletes the log.
        await close_all((self._writer,), *((each,) for each in self._others))


def _rebuilt(db: sqlite3.Connection, at_most_bytes: int | None, progress: Progress) -> None:
    with explained(db=db), ticking(db, texts.REBUILDING, progress):
        rebuild(db, at_most_bytes)


def _emptied(db: sqlite3.Connection) -> bool:
    with explained(db=db):
        return emptied(db)


def _connect_writer(
    path: Path,
    steps: Sequence[Migration],
    busy_timeout_s: float,
    progress: Progress,
    is_intact: bool,
) -> sqlite3.Connection:
    prepare_file(path)
    with explained(path):
        db = connect(path, busy_timeout_s)
        try:
            # Write nothing before the file is known to be ours and intact.
            schema.refuse_strangers(db, str(path), len(steps))
            if not is_intact:
                _refuse_damaged(db, path, progress)
            _set_up(db, path, steps, progress)
        except BaseException:
            db.close()
            raise
        return db


def _refuse_damaged(db: sqlite3.Connection, path: Path, progress: Progress) -> None:
    """Read all tables. Raises DatabaseFailing for a damaged page, sqlite3.Error."""
    if problem := damage(db, progress):
        sentence = texts.DAMAGED(name=path, reason=problem)
        raise DatabaseFailing(sentence, exit_code=RESTART_CANNOT_HELP, kind="damaged")


def _set_up(db: sqlite3.Connection, path: Path, steps: Sequence[Migration], progress: Progress) -> None:
    if db.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise StoreError(texts.NO_SHARED_MEMORY(name=str(path)), exit_code=RESTART_CANNOT_HELP)
    db.execute("PRAGMA synchronous = FULL")
    db.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")
    page_bytes = db.execute("PRAGMA page_size").fetchone()[0]
    db.execute(f"PRAGMA wal_autocheckpoint = {WAL_LIMIT_BYTES // page_bytes // 2}")  # BackgroundCheckpoints does it
    db.execute("PRAGMA secure_delete = ON")
    db.execute("PRAGMA temp_store = MEMORY")
    schema.migrate(db, steps, progress)
    db.execute("PRAGMA foreign_keys = ON")


def _connect_reader(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    with explained(path):
        db = connect(path, busy_timeout_s)
        db.execute("PRAGMA query_only = ON")
        return db


def _close_to_others(path: Path) -> None:
    """Restrict the file and its side files to the owner: a restored backup may have other modes."""
    for each in (path, *(path.with_name(f"{path.name}{ending}") for ending in ("-wal", "-shm", "-journal"))):
        with contextlib.suppress(FileNotFoundError):
            if each.stat().st_mode & OTHERS:
                each.chmod(0o600)


def prepare_file(path: Path) -> None:
    """Create the file, mode 600. Raises StoreError if impossible or not ours."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE[:2]))
        raise StoreError(
            texts.SQLITE_TOO_OLD(version=sqlite3.sqlite_version, oldest=oldest), exit_code=RESTART_CANNOT_HELP
        )
    if path.is_dir():
        raise StoreError(texts.IS_DIRECTORY(path=path), exit_code=RESTART_CANNOT_HELP)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refusal(path.parent, error, is_folder=True) from None
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        _close_to_others(path)
    except OSError as error:
        raise refusal(path, error) from None
    # SQLite creates its log next to the file.
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise refusal(path.parent, PermissionError(errno.EACCES, os.strerror(errno.EACCES)), is_folder=True)


class ProcessLock:
    """Exclusive lock on `<database>.lock` from `take` to `release`: no other bot serves the file.

    Not one of SQLite's locks: backup tools and `cannon-bot check` may read meanwhile. After a clean end the lock file
    has the state of the database: docs/decisions/0003-one-process-per-database.md.
    """

    def __init__(self, descriptor: int, database: Path, *, is_intact: bool) -> None:
        self._descriptor: int | None = descriptor
        self._database = database
        self.is_intact = is_intact
        """Whether the last holder closed the database and it is unchanged since."""

    @classmethod
    def take(cls, database: Path) -> ProcessLock:
        """Take the lock without waiting. Raises DatabaseTaken if held, StoreError on failure."""
        prepare_file(database)
        path = database.with_name(f"{database.name}.lock")
        try:
            # Never deleted: a process with the old file open would hold a lock that others don't see.
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise refusal(path, error) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_intact = _state_of(database) == os.pread(descriptor, STATE_BYTES, 0)
            _keep(descriptor, b"")
        except BlockingIOError:
            os.close(descriptor)
            raise DatabaseTaken(texts.RUNS_ALREADY(database=database)) from None
        except OSError as error:
            os.close(descriptor)
            raise StoreError(texts.NOT_LOCKABLE(path=path, reason=error.strerror)) from None
        return cls(descriptor, database, is_intact=is_intact)

    def note_closed(self) -> None:
        """Note that the database was closed intact: the next start need not check it."""
        if self._descriptor is None:
            return
        with contextlib.suppress(OSError):  # of a removed file too: then what comes in its place is checked
            if (state := _state_of(self._database)) is not None:
                _keep(self._descriptor, state)

    def release(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)


def _state_of(database: Path) -> bytes | None:
    """Return what changes with the content of a closed database; None if its log is not in it."""
    with contextlib.suppress(FileNotFoundError):  # a reader may leave an empty one
        if database.with_name(f"{database.name}-wal").stat().st_size:
            return None
    found = database.stat()
    return f"{found.st_ino} {found.st_size} {found.st_mtime_ns}\n".encode()


def _keep(descriptor: int, state: bytes) -> None:
    """Replace the lock file's content; on the disk when it returns."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, state, 0)
    os.fsync(descriptor)
