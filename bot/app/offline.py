"""The store of a bot that is stopped, for what its host does on the command line."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from bot.app import texts
from bot.errors import RESTART_CANNOT_HELP, StartError
from bot.runtime.clock import SystemClock
from bot.settings import Settings
from bot.store import Store


@contextlib.asynccontextmanager
async def stopped_bots_store(settings: Settings) -> AsyncIterator[Store]:
    """Yield the store, locked for this process. Raises StoreError if a bot runs on it, StartError if there is none."""
    if not settings.database.exists():
        raise StartError(texts.no_database(settings.database), exit_code=RESTART_CANNOT_HELP)
    secret_keys = tuple(key.get_secret_value() for key in settings.secret_keys)
    store = await Store.open(settings.database, clock=SystemClock(), secret_keys=secret_keys, alone=True)
    try:
        yield store
    finally:
        await store.close()
