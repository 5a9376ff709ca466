from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.guild_rules import APPROVAL_LIFE_S
from bot.domain.models import Card, Job, JobState
from bot.domain.spend_request import Verdict
from bot.store import Store
from bot.store.work.dependents import STEP_LOST

GUILD = 700
Open = Callable[..., Awaitable[Store]]


async def rule(store: Store, **values: Any) -> None:
    await store.settings.change(GUILD, lambda rules: replace(rules, **values))


async def line_up(store: Store, made: Any, member: int, *states: JobState, answered: bool = True) -> list[Job]:
    card = made.card(GUILD, author_id=member)
    jobs = [made.job(card, position, "1", state=state) for position, state in enumerate(states)]
    _, stored, _ = await store.cards.accept(card, jobs, lambda _: None)
    if answered:
        await store.cards.mark_answered(GUILD, card.id, 900, 55)
    return list(stored)


async def states(store: Store, jobs: list[Job]) -> list[JobState]:
    found = [await store.jobs.get(GUILD, job.id) for job in jobs]
    return [job.state for job in found if job is not None]


W, S = JobState.WAITING, JobState.SUBMITTING


async def test_turns_go_round_between_members_as_far_as_the_places_reach(store: Store, made: Any) -> None:
    await rule(store, running_per_member=3, running_per_server=5)
    one = await line_up(store, made, 1, *[W] * 6)
    two = await line_up(store, made, 2, W)
    assert await store.queue.order(GUILD) == [one[0].id, two[0].id, *(job.id for job in one[1:])]
    cards = await store.queue.start_waiting(GUILD)
    assert cards == [one[0].card_id, two[0].card_id]
    assert await states(store, one) == [S, S, S, W, W, W]
    assert await states(store, two) == [S]
    assert await store.queue.start_waiting(GUILD) == []
    assert await store.queue.order(GUILD) == [job.id for job in one[3:]]


async def test_the_servers_places_are_for_all_together(store: Store, made: Any) -> None:
    await rule(store, running_per_member=10, running_per_server=3)
    await line_up(store, made, 1, S, JobState.PROCESSING, JobState.AWAITING_APPROVAL)
    two = await line_up(store, made, 2, W, W)
    assert await store.queue.start_waiting(GUILD) == [two[0].card_id]
    assert await states(store, two) == [S, W]


async def test_a_place_becomes_free_when_a_job_ends(store: Store, made: Any) -> None:
    await rule(store, running_per_member=1)
    running, waiting = await line_up(store, made, 1, S, W)
    assert await store.queue.start_waiting(GUILD) == []
    await store.jobs.change(running, JobState.FAILED, release=True)
    assert await store.queue.start_waiting(GUILD) == [waiting.card_id]
    assert await states(store, [waiting]) == [S]


async def test_none_starts_while_the_guild_is_paused_or_before_discord_has_its_card(store: Store, made: Any) -> None:
    unanswered = await line_up(store, made, 1, W, answered=False)
    waiting = await line_up(store, made, 2, W)
    await rule(store, paused=True)
    assert await store.queue.start_waiting(GUILD) == []
    await rule(store, paused=False)
    assert await store.queue.start_waiting(GUILD) == [waiting[0].card_id]
    assert await states(store, unanswered) == [W]
    assert await store.queue.order(GUILD) == [unanswered[0].id]
    await store.cards.mark_answered(GUILD, unanswered[0].card_id, 1, 2)
    assert await store.queue.start_waiting(GUILD) == [unanswered[0].card_id]


async def test_what_waits_for_another_job_has_no_turn(store: Store, made: Any) -> None:
    card = made.card(GUILD)
    first = made.job(card, 0, state=S)
    second = made.job(card, 1, state=W, after_ids=(first.id,))
    await store.cards.accept(card, [first, second], lambda _: None)
    await store.cards.mark_answered(GUILD, card.id, 900, 55)
    assert await store.queue.order(GUILD) == []
    assert await store.queue.guilds() == []
    assert await store.queue.start_waiting(GUILD) == []


async def test_guilds_with_a_queue_are_known(store: Store, made: Any, accepted: Any) -> None:
    await line_up(store, made, 1, W, W)
    await accepted(store, guild_id=701)
    await accepted(store, guild_id=702, state=W)
    assert sorted(await store.queue.guilds()) == [GUILD, 702]


async def test_two_processes_never_start_more_than_may_run(open_store: Open, made: Any) -> None:
    stores = [await open_store(), await open_store()]
    await rule(stores[0], running_per_member=2, running_per_server=7)
    for member in range(1, 6):
        await line_up(stores[0], made, member, W, W, W)
    await asyncio.gather(*(stores[number % 2].queue.start_waiting(GUILD) for number in range(10)))
    running = await stores[0].job_lists.recent(GUILD, limit=100, states=[S])
    assert len(running) == 7
    assert max(sum(job.author_id == member for job in running) for member in range(1, 6)) == 2


# ---------------------------------------------------------------------- approvals


async def dear(
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
    card, _ = await dear(store, made, answered=False)
    assert await store.approvals.unasked() == []
    await store.cards.mark_answered(GUILD, card.id, 900, 55)
    [asked] = await store.approvals.unasked()
    assert (asked.card_id, asked.asked_at, asked.expires_at) == (card.id, clock.now, clock.now + APPROVAL_LIFE_S)
    await store.approvals.note_message(GUILD, card.id, channel_id=3, message_id=4)
    await store.close()
    again = await open_store()
    assert await again.approvals.unasked() == []
    assert await again.approvals.get(GUILD, card.id) == replace(asked, channel_id=3, message_id=4)
    assert await again.queue.start_waiting(GUILD) == []
    assert (await again.ledger.balance(GUILD)).held == 20


async def test_an_approved_card_goes_to_the_queue_and_only_one_decision_wins(store: Store, made: Any) -> None:
    card, jobs = await dear(store, made)
    answers = await asyncio.gather(
        store.approvals.approve(GUILD, card.id),
        store.approvals.turn_down(GUILD, card.id, JobState.REFUSED, "No."),
        store.approvals.approve(GUILD, card.id),
    )
    assert [answer is not None for answer in answers] == [True, False, False]
    assert await states(store, list(jobs)) == [W, W]
    assert await store.approvals.get(GUILD, card.id) is None
    assert await store.queue.start_waiting(GUILD) == [card.id]
    assert (await store.ledger.balance(GUILD)).held == 20


@pytest.mark.parametrize("to", [JobState.REFUSED, JobState.EXPIRED])
async def test_a_card_that_is_turned_down_gives_everything_back(
    store: Store, made: Any, clock: Any, to: JobState
) -> None:
    card, jobs = await dear(store, made)
    ended = await store.approvals.turn_down(GUILD, card.id, to, "Not now.")
    assert ended is not None
    assert [(job.state, job.error, job.finished_at) for job in ended] == [(to, "Not now.", clock.now)] * 2
    assert await states(store, list(jobs)) == [to, to]
    assert (await store.ledger.balance(GUILD)).held == 0
    assert await store.approvals.approve(GUILD, card.id) is None
    assert await store.check() == []


async def test_a_retired_key_is_forgotten_when_the_last_card_that_needed_it_is_turned_down(
    store: Store, made: Any
) -> None:
    old = (await store.keys.set(GUILD, "cs_live_one_0000000000", set_by=1, status=made.status())).key
    card = made.card(GUILD)
    verdict = Verdict(states=(JobState.AWAITING_APPROVAL,))
    await store.cards.accept(card, [made.job(card, key_id=old.id)], lambda _: verdict)
    await store.keys.set(GUILD, "cs_live_two_0000000000", set_by=1, status=made.status())
    assert await store.keys.get(GUILD, old.id) is not None
    await store.approvals.turn_down(GUILD, card.id, JobState.REFUSED, "No.")
    assert await store.keys.get(GUILD, old.id) is None


async def test_approvals_are_overdue_from_their_time_on(store: Store, made: Any, clock: Any) -> None:
    card, _ = await dear(store, made)
    assert await store.approvals.overdue(clock.now + APPROVAL_LIFE_S - 1) == []
    [overdue] = await store.approvals.overdue(clock.now + APPROVAL_LIFE_S)
    assert overdue.card_id == card.id


async def test_a_card_that_discord_never_had_is_no_moderators_business(store: Store, made: Any, clock: Any) -> None:
    card, jobs = await dear(store, made, answered=False)
    assert await store.cards.drop(GUILD, card.id, "Lost.") == 2
    assert await store.approvals.get(GUILD, card.id) is None
    assert await store.approvals.overdue(clock.now + APPROVAL_LIFE_S) == []
    assert await states(store, list(jobs)) == [JobState.CANCELLED] * 2


async def test_a_chain_waits_for_its_first_step_after_it_is_approved(store: Store, made: Any) -> None:
    card, (first, second) = await dear(store, made, chained=True)
    await store.approvals.approve(GUILD, card.id)
    await store.queue.start_waiting(GUILD)
    assert await states(store, [first, second]) == [S, W]
    running = await store.jobs.get(GUILD, first.id)
    assert running is not None
    await store.jobs.change(running, JobState.DELIVERED, settle=Decimal(1))
    assert await states(store, [second]) == [S]


async def test_a_step_that_waits_for_approval_ends_with_the_one_before_it(store: Store, made: Any) -> None:
    card, (first, second) = await dear(store, made, chained=True)
    await store.jobs.change(first, JobState.CANCELLED, release=True)
    ended = await store.jobs.get(GUILD, second.id)
    assert ended is not None
    assert (ended.state, ended.error) == (JobState.CANCELLED, STEP_LOST)
    assert (await store.ledger.balance(GUILD)).held == 0
    assert await store.approvals.approve(GUILD, card.id) == ()
    assert await states(store, [first, second]) == [JobState.CANCELLED] * 2


async def test_a_job_that_waits_for_two_lost_steps_is_given_back_once(store: Store, made: Any) -> None:
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
