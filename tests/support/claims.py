"""Jobs as a worker claims them."""

from __future__ import annotations

from bot.domain.models import Job
from bot.store import Store


async def claimed_by(store: Store, token: str, *, limit: int = 50) -> list[Job]:
    """Take dead processes' jobs over, and claim jobs under a lease; return them whole."""
    await store.leases.take_over(token)
    claimed = await store.leases.claim(token, limit=limit)
    jobs = await store.leases.under(token, [each.id for each in claimed])
    return [jobs[each.id] for each in claimed]
