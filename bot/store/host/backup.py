"""Online backup of the database and its key file."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from bot.errors import RESTART_CANNOT_HELP, StoreError
from bot.runtime.clock import Clock
from bot.runtime.progress import Progress
from bot.store import texts
from bot.store.engine import schema
from bot.store.engine.connection import connect
from bot.store.engine.files import copy_database, replacing, require_room, room_for
from bot.store.engine.sqlite_errors import explained
from bot.store.sql import Connection
from bot.store.vault import secret_box as sealed
from bot.store.vault.secret_box import SecretBox, fingerprints_of, key_file_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupMade:
    """A finished, checked backup."""

    path: Path
    size: int
    """In bytes."""
    key_file: Path | None
    """The copy of the key file, None if absent or not wanted."""
    needed: frozenset[str]
    """The fingerprints of needed secret keys that are not in `key_file`."""


def back_up(
    database: Path,
    target: Path,
    *,
    with_key: bool,
    replaces: bool,
    now: float,
    progress: Progress,
    spare_bytes: int = 0,
) -> BackupMade:
    """Copy a snapshot of the database, and its key file; bots may run. Blocks: not for the event loop.

    `spare_bytes` stay free on the target's disk. Raises StoreError, with `target` unchanged: no database, an existing
    file that must not be replaced, no room, a damaged copy.
    """
    key = key_file_of(database) if with_key else None
    _refuse(database, target, replaces=replaces, with_key=key is not None)
    with file_errors(target), replacing(target) as partial:
        with explained(database), contextlib.closing(open_beside(database)) as db:
            require_room(*room_for(db, target.parent), spare=spare_bytes)
            copy_database(db, partial, now=now, progress=progress)
        needed = needed_by(partial, now)
        # The key first: a backup without its key is useless, a key alone is harmless.
        has_key = key is not None and copy_key(key, key_file_of(target))
    found = fingerprints_of(key_file_of(target)) if has_key else ()
    return BackupMade(
        path=target,
        size=target.stat().st_size,
        key_file=key_file_of(target) if has_key else None,
        needed=needed - set(found),
    )


def open_beside(database: Path) -> sqlite3.Connection:
    """Open a database for reading while a bot may use it. Raises sqlite3.Error, StoreError if not ours."""
    # Not `mode=ro`: readers of a log write to its shared memory, and the last one cleans up.
    db = connect(f"{database.absolute().as_uri()}?mode=rw")
    try:
        schema.refuse_strangers(db, str(database), len(schema.migrations()))
    except BaseException:
        db.close()
        raise
    return db


def needed_by(copy: Path, now: float) -> frozenset[str]:
    """Return the fingerprints of the secret keys that this copy's sealed data needs."""
    with contextlib.closing(connect(f"{copy.absolute().as_uri()}?mode=ro")) as db:
        if schema.version_of(db) == 0:
            return frozenset()
        return frozenset(sealed.needed_fingerprints(db, now))


def copy_key(key: Path, target: Path) -> bool:
    """Copy a key file atomically; False if there is none."""
    if not key.exists():
        return False
    content = key.read_bytes()
    with replacing(target) as partial:
        partial.write_bytes(content)
    return True


def _refuse(database: Path, target: Path, *, replaces: bool, with_key: bool) -> None:
    if not database.exists():
        raise StoreError(texts.NO_SUCH_DATABASE(database=database), exit_code=RESTART_CANNOT_HELP)
    ours = {database.resolve(), key_file_of(database).resolve()}
    if target.is_dir():
        raise StoreError(texts.backup_is_directory(target), exit_code=RESTART_CANNOT_HELP)
    targets = [target, *([key_file_of(target)] if with_key else [])]
    if any(each.resolve() in ours for each in targets):
        raise StoreError(texts.BACKUP_IS_DATABASE, exit_code=RESTART_CANNOT_HELP)
    for each in targets:
        if each.exists() and not replaces:
            raise StoreError(texts.BACKUP_EXISTS(target=each), exit_code=RESTART_CANNOT_HELP)


@contextlib.contextmanager
def file_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            texts.NOT_WRITABLE(path=target, reason=error.strerror or os.strerror(error.errno or 0))
        ) from error


def opens_all(needed: frozenset[str], secret_keys: Sequence[str], key_file: Path) -> frozenset[str]:
    """Return the needed fingerprints missing in both the settings' keys and the key file."""
    found = set(SecretBox(secret_keys).fingerprints) if secret_keys else set()
    return needed - found - set(fingerprints_of(key_file))


# A chain's step gets its input at its first attempt, so its attempts are not incremented.
_DOUBTFUL = """
UPDATE jobs SET in_doubt = 1, first_attempt_at = coalesce(first_attempt_at, :taken_at),
    attempts = CASE WHEN after_ids = '[]' THEN max(attempts, 1) ELSE attempts END
WHERE remote_id IS NULL AND state IN ('awaiting_approval', 'waiting', 'submitting')
"""
"""Jobs possibly submitted since the backup. They count as attempts of unknown outcome: the same idempotency key is
reused while the API is trusted to know it; after that they end with a refund."""


def doubt(db: Connection, since: float) -> None:
    """Mark unsubmitted jobs as possibly submitted since that time (Unix seconds)."""
    db.execute(_DOUBTFUL, {"taken_at": since})


DAILY = "cannon-bot-*-????-??-??.backup"
"""The names of daily copies: of which database, by its signature, and of which day of UTC."""
KEPT_DAYS = 7
SPARE_BYTES = 64 * 1024 * 1024
"""What a daily copy leaves free on its disk."""
RETRY_S = 900.0
"""When a copy that failed is tried again, and how often the day is checked."""


class Backups:
    """Makes one dated copy a day in `folder`, without the key file, and keeps the newest KEPT_DAYS."""

    def __init__(self, database: Path, folder: Path, *, signature: str, clock: Clock) -> None:
        self._database = database
        self._folder = folder
        self._signature = signature
        self._clock = clock
        self._newest: os.stat_result | None = None
        self.failure: str | None = None
        """Why the last copy could not be made, None if it could."""

    @property
    def age_s(self) -> float:
        """Seconds since the newest copy, infinity without one."""
        return math.inf if self._newest is None else max(0.0, self._clock.wall() - self._newest.st_mtime)

    @property
    def bytes(self) -> int:
        """The size of the newest copy, 0 without one."""
        return 0 if self._newest is None else self._newest.st_size

    async def run_once(self) -> float:
        """Make today's copy unless it is there; return the seconds until the next look. A failure is logged."""
        stopped = threading.Event()
        try:
            await asyncio.to_thread(self._turn, stopped)
        except asyncio.CancelledError:
            stopped.set()
            raise
        return RETRY_S

    def _turn(self, stopped: threading.Event) -> None:
        def progress(_what: str, _done: int, _total: int) -> None:
            if stopped.is_set():
                raise StoreError(texts.CLOSED)  # SQLite interrupts the copy

        try:
            with file_errors(self._folder):
                self._make(progress)
            self.failure = None
        except (StoreError, sqlite3.Error) as error:
            if not stopped.is_set():
                self.failure = error.sentence if isinstance(error, StoreError) else str(error)
                log.warning("backup.failed", folder=str(self._folder), error=self.failure, again_s=RETRY_S)

    def _make(self, progress: Progress) -> None:
        now = self._clock.wall()
        name = f"cannon-bot-{self._signature}-{datetime.fromtimestamp(now, UTC):%Y-%m-%d}.backup"
        target = self._folder / name
        self._folder.mkdir(mode=0o700, exist_ok=True)
        if not target.exists():
            made = back_up(
                self._database,
                target,
                with_key=False,
                replaces=True,
                now=now,
                progress=progress,
                spare_bytes=SPARE_BYTES,
            )
            log.info("backup.made", file=name, bytes=made.size)
            own = DAILY.replace("*", self._signature)
            killed = self._folder.glob(f"{own}.partial*")
            for old in (*sorted(self._folder.glob(own))[:-KEPT_DAYS], *killed):
                old.unlink(missing_ok=True)
        self._newest = target.stat()
