"""The first attempts of a new card's jobs, stored in one transaction with its answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.domain.models import Card, Job, JobState
from bot.store import FirstAttempts, Store
from tests.support.claims import claimed_by

GUILD = 700


async def begin(store: Store, card: Card, *jobs: Job, lease: str = "p1") -> list[Job]:
    first = FirstAttempts(job_ids=[job.id for job in jobs], lease=lease, key_id=None)
    return await store.cards.mark_answered(card.guild_id, card.id, 900, 55, first)


async def unanswered(store: Store, made: Any, count: int = 1, **values: Any) -> tuple[Card, tuple[Job, ...]]:
    card = made.card(GUILD)
    jobs = [made.job(card, place, **values) for place in range(count)]
    return (await store.cards.accept(card, jobs, lambda _: None))[:2]


async def test_a_begun_job_is_leased_in_doubt_and_claimed_by_no_other(store: Store, made: Any, clock: Any) -> None:
    card, (job,) = await unanswered(store, made)
    (begun,) = await begin(store, card, job)
    assert begun == replace(job, lease="p1", attempts=1, first_attempt_at=clock.now, in_doubt=True)
    assert await store.jobs.get(GUILD, job.id) == begun
    answered = await store.cards.get(GUILD, card.id)
    assert answered is not None
    assert (answered.answered, answered.message_id, answered.message_channel_id) == (True, 900, 55)
    assert await claimed_by(store, "p2", limit=9) == await claimed_by(store, "p1", limit=9) == []


async def test_what_was_not_begun_is_left_to_a_claim(store: Store, made: Any) -> None:
    card, (first, second) = await unanswered(store, made, 2)
    assert [job.id for job in await begin(store, card, first)] == [first.id]
    (claimed,) = await claimed_by(store, "p1", limit=9)
    assert (claimed.id, claimed.attempts, claimed.in_doubt) == (second.id, 0, False)


async def test_a_job_that_was_cancelled_claimed_or_is_another_cards_is_not_begun(store: Store, made: Any) -> None:
    card, (cancelled, of_other) = await unanswered(store, made, 2)
    await store.cancellation.cancel(GUILD, cancelled.id, "no")
    assert await begin(store, card, cancelled) == []
    other, (job,) = await unanswered(store, made)
    assert await begin(store, other, of_other, job) == [await store.jobs.get(GUILD, job.id)]
    third, (claimed,) = await unanswered(store, made)
    await begin(store, third)
    await claimed_by(store, "p2", limit=9)
    assert await begin(store, third, claimed) == []
    assert (await store.jobs.get(GUILD, claimed.id)).lease == "p2"  # type: ignore[union-attr]  # it is there


async def test_what_waits_for_another_step_or_a_moderator_is_not_begun(store: Store, made: Any) -> None:
    for state in (JobState.WAITING, JobState.AWAITING_APPROVAL):
        card, (job,) = await unanswered(store, made, state=state)
        assert await begin(store, card, job) == []


async def test_a_begun_job_cannot_be_cancelled_and_is_taken_over_once_its_process_has_died(
    store: Store, made: Any, clock: Any
) -> None:
    card, (job,) = await unanswered(store, made)
    await begin(store, card, job)
    cancelled = await store.cancellation.cancel(GUILD, job.id, "no")
    assert cancelled is not None
    assert not cancelled.stopped
    await store.leases.drop("p1")
    (taken,) = await claimed_by(store, "p2", limit=9)
    assert (taken.id, taken.attempts, taken.in_doubt) == (job.id, 1, True)
