"""`cannon-bot migrate-to`: from a file to PostgreSQL."""

from __future__ import annotations

import asyncio

from bot.app.host import texts
from bot.app.host.offline import stopped_bots_store
from bot.errors import RESTART_CANNOT_HELP, StartError, StoreError
from bot.fleet.postgresql.move import MoveDone, filled_by, move, refuse_filled, server, take_mark_off
from bot.runtime.clock import Clock
from bot.runtime.progress import Progress
from bot.settings import PostgresUrl, Settings
from bot.store import texts as store_texts
from bot.store.engine.sqlite_database import ProcessLock
from bot.store.engine.sqlite_errors import explained
from bot.store.host.moved import moved_file
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
    return texts.migrated(str(target), done.rows, done.tables, done.compared, done.open_jobs, key_file)


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
            take_mark_off(database)
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
