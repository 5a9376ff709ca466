from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import Card, Job, JobState, Media, MediaKind
from bot.domain.spend_request import Verdict
from bot.store import Copy, Store
from bot.store.work.dependents import STEP_CANCELLED

GUILD, AUTHOR, OTHER = 700, 42, 43
IMAGE = Media(url="https://media.test/1.png", kind=MediaKind.IMAGE, key="image_url")
CANCELLED = "Cancelled by who asked for it."

Accept = Callable[..., Awaitable[tuple[Card, tuple[Job, ...]]]]


async def delivered(store: Store, job: Job) -> Job:
    found = await store.jobs.change(
        job, JobState.DELIVERED, settle=Decimal(4), media=(IMAGE,), output={"image_url": "x"}
    )
    assert found is not None
    return found


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


# ---------------------------------------------------------------------- lists


async def test_a_list_has_pages_newest_first_and_says_how_many_there_are(store: Store, accepted: Accept):
    ids = [(await accepted(store))[1][0].id for _ in range(7)]
    first, total = await store.job_lists.page(GUILD, limit=3)
    second, _ = await store.job_lists.page(GUILD, limit=3, offset=3)
    last, _ = await store.job_lists.page(GUILD, limit=3, offset=6)
    assert total == 7
    assert [job.id for job in [*first, *second, *last]] == ids[::-1]


async def test_a_list_is_narrowed_to_a_member_and_to_states(store: Store, accepted: Accept):
    _, (mine,) = await accepted(store)
    _, (theirs,) = await accepted(store, author_id=OTHER)
    done = await delivered(store, theirs)
    assert await store.job_lists.page(GUILD, author_id=AUTHOR) == ([mine], 1)
    assert await store.job_lists.page(GUILD, states=[JobState.DELIVERED]) == ([done], 1)
    assert await store.job_lists.page(GUILD, author_id=AUTHOR, states=[JobState.DELIVERED]) == ([], 0)


async def test_what_is_held_is_listed_for_its_own_member(store: Store, accepted: Accept):
    _, (job,) = await accepted(store)
    held = await store.jobs.change(job, JobState.HELD, settle=Decimal(4))
    await accepted(store)
    assert await store.job_lists.held(GUILD, AUTHOR) == [held]
    assert await store.job_lists.held(GUILD, OTHER) == []


# ---------------------------------------------------------------------- families


async def test_a_family_is_the_same_from_each_of_its_members(store: Store, accepted: Accept):
    _, (root,) = await accepted(store)
    _, (left,) = await accepted(store, parent_id=root.id)
    _, (right,) = await accepted(store, parent_id=root.id)
    _, (grandchild,) = await accepted(store, parent_id=left.id)
    await accepted(store)
    expected = [root.id, left.id, right.id, grandchild.id]
    for job in (root, left, right, grandchild):
        assert [each.id for each in await store.lineage.of(GUILD, AUTHOR, job.id)] == expected


async def test_steps_of_one_card_are_a_family_with_what_the_card_was_made_from(
    store: Store, made: Any, accepted: Accept
):
    _, (root,) = await accepted(store)
    card = made.card()
    first = made.job(card, 0, parent_id=root.id)
    second = made.job(card, 1, parent_id=root.id, state=JobState.WAITING, after_ids=(first.id,))
    await store.cards.accept(card, [first, second], lambda _: None)
    assert [job.id for job in await store.lineage.of(GUILD, OTHER, second.id)] == [root.id, first.id, second.id]


async def test_a_private_relative_is_in_nobody_elses_family(store: Store, made: Any, accepted: Accept):
    _, (root,) = await accepted(store)
    card = made.card(private=True)
    secret = made.job(card, 0, parent_id=root.id)
    await store.cards.accept(card, [secret], lambda _: None)
    _, (child,) = await accepted(store, parent_id=secret.id)
    assert len(await store.lineage.of(GUILD, AUTHOR, root.id)) == 3
    assert [job.id for job in await store.lineage.of(GUILD, OTHER, root.id)] == [root.id]
    assert [job.id for job in await store.lineage.of(GUILD, OTHER, child.id)] == [child.id]
    assert await store.lineage.of(GUILD, OTHER, secret.id) == []


async def test_a_parent_that_is_not_there_any_more_ends_the_family(store: Store, accepted: Accept):
    _, (job,) = await accepted(store, parent_id="0000000000")
    assert [each.id for each in await store.lineage.of(GUILD, AUTHOR, job.id)] == [job.id]
    assert await store.lineage.of(GUILD, AUTHOR, "0000000000") == []


async def test_jobs_that_came_from_each_other_are_shown_once_each(store: Store, accepted: Accept):
    _, (job,) = await accepted(store, parent_id="J000000004")
    _, (other,) = await accepted(store, parent_id=job.id)
    assert other.id == "J000000004"
    assert [each.id for each in await store.lineage.of(GUILD, AUTHOR, job.id)] == [job.id, other.id]


async def test_a_family_is_found_by_an_index(store: Store):
    from bot.store.work import lineage as family

    values = {"guild_id": GUILD, "viewer_id": AUTHOR, "id": "x", "limit": 9}
    plan = await store._database.read(
        lambda db: [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {family._DESCENDANTS}", values)]
    )
    assert any("jobs_origin" in line for line in plan), plan


# ---------------------------------------------------------------------- copies


async def test_a_copy_is_noted_once_and_forgotten(store: Store, accepted: Accept):
    card, (job,) = await accepted(store)
    for kind in ("dm", "gallery"):
        assert await store.copies.note(GUILD, job.id, channel_id=66, message_id=1, kind=kind)
    await store.copies.note(GUILD, job.id, channel_id=67, message_id=2, kind="dm")
    assert await store.copies.of_card(GUILD, card.id) == [
        Copy(job_id=job.id, channel_id=66, message_id=1, kind="gallery"),
        Copy(job_id=job.id, channel_id=67, message_id=2, kind="dm"),
    ]
    await store.copies.forget(GUILD, 1)
    assert [copy.message_id for copy in await store.copies.of_card(GUILD, card.id)] == [2]
    assert not await store.copies.note(GUILD, "0000000000", channel_id=66, message_id=1, kind="dm")


async def test_where_a_card_has_stood_is_kept_among_its_copies(store: Store, accepted: Accept):
    card, (job, _) = await accepted(store, "1", "2")
    await store.cards.move(GUILD, card.id, message_id=901, channel_id=66)
    await store.cards.move(GUILD, card.id, message_id=901, channel_id=66)
    await store.cards.move(GUILD, card.id, message_id=902, channel_id=67)
    assert await store.copies.of_card(GUILD, card.id) == [
        Copy(job_id=job.id, channel_id=55, message_id=900, kind="card"),
        Copy(job_id=job.id, channel_id=66, message_id=901, kind="card"),
    ]


async def test_a_card_may_move_with_a_token_of_its_own(store: Store, accepted: Accept):
    card, _ = await accepted(store)
    await store.cards.move(GUILD, card.id, message_id=901, channel_id=66, token="later", token_expires_at=2e9)
    moved = await store.cards.get(GUILD, card.id)
    assert moved is not None
    assert (moved.token, moved.token_expires_at, moved.message_id) == ("later", 2e9, 901)
    await store.cards.take_down(GUILD, card.id)
    gone = await store.cards.get(GUILD, card.id)
    assert gone is not None
    assert (gone.token, gone.message_id, gone.message_channel_id) == (None, None, None)


# ---------------------------------------------------------------------- records


async def test_an_erased_record_keeps_ids_and_credits_and_nothing_that_was_said(store: Store, accepted: Accept):
    card, (first, second) = await accepted(store, "5", "6")
    await delivered(store, first)
    await store.jobs.change(second, JobState.FAILED, release=True, error="canary words")
    before = await store.ledger.balance(GUILD), await store.ledger.rows(GUILD)
    assert await store.cards.erase(GUILD, card.id) == 2
    for job, was in zip(await store.jobs.of_card(GUILD, card.id), (first, second), strict=True):
        assert (dict(job.input), dict(job.output), job.media, dict(job.fill), job.error) == ({}, {}, (), {}, None)
        assert (job.id, job.author_id, job.held, job.operation) == (was.id, was.author_id, was.held, was.operation)
    assert (await store.ledger.balance(GUILD), await store.ledger.rows(GUILD)) == before


async def test_the_record_of_an_open_job_is_not_erased(store: Store, accepted: Accept):
    card, (job,) = await accepted(store)
    assert await store.cards.erase(GUILD, card.id) == 0
    assert await store.jobs.get(GUILD, job.id) == job


# ---------------------------------------------------------------------- cancelling


@pytest.mark.parametrize("state", [JobState.SUBMITTING, JobState.WAITING, JobState.AWAITING_APPROVAL])
async def test_what_was_never_sent_is_stopped_and_given_back(store: Store, made: Any, state: JobState):
    card = made.card()
    _, (job,), _ = await store.cards.accept(card, [made.job(card)], lambda _: Verdict(states=(state,)))
    done = await store.cancellation.cancel(GUILD, job.id, CANCELLED)
    assert done is not None
    assert (done.stopped, done.job.state, done.job.error, done.others) == (True, JobState.CANCELLED, CANCELLED, 0)
    assert await kinds(store, job) == ["hold", "release"]
    assert await store.approvals.get(GUILD, card.id) is None
    assert await store.cancellation.cancel(GUILD, job.id, CANCELLED) is None
    assert await kinds(store, job) == ["hold", "release"]


@pytest.mark.parametrize("state", [JobState.SUBMITTING, JobState.QUEUED, JobState.PROCESSING, JobState.READY])
async def test_what_may_have_been_sent_goes_on(store: Store, accepted: Accept, state: JobState):
    _, (job,) = await accepted(store)
    sent = await store.jobs.change(job, state, attempts=1)
    done = await store.cancellation.cancel(GUILD, job.id, CANCELLED)
    assert done is not None
    assert (done.stopped, done.job) == (False, sent)
    assert await store.jobs.get(GUILD, job.id) == sent
    assert await kinds(store, job) == ["hold"]
    assert not await store.cancellation.is_dropped(GUILD, job.id)


async def test_a_wish_to_drop_the_result_is_kept(store: Store, accepted: Accept):
    _, (job,) = await accepted(store)
    sent = await store.jobs.change(job, JobState.QUEUED, attempts=1)
    assert sent is not None
    await store.cancellation.cancel(GUILD, job.id, CANCELLED, drop_by=AUTHOR)
    assert await store.cancellation.is_dropped(GUILD, job.id)
    await store.jobs.change(sent, JobState.PROCESSING)
    assert await store.cancellation.is_dropped(GUILD, job.id), "a later change must not lose it"


async def test_a_worker_that_has_the_job_finds_it_taken_from_it(store: Store, accepted: Accept):
    await accepted(store)
    await store.jobs.hold_lease("worker", 2e9)
    [claimed] = await store.jobs.claim("worker", now=1.0)
    await store.cancellation.cancel(GUILD, claimed.id, CANCELLED)
    assert await store.jobs.change(claimed, JobState.SUBMITTING, attempts=1) is None
    assert await kinds(store, claimed) == ["hold", "release"]


@pytest.mark.parametrize("sent", [False, True])
async def test_what_waits_for_a_cancelled_job_is_given_back_with_it(store: Store, made: Any, sent: bool):
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
    assert [job.error for job in jobs[1:]] == [STEP_CANCELLED] * 2
    assert await kinds(store, second) == await kinds(store, third) == ["hold", "release"]
    if sent:
        await delivered(store, first)
        assert [job.state for job in await store.jobs.of_card(GUILD, card.id)] == [
            JobState.DELIVERED, JobState.CANCELLED, JobState.CANCELLED,
        ]  # fmt: skip


async def test_an_approval_goes_with_the_last_job_that_waits_for_it(store: Store, made: Any):
    card = made.card()
    asked = (JobState.AWAITING_APPROVAL,) * 2
    jobs = [made.job(card, place) for place in range(2)]
    _, stored, _ = await store.cards.accept(card, jobs, lambda _: Verdict(states=asked))
    await store.cancellation.cancel(GUILD, stored[0].id, CANCELLED)
    assert await store.approvals.get(GUILD, card.id) is not None
    await store.cancellation.cancel(GUILD, stored[1].id, CANCELLED)
    assert await store.approvals.get(GUILD, card.id) is None


async def test_a_job_is_paid_or_given_back_whoever_is_first(store: Store, accepted: Accept):
    """A cancel and a success at once: one of them wins, the books are closed once."""
    import asyncio

    _, (job,) = await accepted(store)
    results = await asyncio.gather(
        store.cancellation.cancel(GUILD, job.id, CANCELLED),
        store.jobs.change(job, JobState.DELIVERED, settle=Decimal(4)),
    )
    assert sum(result is not None for result in results) == 1
    assert len(await kinds(store, job)) == 2


async def test_the_books_hold_a_cancel_to_their_rules(store: Store, accepted: Accept):
    _, (job,) = await accepted(store)
    await store.cancellation.cancel(GUILD, job.id, CANCELLED)
    with pytest.raises(sqlite3.IntegrityError):
        await store._database.write(
            lambda db: db.execute("UPDATE ledger SET credits_milli = 0 WHERE job_id = ?", (job.id,))
        )
    assert (await store.jobs.get(GUILD, job.id)) == replace(
        job, state=JobState.CANCELLED, error=CANCELLED, finished_at=store.jobs._clock.wall()
    )
