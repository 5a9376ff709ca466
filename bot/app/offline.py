"""The store of a bot, stopped or not, for what its host does on the command line."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from bot.app import texts
from bot.errors import RESTART_CANNOT_HELP, DatabaseTaken, StartError
from bot.runtime.clock import SystemClock
from bot.runtime.progress import Progress, no_progress
from bot.settings import Settings
from bot.store import Store
from bot.store.engine.half_restored import refuse_half_restored
from bot.store.host.upgrade import plan_of


@contextlib.asynccontextmanager
async def stopped_bots_store(settings: Settings, progress: Progress | None = None) -> AsyncIterator[Store]:
    """Yield the store, locked for this process. Raises DatabaseTaken if a bot runs on it, StartError if there is none.

    `progress` is told how far long work is.
    """
    async with _opened(settings, progress, alone=True) as store:
        yield store


@contextlib.asynccontextmanager
async def any_bots_store(settings: Settings, progress: Progress | None = None) -> AsyncIterator[Store]:
    """Yield the store, also beside a bot that runs on it. Raises StoreError if that bot is of another version."""
    try:
        async with _opened(settings, progress, alone=True) as store:
            yield store
            return
    except DatabaseTaken:
        plan = await asyncio.to_thread(plan_of, settings.sqlite_file, no_progress)
        if plan is None or plan.is_needed:  # opening it would migrate it under the running bot
            raise StartError(texts.BOT_IS_OLDER, exit_code=RESTART_CANNOT_HELP) from None
    async with _opened(settings, progress, alone=False) as store:
        yield store


@contextlib.asynccontextmanager
async def _opened(settings: Settings, progress: Progress | None, *, alone: bool) -> AsyncIterator[Store]:
    if isinstance(settings.database, Path):
        refuse_half_restored(settings.database)
        if not settings.database.exists():
            raise StartError(texts.no_database(settings.database), exit_code=RESTART_CANNOT_HELP)
    keys = tuple(key.get_secret_value() for key in settings.secret_keys)
    store = await Store.open(settings.database, clock=SystemClock(), secret_keys=keys, alone=alone, progress=progress)
    try:
        yield store
    finally:
        await store.close()
