"""`cannon-bot migrate-to`: from a file to PostgreSQL, from there to a file, and back if that was a mistake."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from bot.app.host import texts
from bot.app.host.offline import stopped_bots_store
from bot.errors import RESTART_CANNOT_HELP, StartError, StoreError
from bot.fleet.postgresql.move import MoveDone, filled_by, move, refuse_filled, take_backup, take_mark_off
from bot.fleet.postgresql.server import looking
from bot.fleet.postgresql.to_file import (
    mark_server,
    move_to_file,
    refuse_used,
    require_ours,
    server,
    take_mark_off_server,
)
from bot.runtime.clock import Clock
from bot.runtime.progress import Progress
from bot.settings import PostgresUrl, Settings
from bot.store import texts as store_texts
from bot.store.engine.sqlite_database import ProcessLock
from bot.store.engine.sqlite_errors import explained
from bot.store.host.integrity import problems_of_rows
from bot.store.host.moved import Moved, moved_file
from bot.store.host.restore import require_whole
from bot.store.vault.secret_box import key_file_of


async def migrate(settings: Settings, target: PostgresUrl, *, clock: Clock, progress: Progress) -> str:
    """Move a stopped bot's file to an empty PostgreSQL database; return the outcome as a sentence.

    Raises StoreError, StartError, with nothing changed.
    """
    await asyncio.to_thread(_finish_earlier, settings, target)
    async with stopped_bots_store(settings, progress) as store:
        if problems := await store.check():
            raise StartError(texts.not_sound(problems), exit_code=RESTART_CANNOT_HELP)
        done = await asyncio.to_thread(_move, settings, target, clock.wall(), progress)
    key_file = None if settings.secret_keys else key_file_of(settings.sqlite_file)
    following = texts.next_on_server(key_file)
    return texts.migrated(str(target), done.rows, done.tables, done.compared, done.open_jobs, following)


def migrate_back(url: PostgresUrl, file: Path, *, clock: Clock, progress: Progress) -> str:
    """Move a stopped fleet's database to a file for one process; return the outcome as a sentence.

    The database is marked as moved first, so that no bot starts on it; an interrupted move is completed by another one.
    Blocks. Raises StoreError, StartError, Refused while a bot runs, with nothing changed.
    """
    lock = ProcessLock.take(file)
    try:
        refuse_used(file)
        with looking(url) as found:
            if found.version == found.known and (problems := problems_of_rows(found.db, None, progress)):
                raise StartError(texts.not_sound(problems), exit_code=RESTART_CANNOT_HELP)
        with server(url) as db, explained(file):
            require_ours(db, str(url))
            mark = mark_server(db, url, str(file), clock.wall())
            try:
                done = move_to_file(db, file, mark, now=clock.wall(), progress=progress)
            except BaseException:
                take_mark_off_server(db, is_doubtful=False)
                raise
    finally:
        lock.release()
    return texts.migrated(
        str(file), done.rows, done.tables, done.compared, done.open_jobs, texts.NEXT_ON_FILE(file=file, url=url)
    )


def restore(
    backup: Path, target: PostgresUrl, *, secret_keys: Sequence[str], now: float, progress: Progress
) -> tuple[int, float, int]:
    """Restore a backup to an empty database; return its schema, its time (Unix seconds), and how many jobs are open.

    Blocks. Raises StoreError, with nothing changed.
    """
    if not secret_keys:
        raise StoreError(store_texts.KEYS_OF_SECRETS_MISSING, exit_code=RESTART_CANNOT_HELP)
    require_whole(backup, secret_keys, now=now, progress=progress)
    with server(target) as db, explained(backup):
        return take_backup(backup, db, str(target), progress=progress)


def undo(settings: Settings) -> str:
    """Use the moved database again; return the outcome as a sentence. Raises StoreError."""
    database = settings.database
    if isinstance(database, PostgresUrl):
        with server(database) as db:
            mark = take_mark_off_server(db, is_doubtful=True)
        return _undone(mark, database)
    lock = ProcessLock.take(database)
    try:
        with explained(database):
            mark = take_mark_off(database, is_doubtful=True)
    finally:
        lock.release()
    return _undone(mark, database)


def _undone(mark: Moved | None, database: Path | PostgresUrl) -> str:
    if mark is None:
        raise StartError(texts.NOT_MOVED(database=database), exit_code=RESTART_CANNOT_HELP)
    return texts.UNDONE(database=database, place=mark.place)


def _finish_earlier(settings: Settings, target: PostgresUrl) -> None:
    """Undo the rest of a move that crashed just before its end.

    Raises StoreError if the file was moved.
    """
    database = settings.sqlite_file
    mark = moved_file(database) if database.exists() else None
    if mark is None:
        return
    if mark.place != str(target):
        raise StoreError(store_texts.moved(database, mark.place, mark.at), exit_code=RESTART_CANNOT_HELP)
    lock = ProcessLock.take(database)
    try:
        with server(target) as db:
            if filled_by(db) == mark.id:
                raise StoreError(store_texts.moved(database, mark.place, mark.at), exit_code=RESTART_CANNOT_HELP)
            refuse_filled(db, str(target))
        with explained(database):
            take_mark_off(database, is_doubtful=False)
    finally:
        lock.release()


def _move(settings: Settings, target: PostgresUrl, now: float, progress: Progress) -> MoveDone:
    database = settings.sqlite_file
    try:
        with server(target) as db, explained(database):
            return move(database, db, str(target), now=now, progress=progress)
    except StoreError as error:
        if moved_file(database) is None:
            raise
        raise StoreError(texts.MOVE_IS_UNKNOWN(reason=error.sentence)) from error
