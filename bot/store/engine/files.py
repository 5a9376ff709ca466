"""Atomic, synced copies of a database that may be in use."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from bot.errors import StoreError
from bot.runtime.failpoints import failpoint
from bot.runtime.progress import Progress
from bot.store import texts
from bot.store.engine.connection import connect, damage, size_of, ticking

TAKEN_META = "backup_taken_at"
"""The key in a copy's table `meta` of when it was taken (Unix seconds)."""


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield an empty file, mode 600, that replaces `target` at the end, once synced.

    After an error or a crash `target` is unchanged; the leftover file is reused next time. Raises StoreError if
    another program writes it, OSError.
    """
    partial = target.with_name(f"{target.name}.partial")
    descriptor = os.open(partial, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor, partial, target)
        os.fchmod(descriptor, 0o600)
        os.ftruncate(descriptor, 0)
        try:
            yield partial
            os.fsync(descriptor)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        partial.replace(target)
        sync_directory(target.parent)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, partial: Path, target: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_still_there = partial.stat().st_ino == os.fstat(descriptor).st_ino
    except (BlockingIOError, FileNotFoundError):
        is_still_there = False
    if not is_still_there:  # locked or already renamed by another program
        raise StoreError(texts.COPIED_ALREADY(target=target))


def copy_database(source: sqlite3.Connection, target: Path, *, now: float, progress: Progress) -> None:
    """Copy a snapshot of the database into the empty file `target`, without a log or free pages, and check it.

    Others may write meanwhile (https://www.sqlite.org/lang_vacuum.html#vacuuminto). `source` is in no transaction.
    Raises StoreError for a damaged copy, sqlite3.Error.
    """

    def report(what: str, done: int, total: int) -> None:
        progress(what, done, total)
        failpoint("copy.half")

    with ticking(source, texts.COPYING, report):
        source.execute("VACUUM INTO ?", (str(target),))
    with contextlib.closing(connect(target)) as copy:
        note_time(copy, now)
        if problem := damage(copy, progress):
            raise StoreError(texts.COPY_DAMAGED(target=target, reason=problem))
    target.with_name(f"{target.name}-journal").unlink(missing_ok=True)


def note_time(copy: sqlite3.Connection, now: float) -> None:
    if copy.execute("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").fetchone() is not None:
        copy.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (TAKEN_META, str(now)))


def taken_at(copy: sqlite3.Connection) -> float | None:
    """Return when a copy was taken (Unix seconds), None if not known to be one."""
    row = copy.execute("SELECT value FROM meta WHERE name = ?", (TAKEN_META,)).fetchone()
    return None if row is None else float(row[0])


def room_for(db: sqlite3.Connection, directory: Path) -> tuple[int, int]:
    """Return the bytes a copy takes, and the free bytes in the directory."""
    found = os.statvfs(directory)
    return size_of(db), found.f_bavail * found.f_frsize


def require_room(size: int, free: int, *, spare: int = 0) -> None:
    """Raise StoreError if `size` bytes and `spare` ones more are not free."""
    if size + spare > free:
        raise StoreError(texts.no_room(size + spare, free))


def sync_directory(directory: Path) -> None:
    """Make renames in the directory survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
