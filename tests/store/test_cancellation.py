"""Jobs that are cancelled: which are refunded, and what happens to those that wait for them."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import Card, Job, JobState
from bot.domain.money.spend_request import Verdict
from bot.store import Store
from bot.store.texts import STEP_LOST
from tests.support.claims import claimed_by
from tests.support.stored import delivered

GUILD, AUTHOR = 700, 42
CANCELLED = "Canceled by its author."
Accept = Callable[..., Awaitable[tuple[Card, tuple[Job, ...]]]]


async def chain(store: Store, made: Any, *states: JobState) -> tuple[Card, tuple[Job, ...]]:
    """Accept a card whose jobs wait for each other, one after the other."""
    card = made.card()
    jobs: list[Job] = []
    for place, state in enumerate(states):
        after = (jobs[-1].id,) if jobs else ()
        jobs.append(made.job(card, place, "5", state=state, after_ids=after, fill={"prompt": "x"} if after else {}))
    card, stored, _ = await store.cards.accept(card, jobs, lambda _: None)
    await store.cards.mark_answered(GUILD, card.id, 900, 55)
    return card, stored


async def kinds(store: Store, job: Job) -> list[str]:
    return sorted(row.kind for row in await store.ledger.rows(GUILD) if row.job_id == job.id)


@pytest.mark.parametrize("state", [JobState.SUBMITTING, JobState.WAITING, JobState.AWAITING_APPROVAL])
async def test_a_job_that_was_never_sent_is_cancelled_and_refunded(store: Store, made: Any, state: JobState):
    card = made.card()
    _, (job,), _ = await store.cards.accept(card, [made.job(card)], lambda _: Verdict(states=(state,)))
    done = await store.cancellation.cancel(GUILD, job.id, CANCELLED)
    assert done is not None
    assert (done.stopped, done.job.state, done.job.error, done.others) == (True, JobState.CANCELLED, CANCELLED, 0)
    assert await kinds(store, job) == ["hold", "release"]
    assert await store.questions.get(GUILD, "approval", card.id) is None
    assert await store.cancellation.cancel(GUILD, job.id, CANCELLED) is None
    assert await kinds(store, job) == ["hold", "release"]


@pytest.mark.parametrize("state", [JobState.SUBMITTING, JobState.QUEUED, JobState.PROCESSING, JobState.READY])
async def test_a_job_that_may_have_been_sent_continues(store: Store, accepted: Accept, state: JobState):
    _, (job,) = await accepted(store)
    sent = await store.jobs.change(job, state, attempts=1)
    done = await store.cancellation.cancel(GUILD, job.id, CANCELLED)
    assert done is not None
    assert (done.stopped, done.job) == (False, sent)
    assert await store.jobs.get(GUILD, job.id) == sent
    assert await kinds(store, job) == ["hold"]
    assert sent is not None
    assert sent.dropped_by is None


async def test_a_request_to_drop_the_result_is_kept(store: Store, accepted: Accept):
    _, (job,) = await accepted(store)
    sent = await store.jobs.change(job, JobState.QUEUED, attempts=1)
    assert sent is not None
    await store.cancellation.cancel(GUILD, job.id, CANCELLED, drop_by=AUTHOR)
    changed = await store.jobs.change(sent, JobState.PROCESSING)
    assert changed is not None
    assert changed.dropped_by == AUTHOR, "a later change must not lose it"
    assert await store.jobs.get(GUILD, job.id) == changed


async def test_a_worker_that_has_the_job_finds_it_taken_from_it(store: Store, accepted: Accept):
    await accepted(store)
    [claimed] = await claimed_by(store, "worker")
    await store.cancellation.cancel(GUILD, claimed.id, CANCELLED)
    assert await store.jobs.change(claimed, JobState.SUBMITTING, attempts=1) is None
    assert await kinds(store, claimed) == ["hold", "release"]


@pytest.mark.parametrize("sent", [False, True])
async def test_the_dependents_of_a_cancelled_job_are_refunded_with_it(store: Store, made: Any, sent: bool):
    waiting = JobState.WAITING
    card, (first, second, third) = await chain(store, made, JobState.SUBMITTING, waiting, waiting)
    if sent:
        changed = await store.jobs.change(first, JobState.QUEUED, attempts=1)
        assert changed is not None
        first = changed
    done = await store.cancellation.cancel(GUILD, first.id, CANCELLED)
    assert done is not None
    assert (done.stopped, done.others) == (not sent, 2)
    jobs = await store.jobs.of_card(GUILD, card.id)
    assert [job.state for job in jobs[1:]] == [JobState.CANCELLED] * 2
    assert [job.error for job in jobs[1:]] == [str(STEP_LOST)] * 2
    assert await kinds(store, second) == await kinds(store, third) == ["hold", "release"]
    if sent:
        await delivered(store, first)
        assert [job.state for job in await store.jobs.of_card(GUILD, card.id)] == [
            JobState.DELIVERED, JobState.CANCELLED, JobState.CANCELLED,
        ]  # fmt: skip


async def test_an_approval_is_withdrawn_with_the_last_job_that_waits_for_it(store: Store, made: Any):
    card = made.card()
    asked = (JobState.AWAITING_APPROVAL,) * 2
    jobs = [made.job(card, place) for place in range(2)]
    _, stored, _ = await store.cards.accept(card, jobs, lambda _: Verdict(states=asked))
    await store.cancellation.cancel(GUILD, stored[0].id, CANCELLED)
    assert await store.questions.get(GUILD, "approval", card.id) is not None
    await store.cancellation.cancel(GUILD, stored[1].id, CANCELLED)
    assert await store.questions.get(GUILD, "approval", card.id) is None


async def test_a_job_is_paid_or_refunded_whichever_is_first(store: Store, accepted: Accept):
    """A cancel and a success at once: one of them wins, the books are closed once."""
    import asyncio

    _, (job,) = await accepted(store)
    results = await asyncio.gather(
        store.cancellation.cancel(GUILD, job.id, CANCELLED),
        store.jobs.change(job, JobState.DELIVERED, settle=Decimal(4)),
    )
    assert sum(result is not None for result in results) == 1
    assert len(await kinds(store, job)) == 2


async def test_the_ledger_holds_a_cancel_to_its_rules(store: Store, accepted: Accept):
    _, (job,) = await accepted(store)
    await store.cancellation.cancel(GUILD, job.id, CANCELLED)
    with pytest.raises(sqlite3.IntegrityError):
        await store._database.write(
            lambda db: db.execute("UPDATE ledger SET credits_milli = 0 WHERE job_id = ?", (job.id,))
        )
    assert (await store.jobs.get(GUILD, job.id)) == replace(
        job, state=JobState.CANCELLED, error=CANCELLED, finished_at=store.jobs._clock.wall()
    )
