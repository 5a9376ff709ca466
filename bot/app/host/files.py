"""`cannon-bot backup` and `cannon-bot restore`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

from bot.app.host import texts
from bot.app.host.offline import stopped_bots_store
from bot.errors import RESTART_CANNOT_HELP, StartError, StoreError
from bot.runtime.clock import Clock
from bot.runtime.progress import Progress
from bot.settings import PostgresUrl, Settings
from bot.store import texts as store_texts
from bot.store.engine.sqlite_database import ProcessLock
from bot.store.engine.sqlite_errors import explained
from bot.store.host.backup import back_up
from bot.store.host.moved import moved_file
from bot.store.host.restore import restore
from bot.store.host.server import looking
from bot.store.host.upgrade import plan_of
from bot.store.vault.secret_box import key_file_of


def make_backup(
    settings: Settings, target: Path, *, with_key: bool, replaces: bool, clock: Clock, progress: Progress
) -> str:
    """Back up the database, even of a running bot; return the outcome as a sentence. Raises StoreError."""
    if isinstance(settings.database, PostgresUrl):
        raise StartError(texts.USE_PG_DUMP(url=settings.database), exit_code=RESTART_CANNOT_HELP)
    target = target.expanduser().absolute()
    made = back_up(
        settings.sqlite_file, target, with_key=with_key, replaces=replaces, now=clock.wall(), progress=progress
    )
    return texts.backed_up(made.path, made.size, made.key_file, made.needed)


def restore_backup(settings: Settings, backup: Path, *, clock: Clock, progress: Progress) -> str:
    """Restore a backup for a stopped bot; return the outcome as a sentence. Raises StoreError."""
    if isinstance(settings.database, PostgresUrl):
        raise StartError(texts.USE_PG_RESTORE(url=settings.database), exit_code=RESTART_CANNOT_HELP)
    keys = tuple(key.get_secret_value() for key in settings.secret_keys)
    done = restore(
        backup.expanduser().absolute(), settings.sqlite_file, secret_keys=keys, now=clock.wall(), progress=progress
    )
    return texts.restored(settings.sqlite_file, done.schema, done.taken_at, done.kept, done.open_jobs)


def upgrade_forecast(database: Path | PostgresUrl, progress: Progress) -> tuple[str | None, bool]:
    """Say what the next start will do to the database, None for nothing; and whether there is room for it.

    Raises StoreError for an unusable database.
    """
    if isinstance(database, PostgresUrl):
        with looking(database) as found:
            is_behind = 0 < found.version < found.known
            return texts.UPGRADE_ON_SERVER(
                url=database, schema=found.version, known=found.known
            ) if is_behind else None, True
    plan = plan_of(database, progress)
    if plan is None or not plan.is_needed:
        return None, True
    return texts.upgrade(plan.schema, plan.known, plan.size, plan.free, plan.seconds), plan.has_room


try:
    import psycopg

    from bot.store.host.move import MoveDone, filled_by, move, refuse_filled, take_mark_off
    from bot.store.postgresql.connection import connected
    from bot.store.postgresql.schema import refuse_unsuitable
except ImportError:
    raise StoreError(store_texts.POSTGRES_MISSING, exit_code=RESTART_CANNOT_HELP) from None


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


def undo(settings: Settings) -> str:
    """Use the moved file again; return the outcome as a sentence. Raises StoreError."""
    database = settings.sqlite_file
    lock = ProcessLock.take(database)
    try:
        with explained(database):
            mark = take_mark_off(database, is_doubtful=True)
    finally:
        lock.release()
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
        with _server(target) as db:
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
        with _server(target) as db, explained(database):
            return move(database, db, str(target), now=now, progress=progress)
    except StoreError as error:
        if moved_file(database) is None:
            raise
        raise StoreError(texts.MOVE_IS_UNKNOWN(reason=error.sentence)) from error


@contextlib.contextmanager
def _server(target: PostgresUrl) -> Iterator[psycopg.Connection[object]]:
    """Yield a connection without timeouts. Raises StoreError for psycopg's errors."""
    try:
        with contextlib.closing(connected(target, idle_in_transaction_session_timeout="0", lock_timeout="0")) as db:
            refuse_unsuitable(db, str(target))
            yield db
    except psycopg.Error as error:
        reason = " ".join((error.diag.message_primary or str(error)).split())[:300].rstrip(".")
        raise StoreError(store_texts.SERVER_NOT_OPENED(name=str(target), reason=reason)) from error
