"""The mark of a restore that has begun to exchange files: until it is done, what lies there may not be opened."""

from __future__ import annotations

from pathlib import Path

from bot.errors import RESTART_CANNOT_HELP, StoreError
from bot.store import texts


def mark_of(database: Path) -> Path:
    """Return where the mark of this database lies."""
    return database.with_name(f"{database.name}.restore")


def refuse_half_restored(database: Path) -> None:
    """Raise StoreError while the files of the database are not all of the same time."""
    if mark_of(database).exists():
        raise StoreError(texts.half_restored(database), exit_code=RESTART_CANNOT_HELP)
