"""Files that backups before upgrades and restores have left next to the database."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bot.store.engine.migration_backup import escaped, made_for


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
