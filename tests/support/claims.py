"""Jobs as a worker claims them."""

from __future__ import annotations

from bot.domain.models import Job
from bot.store import Store


async def claimed_by(store: Store, token: str, *, limit: int = 50) -> list[Job]:
    """Claim jobs under a lease; return them whole."""
    claimed = await store.leases.claim(token, limit=limit)
    jobs = await store.leases.under(token, [each.id for each in claimed])
    return [jobs[each.id] for each in claimed]
