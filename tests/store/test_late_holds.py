"""Jobs that wait for the price of their kind: nothing is held for them until it is known or their turn has come."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from bot.domain.models import UNKNOWN, Job, JobState
from bot.domain.money.limit_rules import host_limits
from bot.domain.money.spend_request import Verdict
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.store import Store
from tests.support.stored import states

GUILD, AUTHOR, DAY_S = 700, 42, 86_400.0
W, S, DONE, GONE = JobState.WAITING, JobState.SUBMITTING, JobState.DELIVERED, JobState.CANCELLED


async def limited(store: Store, amount: int, scope: Scope = Scope.EVERYONE, period: Period = Period.DAY) -> None:
    await store.limits.set(GUILD, Limit(scope=scope, period=period, credits=Decimal(amount)), by_id=9)


async def grid(
    store: Store, made: Any, count: int = 4, *, guess: str = "20", first: JobState = S, **values: Any
) -> list[Job]:
    """Accept jobs of one unknown kind as intake does: the first finds out the price, the others wait for it."""
    card = made.card(GUILD)
    about = {"basis": UNKNOWN, "price_kind": "model=flux"} | values
    jobs = [made.job(card, place, guess, **about) for place in range(count)]
    verdict = Verdict(states=(first, *[W] * (count - 1)), unheld=frozenset(range(1, count)))
    await store.cards.accept(card, jobs, lambda _: verdict)
    await store.cards.mark_answered(GUILD, card.id, 900, 55)
    return list(await store.jobs.of_card(GUILD, card.id))


async def again(store: Store, jobs: list[Job]) -> list[Job]:
    return list(await store.jobs.of_card(GUILD, jobs[0].card_id))


async def told(store: Store, job: Job, cost: str) -> Job:
    """Let Cannon Studio say what the job costs while it makes it."""
    sent = await store.jobs.change(job, JobState.PROCESSING, attempts=1, remote_id=job.id)
    assert sent is not None
    raised = await store.jobs.raise_hold(sent, Decimal(cost))
    assert raised is not None
    return raised.job


async def left(store: Store) -> Decimal:
    limits = await store.limits.all(GUILD)
    spent = await store.spending.view(
        GUILD, AUTHOR, lambda known: known.spent(0.0, member=True, operation="", channel_id=0)
    )
    return limits[0].credits - spent


async def test_what_waits_for_a_price_holds_nothing_and_does_not_start(store: Store, made: Any):
    await limited(store, 60)
    jobs = await grid(store, made)
    assert [(job.reserved, job.estimate, job.waits_for_price) for job in jobs] == [
        (Decimal(20), Decimal(20), False),
        *[(Decimal(0), Decimal(20), True)] * 3,
    ]
    assert (await store.ledger.balance(GUILD)).held == 20
    assert await store.queue.start_waiting(GUILD) == []
    assert await states(store, jobs) == [S, W, W, W]
    assert await store.check() == []


async def test_they_wait_for_it_also_while_the_server_practises(store: Store, made: Any):
    await limited(store, 60)
    jobs = await grid(store, made)
    await store.keys.set(GUILD, "practice-key", set_by=9, status=made.status(), practice=True)
    assert await store.queue.start_waiting(GUILD) == []
    assert await states(store, jobs) == [S, W, W, W]


async def test_they_hold_the_first_ones_cost_and_start_when_it_is_told(store: Store, made: Any):
    await limited(store, 60)
    first, *others = jobs = await grid(store, made)
    await told(store, first, "7")
    assert await store.queue.start_waiting(GUILD) == [first.card_id]
    assert await states(store, others) == [S, S, W]  # three places
    assert [(job.basis, job.reserved) for job in (await again(store, jobs))[1:3]] == [("earlier jobs", Decimal(7))] * 2
    assert (await store.ledger.balance(GUILD)).held == 20 + 2 * 7
    assert await store.check() == []


async def test_what_no_longer_fits_ends_with_the_limit_as_its_reason_and_the_rest_is_made(store: Store, made: Any):
    await limited(store, 60)
    first, *_ = jobs = await grid(store, made)
    first = await told(store, first, "22")
    assert await store.queue.start_waiting(GUILD) == [first.card_id]
    assert await states(store, jobs) == [JobState.PROCESSING, S, GONE, GONE]
    ended = (await again(store, jobs))[2]
    assert "You have 16 of your 60 daily credits left." in str(ended.error)
    assert "This job needs about 22." in str(ended.error)
    assert (await store.ledger.balance(GUILD)).held == 44
    done = await store.jobs.change(first, DONE, settle=Decimal(22), cost=Decimal(22))
    assert done is not None
    assert await left(store) == 60 - 44
    assert await store.check() == []


async def test_without_a_cost_the_next_one_finds_it_out(store: Store, made: Any):
    await limited(store, 60)
    first, second, *_ = jobs = await grid(store, made)
    await store.jobs.change(first, JobState.FAILED, release=True)
    assert await store.queue.start_waiting(GUILD) == [first.card_id]
    assert await states(store, jobs) == [JobState.FAILED, S, W, W]
    second = (await again(store, jobs))[1]
    assert (second.basis, second.reserved) == (UNKNOWN, Decimal(20))
    await told(store, second, "9")
    await store.queue.start_waiting(GUILD)
    assert await states(store, jobs) == [JobState.FAILED, JobState.PROCESSING, S, S]
    assert await store.check() == []


async def test_the_next_one_is_held_to_the_limits_of_its_turn_too(store: Store, made: Any, accepted: Any):
    await limited(store, 60)
    first, *_ = jobs = await grid(store, made)
    await store.jobs.change(first, JobState.FAILED, release=True)
    [other] = (await accepted(store, "55", basis="earlier jobs"))[1]
    await store.queue.start_waiting(GUILD)
    assert await states(store, jobs) == [JobState.FAILED, W, W, W]  # alone, as it may cost more than is left
    await store.jobs.change(other, DONE, settle=Decimal(55), cost=Decimal(55))
    await store.queue.start_waiting(GUILD)
    assert await states(store, jobs) == [JobState.FAILED, S, W, W]
    assert (await again(store, jobs))[1].reserved == 5
    assert await store.check() == []


async def test_where_nothing_is_left_the_next_one_ends(store: Store, made: Any, accepted: Any):
    await limited(store, 60)
    first, *_ = jobs = await grid(store, made)
    await store.jobs.change(first, JobState.FAILED, release=True)
    await accepted(store, "60")
    assert await store.queue.start_waiting(GUILD) == [first.card_id]
    assert await states(store, jobs) == [JobState.FAILED, GONE, GONE, GONE]


async def test_jobs_of_another_card_wait_for_the_price_too(store: Store, made: Any):
    await limited(store, 200)
    first, *_ = await grid(store, made)
    card = made.card(GUILD)
    job = made.job(card, 0, "20", basis=UNKNOWN, price_kind="model=flux")
    await store.cards.accept(card, [job], lambda _: Verdict(states=(W,), unheld=frozenset({0})))
    await store.cards.mark_answered(GUILD, card.id, 901, 55)
    assert await store.queue.start_waiting(GUILD) == []
    await store.settings.change(GUILD, lambda rules: replace(rules, running_per_member=9))
    await told(store, first, "7")
    assert await store.queue.start_waiting(GUILD) == [first.card_id, card.id]
    assert await states(store, [job]) == [S]


async def test_under_thresholds_alone_one_of_a_kind_finds_out_the_price(store: Store, made: Any):
    await store.settings.change(GUILD, lambda rules: replace(rules, confirm_above=Decimal(100)))
    first, *_ = jobs = await grid(store, made)
    assert await store.queue.start_waiting(GUILD) == []
    await told(store, first, "30")  # 4 times 30 is more than 100, and than the 80 that were confirmed
    assert await store.queue.start_waiting(GUILD) == [first.card_id]
    assert await states(store, jobs) == [JobState.PROCESSING, GONE, GONE, GONE]
    ended = (await again(store, jobs))[1]
    assert ended.error == ("This would cost about 30, more than the agreed 20. Try again to see the price first.")


async def test_a_hold_made_on_a_later_day_counts_on_that_day(store: Store, made: Any, clock: Any):
    await limited(store, 60)
    first, *_ = jobs = await grid(store, made)
    first = await told(store, first, "20")
    clock.now += DAY_S
    await store.queue.start_waiting(GUILD)
    assert await states(store, jobs) == [JobState.PROCESSING, S, W, W]
    since = Period.DAY.start(clock.now, (await store.settings.get(GUILD)).zone)
    spent = await store.spending.view(
        GUILD, AUTHOR, lambda known: known.spent(since, member=True, operation="", channel_id=0)
    )
    assert spent == 20
    assert first.created_at < since


async def test_the_hosts_limit_binds_what_a_moderator_has_allowed(store: Store, made: Any):
    store.limit_host_key(host_limits(Decimal(50), None))
    first, *_ = jobs = await grid(store, made)
    await told(store, first, "20")
    await store.queue.start_waiting(GUILD)
    assert await states(store, jobs) == [JobState.PROCESSING, S, GONE, GONE]
    assert "host's credits" in str((await again(store, jobs))[2].error)


async def test_a_step_waits_for_its_price_and_for_its_previous_step(store: Store, made: Any):
    await limited(store, 100)
    card = made.card(GUILD)
    about: dict[str, Any] = {"basis": UNKNOWN, "price_kind": "model=flux"}
    first = made.job(card, 0, "20", **about)
    second = made.job(card, 1, "20", after_ids=(first.id,), **about)
    await store.cards.accept(card, [first, second], lambda _: Verdict(states=(S, W), unheld=frozenset({1})))
    await store.cards.mark_answered(GUILD, card.id, 900, 55)
    processing = await told(store, (await store.jobs.of_card(GUILD, card.id))[0], "7")
    await store.queue.start_waiting(GUILD)
    assert await states(store, [second]) == [W]
    await store.jobs.change(processing, DONE, settle=Decimal(7), cost=Decimal(7))
    await store.queue.start_waiting(GUILD)
    assert await states(store, [second]) == [S]


async def test_grants_pay_for_it_at_that_moment(store: Store, made: Any):
    await limited(store, 30)
    await store.grants.add(GUILD, AUTHOR, Decimal(10), note="", by_id=9, expires_at=None)
    first, *_ = jobs = await grid(store, made, 2)
    await told(store, first, "18")
    await store.queue.start_waiting(GUILD)
    assert await states(store, jobs) == [JobState.PROCESSING, S]
    [granted] = await store.spending.view(GUILD, AUTHOR, lambda known: known.grants())
    assert granted.left == 2  # 20 and 18 are 8 above the limit
    assert await store.check() == []


async def test_a_job_that_waits_for_a_price_is_cancelled_without_a_charge(store: Store, made: Any):
    await limited(store, 60)
    jobs = await grid(store, made)
    await store.cancellation.cancel_card(GUILD, jobs[0].card_id, "No.")
    assert await states(store, jobs) == [GONE] * 4
    assert (await store.ledger.balance(GUILD)).held == 0
    assert await store.check() == []


async def test_what_does_not_fit_yet_waits_for_what_the_first_one_holds_too_much(store: Store, made: Any):
    await limited(store, 40)
    first, *_ = jobs = await grid(store, made)
    first = await told(store, first, "12")
    await store.queue.start_waiting(GUILD)
    assert await states(store, jobs) == [JobState.PROCESSING, S, W, W]
    await store.jobs.change(first, DONE, settle=Decimal(12), cost=Decimal(12))
    await store.queue.start_waiting(GUILD)
    for place in (1, 2):
        assert (await states(store, jobs))[: place + 1] == [*[DONE] * place, S]
        done = (await again(store, jobs))[place]
        await store.jobs.change(done, DONE, settle=Decimal(12), cost=Decimal(12))
        await store.queue.start_waiting(GUILD)
    assert await states(store, jobs) == [DONE, DONE, DONE, GONE]
    assert (await again(store, jobs))[3].did_not_fit
    assert await store.check() == []
