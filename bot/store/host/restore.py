"""Restores a backup. Nothing is deleted: the old files are renamed.

Copy and check, give the old files a second name, and replace them by renaming. A crash at any point leaves one whole
database, the old or the new.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import RESTART_CANNOT_HELP, DatabaseFailing, StoreError
from bot.runtime.failpoints import failpoint
from bot.runtime.progress import Progress
from bot.store import texts
from bot.store.engine import schema
from bot.store.engine.connection import connect, damage
from bot.store.engine.files import copy_database, replacing, require_room, room_for, sync_directory, taken_at
from bot.store.engine.sqlite_database import ProcessLock, emptied
from bot.store.engine.sqlite_errors import explained
from bot.store.host.backup import copy_key, doubt, file_errors, needed_by, open_beside, opens_all
from bot.store.jobs.job_lists import OPEN_TOTAL
from bot.store.processes import forget_followers
from bot.store.vault.secret_box import key_file_of

_BESIDE = ("-wal", "-journal", "-shm")
"""Suffixes of a database's side files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A restored backup."""

    schema: int
    taken_at: float
    """When it was taken (Unix seconds)."""
    kept: tuple[Path, ...]
    """The old files under their new names."""
    open_jobs: int
    """The number of its open jobs."""


def restore(backup: Path, database: Path, *, secret_keys: Sequence[str], now: float, progress: Progress) -> Restored:
    """Restore a backup, and the key file next to it. Blocks: not for the event loop.

    Raises StoreError, with nothing changed: a running bot, no backup, a damaged, foreign or newer file, a missing
    secret key, no room.
    """
    if not backup.is_file():
        raise StoreError(texts.NO_BACKUP(backup=backup), exit_code=RESTART_CANNOT_HELP)
    if backup.resolve() == database.resolve():
        raise StoreError(texts.BACKUP_IS_DATABASE, exit_code=RESTART_CANNOT_HELP)
    lock = ProcessLock.take(database)
    try:
        with explained(backup), file_errors(database):
            return _restore(backup, database, secret_keys, now, progress)
    finally:
        lock.release()


def _restore(backup: Path, database: Path, secret_keys: Sequence[str], now: float, progress: Progress) -> Restored:
    key = key_file_of(backup)
    _require_whole(backup, secret_keys, key if key.exists() else key_file_of(database), now=now, progress=progress)
    staged = database.with_name(f"{database.name}.restored")
    with contextlib.closing(open_beside(backup)) as source:
        require_room(*room_for(source, database.parent))
        with replacing(staged) as partial:
            copy_database(source, partial, now=now, progress=progress)
            found = _prepare(partial, _time_of(source, backup))
    staged_key = key_file_of(database).with_name(f"{key_file_of(database).name}.restored")
    has_key = copy_key(key_file_of(backup), staged_key)
    failpoint("restore.copied")
    kept = exchange(database, staged, staged_key if has_key else None, now)
    version, taken, open_jobs = found
    return Restored(schema=version, taken_at=taken, kept=kept, open_jobs=open_jobs)


def _require_whole(backup: Path, secret_keys: Sequence[str], key_file: Path, now: float, progress: Progress) -> None:
    """Raise StoreError for a backup that is damaged, foreign, empty or newer, or lacks its secret key."""
    with explained(backup), contextlib.closing(open_beside(backup)) as db:
        if problem := damage(db, progress):
            raise StoreError(texts.DAMAGED(name=str(backup), reason=problem), exit_code=RESTART_CANNOT_HELP)
        if schema.version_of(db) == 0:
            raise StoreError(texts.BACKUP_IS_EMPTY(backup=backup), exit_code=RESTART_CANNOT_HELP)
        missing = opens_all(needed_by(backup, now), secret_keys, key_file)
    if missing:
        raise StoreError(texts.backup_lacks_key(backup, missing), exit_code=RESTART_CANNOT_HELP)


def _time_of(source: sqlite3.Connection, backup: Path) -> float:
    """Return when an open backup was made (Unix seconds)."""
    taken = taken_at(source)
    return backup.stat().st_mtime if taken is None else taken


def _prepare(copy: Path, taken: float) -> tuple[int, float, int]:
    """Mark uncertain jobs in the copy; return its schema, its time, and how many jobs are open."""
    with contextlib.closing(connect(copy)) as db:
        db.execute("BEGIN IMMEDIATE")
        forget_followers(db)
        doubt(db, taken)
        open_jobs = int(db.execute(OPEN_TOTAL).fetchone()[0])
        db.execute("COMMIT")
        return schema.version_of(db), taken, open_jobs


def exchange(database: Path, staged: Path, staged_key: Path | None, now: float) -> tuple[Path, ...]:
    """Put the new files in the old ones' place, and return the old ones under their new names.

    At no moment is there no database, or a half of one: what the old one's log has is in it by then.
    """
    suffix = f".before-restore-{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%S%f}"
    kept_database = database.with_name(f"{database.name}{suffix}")
    kept = [_linked(database, kept_database)]
    for beside in (_with(database, ending) for ending in _without_log(database)):
        beside.rename(_with(kept_database, beside.name.removeprefix(database.name)))
    if staged_key is not None:
        kept.append(_linked(key_file_of(database), key_file_of(kept_database)))
        staged_key.replace(key_file_of(database))
    failpoint("restore.kept")
    staged.replace(database)
    sync_directory(database.parent)
    failpoint("restore.swapped")
    return tuple(each for each in kept if each is not None)


def _without_log(database: Path) -> list[str]:
    """Write the log of a database into it; return the endings of what is left beside it, if it is damaged."""
    try:
        with explained(database), contextlib.closing(connect(database)) as db:
            if not emptied(db):
                raise StoreError(texts.IN_USE(name=str(database)))
    except DatabaseFailing as error:
        if error.kind != "damaged":
            raise
    return [ending for ending in _BESIDE if _with(database, ending).exists()]


def _linked(present: Path, kept: Path) -> Path | None:
    """Give a file a second name; return it, None if there is no file, or an empty one, as the lock makes."""
    if not present.exists() or not present.stat().st_size:
        return None
    os.link(present, kept)
    return kept


def _with(path: Path, ending: str) -> Path:
    return path.with_name(f"{path.name}{ending}")
