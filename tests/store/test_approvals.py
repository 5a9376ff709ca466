"""Approvals by moderators, and drafts that their authors confirm."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import Card, Job, JobState
from bot.domain.money.spend_request import Verdict
from bot.domain.server.guild_rules import APPROVAL_LIFE_S
from bot.store import Store
from bot.store.texts import STEP_LOST
from tests.support.stored import states

GUILD = 700
Open = Callable[..., Awaitable[Store]]
W, S = JobState.WAITING, JobState.SUBMITTING


# ---------------------------------------------------------------------- approvals


async def expensive(
    store: Store, made: Any, *, chained: bool = False, answered: bool = True
) -> tuple[Card, tuple[Job, ...]]:
    card = made.card(GUILD)
    first = made.job(card, 0)
    second = made.job(card, 1, after_ids=(first.id,) if chained else ())
    verdict = Verdict(states=(JobState.AWAITING_APPROVAL,) * 2)
    _, jobs, _ = await store.cards.accept(card, [first, second], lambda _: verdict)
    if answered:
        await store.cards.mark_answered(GUILD, card.id, 900, 55)
    return card, jobs


async def test_an_approval_is_asked_once_and_kept_over_a_restart(open_store: Open, made: Any, clock: Any) -> None:
    store = await open_store()
    card, _ = await expensive(store, made, answered=False)
    assert await store.questions.unasked() == []
    await store.cards.mark_answered(GUILD, card.id, 900, 55)
    [asked] = await store.questions.unasked()
    assert (asked.subject, asked.asked_at, asked.expires_at) == (card.id, clock.now, clock.now + APPROVAL_LIFE_S)
    await store.questions.note_message(GUILD, "approval", card.id, channel_id=3, message_id=4)
    await store.close()
    again = await open_store()
    assert await again.questions.unasked() == []
    assert await again.questions.get(GUILD, "approval", card.id) == replace(asked, channel_id=3, message_id=4)
    assert await again.queue.start_waiting(GUILD) == []
    assert (await again.ledger.balance(GUILD)).held == 20


async def test_an_approved_card_goes_to_the_queue_and_only_one_decision_wins(store: Store, made: Any) -> None:
    card, jobs = await expensive(store, made)
    answers = await asyncio.gather(
        store.questions.approve(GUILD, card.id),
        store.questions.turn_down(GUILD, card.id, JobState.REFUSED, "No."),
        store.questions.approve(GUILD, card.id),
    )
    assert [answer is not None for answer in answers] == [True, False, False]
    assert await states(store, list(jobs)) == [W, W]
    assert await store.questions.get(GUILD, "approval", card.id) is None
    assert await store.queue.start_waiting(GUILD) == [card.id]
    assert (await store.ledger.balance(GUILD)).held == 20


@pytest.mark.parametrize("to", [JobState.REFUSED, JobState.EXPIRED])
async def test_a_card_that_is_refused_is_refunded_in_full(store: Store, made: Any, clock: Any, to: JobState) -> None:
    card, jobs = await expensive(store, made)
    ended = await store.questions.turn_down(GUILD, card.id, to, "Not now.")
    assert ended is not None
    assert [(job.state, job.error, job.finished_at) for job in ended] == [(to, "Not now.", clock.now)] * 2
    assert await states(store, list(jobs)) == [to, to]
    assert (await store.ledger.balance(GUILD)).held == 0
    assert await store.questions.approve(GUILD, card.id) is None
    assert await store.check() == []


async def test_a_retired_key_is_forgotten_when_the_last_card_that_needed_it_is_refused(store: Store, made: Any) -> None:
    old = (await store.keys.set(GUILD, "cs_live_one_0000000000", set_by=1, status=made.status())).key
    card = made.card(GUILD)
    verdict = Verdict(states=(JobState.AWAITING_APPROVAL,))
    await store.cards.accept(card, [made.job(card, key_id=old.id)], lambda _: verdict)
    await store.keys.set(GUILD, "cs_live_two_0000000000", set_by=1, status=made.status())
    assert await store.keys.get(GUILD, old.id) is not None
    await store.questions.turn_down(GUILD, card.id, JobState.REFUSED, "No.")
    assert await store.keys.get(GUILD, old.id) is None


async def test_approvals_are_overdue_from_their_time_on(store: Store, made: Any, clock: Any) -> None:
    card, _ = await expensive(store, made)
    assert await store.questions.overdue(clock.now + APPROVAL_LIFE_S - 1) == []
    [overdue] = await store.questions.overdue(clock.now + APPROVAL_LIFE_S)
    assert overdue.subject == card.id


async def test_a_card_that_discord_never_had_is_not_shown_to_moderators(store: Store, made: Any, clock: Any) -> None:
    card, jobs = await expensive(store, made, answered=False)
    assert await store.cards.drop(GUILD, card.id, "Lost.") == 2
    assert await store.questions.get(GUILD, "approval", card.id) is None
    assert await store.questions.overdue(clock.now + APPROVAL_LIFE_S) == []
    assert await states(store, list(jobs)) == [JobState.CANCELLED] * 2


async def test_a_chain_waits_for_its_first_step_after_it_is_approved(store: Store, made: Any) -> None:
    card, (first, second) = await expensive(store, made, chained=True)
    await store.questions.approve(GUILD, card.id)
    await store.queue.start_waiting(GUILD)
    assert await states(store, [first, second]) == [S, W]
    running = await store.jobs.get(GUILD, first.id)
    assert running is not None
    await store.jobs.change(running, JobState.DELIVERED, settle=Decimal(1))
    assert await states(store, [second]) == [W]
    await store.queue.start_waiting(GUILD)
    assert await states(store, [second]) == [S]


async def test_a_step_that_waits_for_approval_ends_with_the_one_before_it(store: Store, made: Any) -> None:
    card, (first, second) = await expensive(store, made, chained=True)
    await store.jobs.change(first, JobState.CANCELLED, release=True)
    ended = await store.jobs.get(GUILD, second.id)
    assert ended is not None
    assert (ended.state, ended.error) == (JobState.CANCELLED, str(STEP_LOST))
    assert (await store.ledger.balance(GUILD)).held == 0
    assert await store.questions.approve(GUILD, card.id) == ()
    assert await states(store, [first, second]) == [JobState.CANCELLED] * 2


async def test_a_job_that_depends_on_two_failed_ones_is_refunded_once(store: Store, made: Any) -> None:
    card = made.card(GUILD)
    first = made.job(card, 0)
    second = made.job(card, 1, state=W, after_ids=(first.id,))
    third = made.job(card, 2, state=W, after_ids=(first.id, second.id))
    _, jobs, _ = await store.cards.accept(card, [first, second, third], lambda _: None)
    assert await store.jobs.change(jobs[0], JobState.FAILED, release=True) is not None
    assert await states(store, list(jobs)) == [JobState.FAILED, JobState.CANCELLED, JobState.CANCELLED]
    assert (await store.ledger.balance(GUILD)).held == 0


# ---------------------------------------------------------------------- drafts


async def test_a_draft_is_taken_once_by_its_own_author_in_time(store: Store, clock: Any) -> None:
    draft_id = await store.drafts.keep(GUILD, 1, {"prompt": "a fox"}, expires_at=clock.now + 10)
    assert await store.drafts.take(GUILD, 2, draft_id) is None
    assert await store.drafts.take(GUILD + 1, 1, draft_id) is None
    taken = await asyncio.gather(*(store.drafts.take(GUILD, 1, draft_id) for _ in range(5)))
    assert [dict(draft) for draft in taken if draft is not None] == [{"prompt": "a fox"}]
    late = await store.drafts.keep(GUILD, 1, {}, expires_at=clock.now + 10)
    clock.now += 10
    assert await store.drafts.take(GUILD, 1, late) is None
