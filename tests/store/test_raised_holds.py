"""The API tells a cost above the hold: it is held at once, and what is over a limit by it does not start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import Job, JobState
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.store import Store
from bot.store.jobs.jobs import Advanced

ROLE = 70


async def limit(store: Store, credits: int, scope: Scope = Scope.SERVER, **values: Any) -> None:  # noqa: A002 - the domain's word
    made = Limit(scope=scope, period=Period.TOTAL, credits=Decimal(credits), **values)
    await store.limits.set(700, made, by_id=1)


async def sent(store: Store, accepted: Any, held: str = "20", **values: Any) -> Job:
    _, (job,) = await accepted(store, held, **values)
    changed = await store.jobs.change(job, JobState.PROCESSING, attempts=1, remote_id=f"req_{job.id}")
    assert changed is not None
    return changed


async def raised(store: Store, job: Job, cost: str) -> Advanced:
    found = await store.jobs.raise_hold(job, Decimal(cost))
    assert found is not None
    return found


async def states(store: Store, jobs: Sequence[Job]) -> list[JobState]:
    found = [await store.jobs.get(700, job.id) for job in jobs]
    return [job.state for job in found if job is not None]


async def test_what_the_api_tells_is_held_and_counts_at_once_and_is_settled_or_released_as_any_hold(
    store: Store, accepted: Any
):
    job = (await raised(store, await sent(store, accepted), "48")).job
    assert (job.held, job.raised, job.reserved, job.cost) == (20, 28, 48, 48)
    assert (await store.ledger.balance(700)).held == 48
    spent = await store.spending.view(
        700, job.author_id, lambda books: books.spent(0, member=True, operation="", channel_id=0)
    )
    assert spent == 48
    assert await store.jobs.change(job, JobState.DELIVERED, settle=Decimal(48)) is not None
    other = (await raised(store, await sent(store, accepted), "30")).job
    assert await store.jobs.change(other, JobState.FAILED, release=True) is not None
    sums = await store.ledger.balance(700)
    assert (sums.spent, sums.held) == (48, 0)
    assert await store.check() == []


async def test_a_lower_cost_lowers_no_hold_and_a_raised_one_never_falls(store: Store, accepted: Any):
    job = (await raised(store, await sent(store, accepted), "5")).job
    assert (job.reserved, job.cost) == (20, 5)
    job = (await raised(store, job, "30")).job
    job = (await raised(store, job, "25")).job
    assert (job.reserved, job.cost) == (30, 25)


async def test_who_has_lost_the_job_raises_nothing(store: Store, accepted: Any):
    job = await sent(store, accepted)
    assert await store.jobs.change(job, JobState.FAILED, release=True) is not None
    assert await store.jobs.raise_hold(job, Decimal(900)) is None
    assert (await store.ledger.balance(700)).held == 0


async def test_what_was_not_sent_is_refunded_newest_first_until_the_limit_holds(store: Store, accepted: Any):
    await limit(store, 100)
    job = await sent(store, accepted, "20")
    waiting = [(await accepted(store, "20", state=JobState.WAITING))[1][0] for _ in range(3)]
    await raised(store, job, "50")
    assert await store.queue.start_waiting(700) == [waiting[place].card_id for place in (2, 0, 1)]
    assert await states(store, waiting) == [JobState.SUBMITTING, JobState.SUBMITTING, JobState.CANCELLED]
    assert (await store.ledger.balance(700)).held == 90
    cancelled = await store.jobs.get(700, waiting[2].id)
    assert cancelled is not None
    assert "A limit has been used up" in str(cancelled.error)


async def test_what_was_sent_already_goes_on(store: Store, accepted: Any):
    await limit(store, 60)
    job = await sent(store, accepted, "20")
    others = [await sent(store, accepted, "20"), (await accepted(store, "20", state=JobState.WAITING))[1][0]]
    await raised(store, job, "900")
    await store.queue.start_waiting(700)
    assert await states(store, others) == [JobState.PROCESSING, JobState.CANCELLED]
    assert (await store.ledger.balance(700)).held == 920


async def test_no_job_more_is_stopped_where_the_limit_holds_exactly(store: Store, accepted: Any):
    await limit(store, 100)
    job = await sent(store, accepted, "20")
    waiting = [(await accepted(store, "20", state=JobState.WAITING))[1][0] for _ in range(3)]
    await raised(store, job, "60")
    await store.queue.start_waiting(700)
    assert await states(store, waiting) == [JobState.SUBMITTING, JobState.SUBMITTING, JobState.CANCELLED]


@pytest.mark.parametrize(
    ("scope", "values", "stops"),
    [
        (Scope.EVERYONE, {}, [True, False]),
        (Scope.MEMBER, {"scope_id": 42}, [True, False]),
        (Scope.MEMBER, {"scope_id": 43}, [False, False]),
        (Scope.ROLE, {"scope_id": ROLE}, [False, False]),
        (Scope.ROLE, {"scope_id": ROLE + 1}, [False, False]),
        (Scope.SERVER, {}, [True, True]),
        (Scope.EVERYONE, {"operation": "video.generate"}, [False, False]),
        (Scope.EVERYONE, {"channel_id": 55}, [True, False]),
        (Scope.EVERYONE, {"channel_id": 56}, [False, False]),
    ],
)
async def test_only_what_counts_for_the_limit_is_stopped(
    store: Store, accepted: Any, made: Any, scope: Scope, values: dict[str, Any], stops: list[bool]
):
    await limit(store, 60, scope, **values)
    card = made.card(700, author_id=42, role_ids=(5, ROLE))
    await store.cards.accept(card, [made.job(card, held="20")], lambda _: None)
    await store.cards.mark_answered(700, card.id, 1, 2)
    [job] = await store.jobs.of_card(700, card.id)
    job = await store.jobs.change(job, JobState.PROCESSING, attempts=1, remote_id="req_1")
    mine = (await accepted(store, "20", state=JobState.WAITING, author_id=42))[1]
    others = (await accepted(store, "20", state=JobState.WAITING, author_id=43))[1]
    assert job is not None
    await raised(store, job, "900")
    await store.queue.start_waiting(700)
    assert [state is JobState.CANCELLED for state in await states(store, [*mine, *others])] == stops


async def test_a_card_keeps_those_roles_of_its_author_that_limits_are_for(store: Store, made: Any):
    await limit(store, 60, Scope.ROLE, scope_id=ROLE)
    card = made.card(700, role_ids=(5, ROLE))
    await store.cards.accept(card, [made.job(card)], lambda _: None)
    kept = await store.cards.get(700, card.id)
    assert kept is not None
    assert kept.role_ids == (ROLE,)


async def test_a_price_that_has_risen_is_held_by_the_next_start_and_counts_for_what_runs(store: Store, accepted: Any):
    about = {"price_kind": "model=flux", "basis": "earlier jobs"}
    await limit(store, 100)
    runs = await sent(store, accepted, "10", **about)
    told = await sent(store, accepted, "10", **about)
    waiting = [(await accepted(store, "10", state=JobState.WAITING, **about))[1][0] for _ in range(3)]
    await raised(store, told, "30")
    await store.queue.start_waiting(700)
    # 30 were told, the other running one may cost 30 too: of the next ones one has room, but not beside it.
    held = [await store.jobs.get(700, each.id) for each in waiting]
    assert held[0] is not None
    assert held[0].reserved == 30
    await store.jobs.change(runs, JobState.FAILED, release=True)
    await store.queue.start_waiting(700)
    assert JobState.SUBMITTING in await states(store, waiting)
    assert await store.check() == []


async def test_after_a_rise_a_limit_is_exceeded_by_one_job(store: Store, accepted: Any):
    await limit(store, 200)
    about = {"price_kind": "model=flux", "basis": "earlier jobs"}
    await store.settings.change(700, lambda rules: replace(rules, running_per_member=20))
    for _ in range(3):
        job = await sent(store, accepted, "7", **about)
        await store.jobs.change(job, JobState.DELIVERED, settle=Decimal(7), cost=Decimal(7))
    jobs = [(await accepted(store, "7", state=JobState.WAITING, **about))[1][0] for _ in range(25)]
    while await store.queue.start_waiting(700):
        for each in await store.job_lists.recent(700, states=[JobState.SUBMITTING], limit=99):
            job = await store.jobs.change(each, JobState.PROCESSING, attempts=1, remote_id=each.id)
            assert job is not None
            job = (await raised(store, job, "21")).job
            assert await store.jobs.change(job, JobState.DELIVERED, settle=Decimal(21), cost=Decimal(21)) is not None
    assert JobState.WAITING not in await states(store, jobs)
    assert 200 - 21 < (await store.ledger.balance(700)).spent <= 200 + 21
