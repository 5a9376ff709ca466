"""Whether the running totals are what the ledger adds up to."""

from __future__ import annotations

from bot.store import Store
from bot.store.money.totals import wrong_guilds


async def differing(store: Store) -> list[int]:
    """Return the servers whose totals differ from their ledger, and 0 for the host's key."""
    return await store._database.read(wrong_guilds)
