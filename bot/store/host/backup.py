"""A backup of the database, and of its key file, while the bot runs."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import RESTART_CANNOT_HELP, StoreError
from bot.runtime.progress import Progress
from bot.store import texts
from bot.store.engine import schema
from bot.store.engine.connection import connect
from bot.store.engine.files import copy_database, refuse_half_restored, replacing, room_for
from bot.store.engine.sqlite_database import escaped, made_for
from bot.store.engine.sqlite_errors import explained
from bot.store.host.integrity import read_only
from bot.store.sql import Connection
from bot.store.vault import secret_box as sealed
from bot.store.vault.secret_box import SecretBox, fingerprints_of, key_file_of


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupMade:
    """A backup that was made and checked."""

    path: Path
    size: int
    """In bytes."""
    key_file: Path | None
    """The copy of the key file, None if there is none, or none was wanted."""
    needed: frozenset[str]
    """The fingerprints of secret keys that it needs and that are not in `key_file`."""


def back_up(
    database: Path, target: Path, *, with_key: bool, replaces: bool, now: float, progress: Progress
) -> BackupMade:
    """Copy the database, as it is at this moment, and its key file; the bot may run. Blocks: not for the event loop.

    Raises StoreError, with nothing at `target` changed: no database, a file that is there and not to be replaced,
    no room, a copy that is damaged.
    """
    _refuse(database, target, replaces=replaces, with_key=with_key)
    with explained(database), _file_errors(target), contextlib.closing(open_beside(database)) as db:
        size, free = room_for(db, target.parent)
        if size > free:
            raise StoreError(texts.no_room(size, free))
        key = key_file_of(database)
        with replacing(target) as partial:
            copy_database(db, partial, now=now, progress=progress)
            needed = needed_by(partial, now)
            # Its key first: a backup without its key is of no use, and a key alone does no harm.
            has_key = with_key and copy_key(key, key_file_of(target))
    found = fingerprints_of(key_file_of(target)) if has_key else ()
    return BackupMade(
        path=target,
        size=target.stat().st_size,
        key_file=key_file_of(target) if has_key else None,
        needed=needed - set(found),
    )


def open_beside(database: Path) -> sqlite3.Connection:
    """Open a database to be read that a bot may be using. Raises sqlite3.Error, StoreError if it is not ours."""
    # Not `mode=ro`: who reads a log writes to the memory that is shared with the others, and who leaves last tidies up.
    return _of_ours(connect(f"{database.absolute().as_uri()}?mode=rw"), database)


def open_to_look(database: Path) -> sqlite3.Connection:
    """Open a database to be read without changing a byte next to it. Raises as `open_beside`."""
    return _of_ours(connect(read_only(database)), database)


def _of_ours(db: sqlite3.Connection, database: Path) -> sqlite3.Connection:
    try:
        schema.refuse_strangers(db, str(database), len(schema.migrations()))
    except BaseException:
        db.close()
        raise
    return db


def needed_by(copy: Path, now: float) -> frozenset[str]:
    """Return the fingerprints of the secret keys without which what is sealed in this copy cannot be opened."""
    with contextlib.closing(connect(f"{copy.absolute().as_uri()}?mode=ro")) as db:
        if schema.version_of(db) == 0:
            return frozenset()
        return frozenset(sealed.needed_fingerprints(db, now))


def copy_key(key: Path, target: Path) -> bool:
    """Copy a key file, whole or not at all; False if there is none."""
    if not key.exists():
        return False
    content = key.read_bytes()
    with replacing(target) as partial:
        partial.write_bytes(content)
    return True


def _refuse(database: Path, target: Path, *, replaces: bool, with_key: bool) -> None:
    refuse_half_restored(database)
    if not database.exists():
        raise StoreError(texts.no_such_database(database), exit_code=RESTART_CANNOT_HELP)
    if target.is_dir():
        raise StoreError(texts.backup_is_directory(target), exit_code=RESTART_CANNOT_HELP)
    targets = [target, *([key_file_of(target)] if with_key else [])]
    ours = {database.resolve(), key_file_of(database).resolve()}
    if any(each.resolve() in ours for each in targets):
        raise StoreError(texts.BACKUP_IS_DATABASE, exit_code=RESTART_CANNOT_HELP)
    for each in targets:
        if each.exists() and not replaces:
            raise StoreError(texts.backup_exists(each), exit_code=RESTART_CANNOT_HELP)


@contextlib.contextmanager
def _file_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(texts.not_writable(target, error.strerror or os.strerror(error.errno or 0))) from error


def opens_all(needed: frozenset[str], secret_keys: Sequence[str], *key_files: Path) -> frozenset[str]:
    """Return those of the needed fingerprints that neither the settings' keys nor one of these key files has."""
    found = set(SecretBox(secret_keys).fingerprints) if secret_keys else set()
    for each in key_files:
        found |= set(fingerprints_of(each))
    return needed - found


# A step of a chain gets its input at its first attempt, so its attempts are not counted up.
_DOUBTFUL = """
UPDATE jobs SET in_doubt = 1, first_attempt_at = coalesce(first_attempt_at, :taken_at),
    attempts = CASE WHEN after_ids = '[]' THEN max(attempts, 1) ELSE attempts END
WHERE remote_id IS NULL AND state IN ('awaiting_approval', 'waiting', 'submitting')
"""
"""Since the backup they may have been submitted. Submitting treats them as attempts of unknown outcome: the same
idempotency key is sent while the API is trusted to know it, and after that they end with a refund."""


def doubt(db: Connection, since: float) -> None:
    """Note that what was not submitted may have been since that time (Unix seconds), unseen by this database."""
    db.execute(_DOUBTFUL, {"taken_at": since})


def delete_upgrade_backups(database: Path, before: float) -> int:
    """Delete those that were made by themselves before that time (Unix seconds); return how many."""
    return _delete(made_for(database), before)


def delete_older(database: Path, before: float) -> int:
    """Delete those that were last written before that time (Unix seconds): they have what was erased since.

    Returns how many.
    """
    found = [*made_for(database), *database.parent.glob(f"{escaped(database.name)}.before-restore-*")]
    return _delete(found, before)


def _delete(found: Iterable[Path], before: float) -> int:
    old = [path for path in found if path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
