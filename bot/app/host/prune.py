"""`cannon-bot prune`: retention now, instead of within the hours that the running bot takes for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.app.host import texts
from bot.app.offline import any_bots_store, stopped_bots_store
from bot.catalogue import Catalogue
from bot.runtime.clock import Clock
from bot.runtime.progress import Progress
from bot.settings import Settings
from bot.store import Store
from bot.store.guild.retention import BATCH
from bot.store.host.old_files import delete_older


async def prune(settings: Settings, *, days: int, rebuilds: bool, clock: Clock, progress: Progress) -> str:
    """Erase what jobs said that ended `days` ago or earlier (0: nothing), and what is left over of erased jobs.

    Servers that keep less keep less. Backups that were made by themselves and are older go too. A running bot goes on;
    with `rebuilds` it has to be stopped, and the file is rewritten without gaps: SQLite's alone, a server does that by
    itself. Returns the outcome as a sentence. Raises StoreError, StartError.
    """
    file = settings.sqlite_file if rebuilds or isinstance(settings.database, Path) else None
    opened = stopped_bots_store if rebuilds else any_bots_store
    async with opened(settings, progress) as store:
        jobs, rows = await _erase(store, days, progress)
        before = file.stat().st_size if file is not None else 0
        is_clean = await store.scrub(at_most_bytes=None if rebuilds else 0)
    if file is None:
        return texts.pruned(jobs, rows, 0, None, is_clean=is_clean)
    files = await asyncio.to_thread(_old_files, file, days, clock.wall())
    freed = max(0, before - file.stat().st_size)
    return texts.pruned(jobs, rows, files, freed if rebuilds else None, is_clean=is_clean)


async def _erase(store: Store, days: int, progress: Progress) -> tuple[int, int]:
    """Return how many jobs were erased, and how many other rows were deleted."""
    is_known, jobs, rows, last = Catalogue().knows_model, 0, 0, 1
    while last:
        last = await store.retention.erase_old(days, is_known)
        jobs += last
        progress(texts.ERASING, jobs, 0)
    last = BATCH
    while last == BATCH:
        last = await store.retention.forget_left_over()
        rows += last
        progress(texts.DELETING, rows, 0)
    await store.retention.forget_expired()
    await store.retention.forget_unused(days)
    return jobs, rows


def _old_files(database: Path, days: int, now: float) -> int:
    return delete_older(database, now - days * 86_400) if days else 0
