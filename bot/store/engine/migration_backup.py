"""The backup that is made by itself before the schema is migrated: there is no way back from a new schema."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import structlog

from bot.errors import StoreError
from bot.runtime.progress import Progress
from bot.store import texts
from bot.store.engine import schema
from bot.store.engine.file_copy import copy_database, replacing, room_for
from bot.store.engine.schema import Migration

KEPT = 3
_NAME = re.compile(r"\.schema-(\d{3,})\.backup")

log = structlog.get_logger(__name__)


def make(db: sqlite3.Connection, database: Path, steps: Sequence[Migration], progress: Progress) -> None:
    """Copy the database next to itself, named with its schema's version; delete all but the newest KEPT of these.

    Two processes may call this at once: the second finds nothing left to do. Raises StoreError, with nothing migrated,
    if the copy cannot be made or is not intact. The key file is not copied: it stays where it is.
    """
    try:
        with _one_at_a_time(database):
            db.execute("BEGIN")
            try:
                if schema.is_behind(db, steps):
                    _copy(db, database, progress)
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")
    except (OSError, sqlite3.Error, StoreError) as error:
        reason = error.sentence if isinstance(error, StoreError) else str(error)
        raise StoreError(texts.not_backed_up(database, reason)) from error


def _copy(db: sqlite3.Connection, database: Path, progress: Progress) -> None:
    size, free = room_for(db, database.parent)
    if size > free:
        raise StoreError(texts.no_room(size, free))
    target = database.with_name(f"{database.name}.schema-{schema.version_of(db):03}.backup")
    with replacing(target) as partial:
        copy_database(db, partial, now=time.time(), progress=progress)
    for old in made_for(database)[KEPT:]:
        old.unlink(missing_ok=True)
    log.info("database.backed_up", path=target.name, bytes=size)


def made_for(database: Path) -> list[Path]:
    """Return the backups that were made before migrations of this database, the newest first."""
    found = [
        (int(match[1]), path)
        for path in database.parent.glob(f"{escaped(database.name)}.schema-*.backup")
        if (match := _NAME.fullmatch(path.name.removeprefix(database.name)))
    ]
    return [path for _, path in sorted(found, reverse=True)]


def escaped(name: str) -> str:
    """Return a file's name for a pattern of `glob` that means it alone."""
    return re.sub(r"([*?\[])", r"[\1]", name)


@contextlib.contextmanager
def _one_at_a_time(database: Path) -> Iterator[None]:
    """Let another process that is about to migrate the same database wait: it locks the directory as well."""
    descriptor = os.open(database.parent, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
