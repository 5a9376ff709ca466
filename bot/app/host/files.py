"""`cannon-bot backup`, `restore` and `migrate-to`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.app.host import texts
from bot.errors import RESTART_CANNOT_HELP, StartError
from bot.runtime.clock import Clock
from bot.runtime.progress import Progress
from bot.settings import PostgresUrl, Settings
from bot.store.by_name import server_module
from bot.store.host.backup import back_up
from bot.store.host.restore import restore
from bot.store.host.upgrade import plan_of


def make_backup(
    settings: Settings, target: Path, *, with_key: bool, replaces: bool, clock: Clock, progress: Progress
) -> str:
    """Back up the database, even of a running bot; return the outcome as a sentence. Raises StoreError."""
    target = target.expanduser().absolute()
    made = back_up(settings.database, target, with_key=with_key, replaces=replaces, now=clock.wall(), progress=progress)
    return texts.backed_up(made.path, made.size, made.key_file, made.needed)


def restore_backup(settings: Settings, backup: Path, *, clock: Clock, progress: Progress) -> str:
    """Restore a backup for a stopped bot; return the outcome as a sentence. Raises StoreError."""
    backup = backup.expanduser().absolute()
    keys = tuple(key.get_secret_value() for key in settings.secret_keys)
    if isinstance(settings.database, PostgresUrl):
        restoring = server_module("migrate").restore
        found = restoring(backup, settings.database, secret_keys=keys, now=clock.wall(), progress=progress)
        return texts.restored(settings.database, *found)
    done = restore(backup, settings.sqlite_file, secret_keys=keys, now=clock.wall(), progress=progress)
    return texts.restored(settings.sqlite_file, done.schema, done.taken_at, done.open_jobs, done.kept)


def upgrade_forecast(database: Path | PostgresUrl, progress: Progress) -> tuple[str | None, bool]:
    """Say what the next start will do to the database, None for nothing; and whether there is room for it.

    Raises StoreError for an unusable database.
    """
    if isinstance(database, PostgresUrl):
        with server_module("server").looking(database) as found:
            is_behind = 0 < found.version < found.known
            return texts.UPGRADE_ON_SERVER(
                url=database, schema=found.version, known=found.known
            ) if is_behind else None, True
    plan = plan_of(database, progress)
    if plan is None or not plan.is_needed:
        return None, True
    return texts.upgrade(plan.schema, plan.known, plan.size, plan.free, plan.seconds), plan.has_room


def migrate(settings: Settings, target: PostgresUrl | Path | None, *, clock: Clock, progress: Progress) -> str:
    """Move a stopped bot's database to PostgreSQL or to a file, or, with None, use the moved one again.

    Returns what was done. Raises StoreError, StartError, Refused, with nothing changed.
    """
    moving = server_module("migrate")
    if target is None:
        return str(moving.undo(settings))
    if isinstance(target, PostgresUrl):
        return str(asyncio.run(moving.migrate(settings, target, clock=clock, progress=progress)))
    if isinstance(settings.database, Path):
        raise StartError(texts.ALREADY_A_FILE(database=settings.database), exit_code=RESTART_CANNOT_HELP)
    return str(moving.migrate_back(settings.database, target, clock=clock, progress=progress))
