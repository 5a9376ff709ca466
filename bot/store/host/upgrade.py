"""Preview of the next start's migrations."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

from bot.runtime.progress import Progress
from bot.store.engine import schema
from bot.store.engine.connection import damage
from bot.store.engine.files import room_for
from bot.store.host.backup import open_to_look

WORK = 4.0
"""The upgrade's duration as a multiple of reading the file: the start checks it, copies it, checks the copy, and a
migration may rewrite its largest table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradePlan:
    """Pending migrations and their needs."""

    schema: int
    known: int
    size: int
    """Bytes of the database, and so of its backup."""
    free: int
    """Bytes on its disk."""
    seconds: float
    """Estimated duration, from reading the whole file just now."""

    @property
    def is_needed(self) -> bool:
        return self.schema < self.known

    @property
    def has_room(self) -> bool:
        return self.size <= self.free


def plan_of(database: Path, progress: Progress) -> UpgradePlan | None:
    """Plan the next start; None without a database. Raises StoreError, sqlite3.Error for an unusable one."""
    if not database.exists() or not database.stat().st_size:
        return None
    with contextlib.closing(open_to_look(database)) as db:
        version, known = schema.version_of(db), len(schema.migrations())
        size, free = room_for(db, database.parent)
        began = time.monotonic()
        if version < known:
            damage(db, progress)
        return UpgradePlan(schema=version, known=known, size=size, free=free, seconds=(time.monotonic() - began) * WORK)
