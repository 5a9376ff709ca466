"""The queue: which jobs start when places are free."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import Job, JobState, WaitsFor
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.errors import Refused
from bot.store import Store
from bot.store.guild.settings import EVERYWHERE
from bot.store.money.spending import Spending
from bot.store.texts import SWITCHED_OFF_EVERYWHERE
from tests.support.stored import states

GUILD = 700
IMAGE, VIDEO = "image.generate", "video.generate"
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


W, S = JobState.WAITING, JobState.SUBMITTING


async def test_the_queue_goes_round_between_members_as_far_as_the_places_reach(store: Store, made: Any) -> None:
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


async def test_a_job_that_depends_on_another_does_not_start(store: Store, made: Any) -> None:
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


async def test_a_result_that_waits_for_its_file_or_for_a_review_takes_no_place(store: Store, made: Any) -> None:
    await rule(store, running_per_member=3, running_per_server=3)
    one, two, three, *waiting = await line_up(store, made, 1, S, S, S, W, W, W)
    stuck = await store.jobs.change(one, JobState.READY, waits_for=WaitsFor.FILE)
    reviewed = await store.jobs.change(two, JobState.READY, waits_for=WaitsFor.DISCORD)
    assert stuck is not None
    assert reviewed is not None
    await store.questions.begin_review(GUILD, reviewed.id)
    assert await store.queue.start_waiting(GUILD) == [one.card_id]
    assert await states(store, waiting) == [S, S, W]
    running = await store.spending.view(GUILD, 1, lambda books: (books.running_of_member, books.running_of_guild))
    assert running == (3, 3)
    resting = await store.jobs.change(three, S, waits_for=WaitsFor.CANNON)
    assert resting is not None
    assert await store.queue.start_waiting(GUILD) == []  # it is not made yet: it keeps its place


async def test_the_queue_of_one_guild_is_not_ended_by_blocks_and_switches_of_another(store: Store, made: Any) -> None:
    await rule(store, running_per_member=1)
    running, waiting = await line_up(store, made, 1, S, W)
    await store.blocks.add(GUILD + 1, 1, until=None, reason="", by_id=9)
    await store.switched_off.set(GUILD + 1, [waiting.operation], on=False, by_id=9)
    assert await store.queue.start_waiting(GUILD) == []
    assert await states(store, [running, waiting]) == [S, W]
    await store.switched_off.set(EVERYWHERE, [waiting.operation], on=False, by_id=9)
    assert await store.queue.start_waiting(GUILD) == [waiting.card_id]
    ended = await store.jobs.get(GUILD, waiting.id)
    assert ended is not None
    assert (ended.state, ended.error) == (JobState.CANCELLED, str(SWITCHED_OFF_EVERYWHERE))


async def test_the_place_of_a_job_that_a_limit_has_stopped_is_free_at_once(store: Store, made: Any) -> None:
    await rule(store, running_per_member=2)
    card = made.card(GUILD, author_id=1)
    jobs = [
        made.job(card, position, "1", state=state, operation=operation)
        for position, (state, operation) in enumerate([(S, IMAGE), (W, IMAGE), (W, VIDEO), (W, VIDEO)])
    ]
    await store.cards.accept(card, jobs, lambda _: None)
    await store.cards.mark_answered(GUILD, card.id, 900, 55)
    no_images = Limit(scope=Scope.EVERYONE, operation=IMAGE, period=Period.TOTAL, credits=Decimal(0))
    await store.limits.set(GUILD, no_images, by_id=9)
    await store.queue.start_waiting(GUILD)
    assert await states(store, jobs) == [JobState.CANCELLED, JobState.CANCELLED, S, S]


async def steps(store: Store, act: Callable[[], Awaitable[Any]]) -> int:
    """Return how many steps SQLite takes for it on the writer's connection: some for each row that it reads."""
    taken = 0

    def tick() -> int:
        nonlocal taken
        taken += 1
        return 0

    await store._database.write(lambda db: db.set_progress_handler(tick, 1))
    await act()
    await store._database.write(lambda db: db.set_progress_handler(None, 0))
    return taken


@pytest.mark.sqlite_only("SQLite's steps")
async def test_however_many_jobs_run_the_queue_and_a_decision_read_no_more_of_them_than_may(
    store: Store, made: Any
) -> None:
    await rule(store, running_per_server=5)
    await line_up(store, made, 1, *[S] * 5)
    await line_up(store, made, 2, W)
    counts: list[tuple[int, int, int]] = []

    async def decide() -> None:
        with pytest.raises(Refused):
            await store.cards.accept(card := made.card(GUILD, author_id=3), [made.job(card)], refuse)

    def refuse(known: Spending) -> None:
        counts.append((known.running_of_member, known.running_of_guild, known.queued_of_member))
        raise Refused("not now")

    few = [await steps(store, lambda: store.queue.start_waiting(GUILD)), await steps(store, decide)]
    await line_up(store, made, 1, *[S] * 300)
    many = [await steps(store, lambda: store.queue.start_waiting(GUILD)), await steps(store, decide)]
    assert [now <= before for now, before in zip(many, few, strict=True)] == [True, True], (few, many)
    assert counts == [(0, 5, 0)] * 2
