"""Costs from before it was stored what makes a price: read once, so that an update forgets no price."""

from __future__ import annotations

import structlog

from bot.catalogue import LiveCatalogue
from bot.catalogue.price_factors import price_factors
from bot.store import Store

log = structlog.get_logger(__name__)

DONE = "earlier_costs_sorted"


async def sort_earlier_costs(store: Store, catalogue: LiveCatalogue) -> None:
    """Store what makes the price of jobs that were paid for before that was stored, where their inputs are still there.

    Does nothing after the first time. Jobs of operations that are not known any more are left out.
    """
    if await store.meta.get(DONE) is not None:
        return
    factors = {}
    for job in await store.true_costs.unsorted():
        operation = catalogue.current.find(job.operation)
        if operation is not None:
            factors[job.guild_id, job.id] = price_factors(operation, job.input)
    await store.true_costs.sort(factors)
    await store.meta.set(DONE, "1")
    if factors:
        log.info("prices.sorted", jobs=len(factors))
