"""The host's limits are asked at acceptance, as a cost is told, and before each start; no order of acts gets past."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from bot.domain.models import UNKNOWN, Job, JobState
from bot.domain.money.limit_rules import host_limits
from bot.domain.money.spend_request import Spender, SpendItem, SpendRequest, Verdict
from bot.domain.money.spending_policy import decide
from bot.domain.server.guild_rules import Limit, Period, Rules, Scope
from bot.errors import Refused
from bot.store import Spending, Store
from tests.store.conftest import GUILD

ELSEWHERE = GUILD + 1
Open = Callable[..., Awaitable[Store]]
W, S, C = JobState.WAITING, JobState.SUBMITTING, JobState.CANCELLED


def limited(store: Store, each: int | None = None, total: int | None = None) -> None:
    store.limit_host_key(
        host_limits(None if each is None else Decimal(each), None if total is None else Decimal(total))
    )


async def wait_for(store: Store, accepted: Any, *holds: str, guild_id: int = GUILD, **values: Any) -> list[Job]:
    return [(await accepted(store, held, guild_id=guild_id, state=W, **values))[1][0] for held in holds]


async def send(store: Store, job: Job) -> Job:
    changed = await store.jobs.change(job, JobState.PROCESSING, attempts=1, remote_id=f"req_{job.id}")
    assert changed is not None
    return changed


async def now(store: Store, jobs: Sequence[Job]) -> list[JobState]:
    found = [await store.jobs.get(each.guild_id, each.id) for each in jobs]
    return [job.state for job in found if job is not None]


async def run_all(store: Store, truth: str, guilds: Sequence[int] = (GUILD,)) -> Decimal:
    """Let everything that waits run, each at its true cost, and return what was spent."""
    for _ in range(100):
        started: list[Job] = []
        for guild_id in guilds:
            await store.queue.start_waiting(guild_id)
            started += await store.job_lists.recent(guild_id, limit=100, states=[S])
        if not started:
            break
        for job in [await send(store, each) for each in started]:
            told = await store.jobs.raise_hold(job, Decimal(truth))
            assert told is not None
            await store.jobs.change(told.job, JobState.DELIVERED, settle=Decimal(truth), cost=Decimal(truth))
    return sum([(await store.ledger.balance(guild_id)).spent for guild_id in guilds], Decimal(0))


@pytest.mark.parametrize(
    ("limit", "truth", "jobs", "members", "rules"),
    [
        pytest.param(400, "300", 20, 1, Rules(), id="a batch of 20"),
        pytest.param(500, "300", 25, 25, Rules(), id="many members, one film each"),
        pytest.param(100, "300", 5, 1, Rules(running_per_member=1, running_per_server=1), id="one after the other"),
        pytest.param(50, "100", 2, 2, Rules(running_per_member=10, running_per_server=20), id="a raised running limit"),
    ],
)
async def test_what_waits_at_an_unknown_price_spends_at_most_one_job_over_the_limit(
    store: Store, accepted: Any, limit: int, truth: str, jobs: int, members: int, rules: Rules
):
    limited(store, limit)
    await store.settings.change(GUILD, lambda _: rules)
    for number in range(jobs):
        await wait_for(store, accepted, "20", author_id=1 + number % members, basis=UNKNOWN)
    spent = await run_all(store, truth)
    assert 0 < spent <= limit + Decimal(truth)
    assert await store.check() == []


@pytest.mark.parametrize("scope", [Scope.HOST_SERVER, Scope.HOST_TOTAL, Scope.SERVER, Scope.EVERYONE])
async def test_what_waits_when_its_period_ends_still_spends_that_periods_credits(
    store: Store, accepted: Any, clock: Any, scope: Scope
):
    limit = Limit(scope=scope, period=Period.MONTH, credits=Decimal(400))
    if scope.is_host:
        store.limit_host_key((limit,))
    else:
        await store.limits.set(GUILD, limit, by_id=1)
    await wait_for(store, accepted, *["20"] * 10, basis=UNKNOWN)
    clock.now += 31 * 86_400
    [later] = await wait_for(store, accepted, "20", author_id=2)
    assert await run_all(store, "300") == 900  # two of the last month, and the one of this
    assert await now(store, [later]) == [JobState.DELIVERED]


async def test_the_servers_of_a_total_spend_at_most_one_job_over_it_together(store: Store, accepted: Any):
    limited(store, total=400)
    for guild_id in (GUILD, ELSEWHERE):
        await wait_for(store, accepted, *["20"] * 10, guild_id=guild_id, basis=UNKNOWN)
    assert await run_all(store, "300", (GUILD, ELSEWHERE)) == 600


async def test_unknown_prices_run_one_at_a_time_under_the_hosts_limit(store: Store, accepted: Any):
    limited(store, 400)
    await wait_for(store, accepted, "20", "20", basis=UNKNOWN)
    [elsewhere] = await wait_for(store, accepted, "20", guild_id=ELSEWHERE, basis=UNKNOWN)
    for guild_id in (GUILD, ELSEWHERE):
        await store.queue.start_waiting(guild_id)
    assert len(await store.job_lists.recent(GUILD, states=[S])) == 1
    assert await now(store, [elsewhere]) == [S]  # a limit of each server's own


async def test_unknown_prices_of_all_servers_take_turns_under_a_total(store: Store, accepted: Any):
    limited(store, total=400)
    [here] = await wait_for(store, accepted, "20", basis=UNKNOWN)
    [elsewhere] = await wait_for(store, accepted, "20", guild_id=ELSEWHERE, basis=UNKNOWN)
    for guild_id in (GUILD, ELSEWHERE):
        await store.queue.start_waiting(guild_id)
    assert await now(store, [here, elsewhere]) == [S, W]
    await store.jobs.change(replace(here, state=S), JobState.FAILED, release=True)
    await store.queue.start_waiting(ELSEWHERE)
    assert await now(store, [elsewhere]) == [S]


async def test_what_a_cost_takes_of_the_hosts_limit_ends_the_newest(store: Store, accepted: Any, made: Any):
    limited(store, 100)
    _, (job,) = await accepted(store, "20")
    waiting = await wait_for(store, accepted, "20", "20")
    key = (await store.keys.set(GUILD, "cs_live_0123456789abcdef", set_by=1, status=made.status())).key
    own = await wait_for(store, accepted, "20", key_id=key.id)
    assert await store.jobs.raise_hold(await send(store, job), Decimal(70)) is not None
    await store.queue.start_waiting(GUILD)
    assert await now(store, [*waiting, *own]) == [S, C, S]


async def test_what_others_have_spent_by_the_start_counts_for_the_total(store: Store, accepted: Any):
    limited(store, total=100)
    waiting = await wait_for(store, accepted, "20", "20", guild_id=ELSEWHERE)
    _, (job,) = await accepted(store, "20")
    assert await store.jobs.raise_hold(await send(store, job), Decimal(80)) is not None
    await store.queue.start_waiting(ELSEWHERE)
    assert await now(store, waiting) == [S, C]
    last = await store.jobs.get(ELSEWHERE, waiting[1].id)
    assert last is not None
    assert "A limit has been used up" in (last.error or "")


@pytest.mark.parametrize("has_total", [False, True])
async def test_a_limit_that_was_lowered_is_checked_before_a_start(store: Store, accepted: Any, has_total: bool):
    waiting = await wait_for(store, accepted, "20")
    limited(store, None if has_total else 19, 19 if has_total else None)
    assert await store.queue.start_waiting(GUILD) == [waiting[0].card_id]
    assert await now(store, waiting) == [C]


async def test_what_a_late_result_was_charged_counts_before_the_next_start(store: Store, accepted: Any):
    await store.limits.set(GUILD, replace(host_limits(Decimal(30), None)[0], scope=Scope.SERVER), by_id=1)
    _, (lost,) = await accepted(store, "20")
    late = {"release": True, "recheck": True, "remote_id": "r", "submitted_at": store.jobs._clock.wall()}
    ended = await store.jobs.change(lost, JobState.FAILED, **late)
    assert ended is not None
    waiting = await wait_for(store, accepted, "20")
    assert await store.rechecks.billed(ended, Decimal(20)) is not None
    await store.queue.start_waiting(GUILD)
    assert await now(store, waiting) == [C]


async def test_what_asks_a_moderator_is_not_ended_by_the_start_of_what_fits(store: Store, accepted: Any, made: Any):
    await store.limits.set(GUILD, replace(host_limits(Decimal(100), None)[0], scope=Scope.SERVER), by_id=1)
    [fits] = await wait_for(store, accepted, "90")
    card = made.card(GUILD)
    asking = Verdict(states=(JobState.AWAITING_APPROVAL,), asked="limit")
    _, (above,), _ = await store.cards.accept(card, [made.job(card, 0, "20")], lambda _: asking)
    await store.queue.start_waiting(GUILD)
    assert await now(store, [fits, above]) == [S, JobState.AWAITING_APPROVAL]


def asks(credits_: int) -> SpendRequest:
    item = SpendItem(operation="image.generate", title="Image", credits=Decimal(credits_), exact=False)
    spender = Spender(member_id=1, role_ids=frozenset(), channel_ids=frozenset({55}), age_restricted=False)
    return SpendRequest(spender=spender, items=[item], host_pays=True)


def deciding(request: SpendRequest) -> Callable[[Spending], Verdict]:
    return partial(decide, request)


async def test_of_two_servers_at_once_exactly_one_gets_the_last_credits_of_the_total(open_store: Open, made: Any):
    stores = [await open_store(), await open_store()]
    for store in stores:
        limited(store, total=50)

    async def accept(number: int) -> None:
        card = made.card(GUILD + number)
        store = stores[number % 2]
        await store.cards.accept(card, [made.job(card, held="30")], deciding(asks(30)))

    outcomes = await asyncio.gather(*map(accept, range(8)), return_exceptions=True)
    assert sorted(type(each) is Refused for each in outcomes) == [False, *[True] * 7]
    assert all(each is None or each.reason == "host limit" for each in outcomes)  # type: ignore[union-attr]
