"""What a kind of job truly cost: of one account and one kind, and only where the API has told it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bot.domain.models import Job, JobState
from bot.domain.money.costs import JOBS_READ, PriceFactors
from bot.store import Store

FLUX = "model=flux"


async def costs(store: Store, *, guild_id: int = 700, key_id: int | None = None, **values: Any) -> list[Decimal]:
    factors = PriceFactors(**({"kind": FLUX} | values))
    return await store.true_costs.of_kind(guild_id, key_id, "image.generate", factors)


async def pay(store: Store, accepted: Any, cost: str, to: JobState = JobState.DELIVERED, **values: Any) -> Job:
    _, (job,) = await accepted(store, **({"price_kind": FLUX} | values))
    changed = await store.jobs.change(job, to, settle=Decimal(cost), cost=Decimal(cost))
    assert changed is not None
    return changed


async def test_costs_are_of_this_kind_of_job_newest_first(store: Store, accepted: Any):
    await pay(store, accepted, "1")
    await pay(store, accepted, "2", JobState.HELD)
    await pay(store, accepted, "3", JobState.FAILED)  # paid, but a failure says nothing about the price
    await pay(store, accepted, "4", price_kind="model=flux resolution=4k")
    await pay(store, accepted, "5", operation="video.generate")
    await pay(store, accepted, "6", price_kind=None)
    await pay(store, accepted, "7", price_size=5.0, price_outputs=3)
    await accepted(store, price_kind=FLUX)
    assert await costs(store) == [2, 1]
    assert await costs(store, size=5.0, outputs=3) == [7]
    assert await costs(store, size=5.0) == await costs(store, kind="") == []


async def test_a_cost_counts_from_when_the_api_tells_it(store: Store, accepted: Any):
    _, (job,) = await accepted(store, price_kind=FLUX)
    processing = await store.jobs.change(job, JobState.PROCESSING)
    assert processing is not None
    assert await costs(store) == []
    assert await store.jobs.raise_hold(processing, Decimal(31)) is not None
    assert await costs(store) == [31]


async def test_another_key_shows_no_price_and_servers_of_the_hosts_key_share_theirs(
    store: Store, accepted: Any, made: Any
):
    key = (await store.keys.set(700, "cs_live_first_000000", set_by=1, status=made.status())).key
    other = (await store.keys.set(701, "cs_live_other_000000", set_by=1, status=made.status())).key
    await pay(store, accepted, "1")
    await pay(store, accepted, "2", key_id=key.id)
    await pay(store, accepted, "3", guild_id=701)
    await pay(store, accepted, "4", guild_id=701, key_id=other.id)
    assert await costs(store) == await costs(store, guild_id=702) == [3, 1]
    assert await costs(store, key_id=key.id) == [2]
    assert await costs(store, guild_id=702, key_id=key.id) == []
    assert list((await store.true_costs.all(702, None))["image.generate"].values()) == [[3, 1]]


async def test_an_estimate_that_was_settled_because_the_api_told_no_cost_shows_no_price(store: Store, accepted: Any):
    _, (job,) = await accepted(store, price_kind=FLUX)
    assert await store.jobs.change(job, JobState.DELIVERED, settle=job.held) is not None
    assert await costs(store) == []


async def test_all_kinds_are_told_with_their_newest_costs(store: Store, accepted: Any):
    for cost in range(JOBS_READ + 1):
        await pay(store, accepted, str(cost))
    await pay(store, accepted, "9", operation="video.generate", price_kind="")
    assert await store.true_costs.all(700, None) == {
        "image.generate": {PriceFactors(kind=FLUX): list(range(JOBS_READ, 0, -1))},
        "video.generate": {PriceFactors(): [9]},
    }


async def test_a_jobs_price_survives_the_erasure_of_its_content(store: Store, accepted: Any):
    job = await pay(store, accepted, "8")
    await store.privacy.erase(700, job.author_id)
    assert await costs(store) == [8]
