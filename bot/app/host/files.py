"""`cannon-bot backup` and `restore`."""

from __future__ import annotations

from pathlib import Path

from bot.app.host import texts
from bot.runtime.clock import Clock
from bot.runtime.progress import Progress
from bot.settings import Settings
from bot.store.host.backup import back_up
from bot.store.host.restore import restore


def make_backup(
    settings: Settings, target: Path, *, with_key: bool, replaces: bool, clock: Clock, progress: Progress
) -> str:
    """Back up the database, even of a running bot; return the outcome as a sentence. Raises StoreError, StartError."""
    target = target.expanduser().absolute()
    made = back_up(
        settings.sqlite_file, target, with_key=with_key, replaces=replaces, now=clock.wall(), progress=progress
    )
    return texts.backed_up(made.path, made.size, made.key_file, made.needed)


def restore_backup(settings: Settings, backup: Path, *, clock: Clock, progress: Progress) -> str:
    """Restore a backup for a stopped bot; return the outcome as a sentence. Raises StoreError, StartError."""
    backup = backup.expanduser().absolute()
    keys = tuple(key.get_secret_value() for key in settings.secret_keys)
    done = restore(backup, settings.sqlite_file, secret_keys=keys, now=clock.wall(), progress=progress)
    return texts.restored(settings.sqlite_file, done.schema, done.taken_at, done.open_jobs, done.kept)
