"""Schedules in the database: a run is taken once, with its card, within the month's limit."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.domain.server.schedules import SCHEDULES_MAX, Schedule
from bot.errors import Refused
from bot.store import Record, Store

GUILD, OTHER, DAY_S = 700, 701, 86_400.0


def a_schedule(
    number: int = 1, *, guild_id: int = GUILD, next_at: float | None = 1_000_100.0, limit: str = "100"
) -> Schedule:
    return Schedule(
        id=f"S{number:09}", guild_id=guild_id, recipe="trailer", operation="", values={"prompt": "{random: a | ü}"},
        repeat="2", time="09:30", agreed=Decimal("7.5"), is_price_known=False, channel_id=55, made_by=42,
        made_at=1_000_000.0, limit=Decimal(limit), next_at=next_at, is_off=False,
    )  # fmt: skip


async def take(store: Store, made: Any, run: Schedule, *held: str) -> tuple[Any, Any]:
    card = made.card(interaction_id=None)
    jobs = [made.job(card, place, each) for place, each in enumerate(held or ("10",))]
    stored, kept, _ = await store.cards.accept(card, jobs, lambda _: None, run=run)
    return stored, kept


async def test_a_schedule_comes_back_as_it_was_stored(store: Store):
    made = a_schedule()
    assert await store.schedules.add(made)
    assert await store.schedules.get(GUILD, made.id) == made
    assert await store.schedules.all(GUILD) == [made]
    changed = await store.schedules.change(GUILD, made.id, lambda old: replace(old, reason="so", is_off=True))
    assert changed is not None
    assert await store.schedules.get(GUILD, made.id) == replace(made, reason="so", is_off=True)
    assert await store.schedules.delete(GUILD, made.id) == changed.after
    assert await store.schedules.all(GUILD) == []
    assert await store.schedules.change(GUILD, made.id, lambda old: old) is None
    assert await store.schedules.delete(GUILD, made.id) is None


async def test_an_act_and_its_line_are_one(store: Store):
    def fails(_: object) -> Record:
        raise RuntimeError("no line")

    made = a_schedule()
    await store.schedules.add(made)
    with pytest.raises(RuntimeError):
        await store.schedules.delete(GUILD, made.id, record=fails)
    assert await store.schedules.all(GUILD) == [made]


async def test_a_guild_has_at_most_so_many(store: Store):
    for number in range(SCHEDULES_MAX):
        assert await store.schedules.add(a_schedule(number))
    assert not await store.schedules.add(a_schedule(999))
    assert await store.schedules.add(a_schedule(999, guild_id=OTHER))


async def test_what_is_due_is_neither_paused_nor_of_a_guild_that_is_gone(store: Store):
    for made in (
        a_schedule(1, next_at=50.0),
        a_schedule(2, next_at=None),
        a_schedule(3, next_at=150.0),
        a_schedule(4, next_at=20.0),
        a_schedule(5, guild_id=OTHER, next_at=10.0),
    ):
        await store.schedules.add(made)
    await store.absent_guilds.note(OTHER)
    assert [each.id for each in await store.schedules.due(100.0)] == ["S000000004", "S000000001"]
    assert len(await store.schedules.due(1e9, limit=1)) == 1


async def test_a_run_is_taken_once(store: Store, made: Any):
    schedule = a_schedule()
    await store.schedules.add(schedule)
    taken = await asyncio.gather(*(take(store, made, schedule) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(each, Refused) for each in taken) == 4
    after = await store.schedules.get(GUILD, schedule.id)
    assert after is not None
    assert after.next_at == schedule.next_after(made.card().created_at, dt.UTC)
    assert await store.schedules.spent(GUILD, schedule.id) == 10
    assert len(await store.job_lists.recent(GUILD)) == 1


async def test_a_paused_or_deleted_one_has_no_run(store: Store, made: Any):
    schedule = a_schedule()
    await store.schedules.add(schedule)
    await store.schedules.change(GUILD, schedule.id, lambda old: replace(old, next_at=None, is_off=True))
    with pytest.raises(Refused):
        await take(store, made, schedule)
    await store.schedules.delete(GUILD, schedule.id)
    with pytest.raises(Refused):
        await take(store, made, schedule)
    assert await store.job_lists.recent(GUILD) == []


@pytest.mark.parametrize("is_off", [False, True])
async def test_a_dropped_card_gives_its_run_back(store: Store, made: Any, is_off: bool):
    schedule = a_schedule()
    await store.schedules.add(schedule)
    card, _ = await take(store, made, schedule)
    if is_off:
        await store.schedules.change(GUILD, schedule.id, lambda old: replace(old, next_at=None, is_off=True))
    assert await store.cards.drop(GUILD, card.id, "lost") == 1
    after = await store.schedules.get(GUILD, schedule.id)
    assert after is not None
    assert after.next_at == (None if is_off else schedule.next_at)
    assert await store.schedules.spent(GUILD, schedule.id) == 0
    if not is_off:
        await take(store, made, schedule)


@pytest.mark.parametrize("seed", range(6))
async def test_no_months_runs_cost_more_than_the_limit_when_they_begin(store: Store, made: Any, clock: Any, seed: int):
    """Random prices, ends and pauses between runs: each run fits with what the month's runs cost or hold so far."""
    chance = random.Random(seed)
    limit = chance.randrange(20, 80)
    schedule = a_schedule(limit=str(limit))
    await store.schedules.add(schedule)
    month, books, open_ = "", {}, []
    for _ in range(40):
        clock.now += chance.choice([3600.0, DAY_S, 5 * DAY_S])
        now = dt.datetime.fromtimestamp(clock.now, dt.UTC).strftime("%Y-%m")
        if now != month:
            month, books = now, {}
        price = Decimal(chance.randrange(1, 30))
        current = await store.schedules.get(GUILD, schedule.id)
        assert current is not None
        if sum(books.values()) + price > limit:
            with pytest.raises(Refused, match="used"):
                await take(store, made, current, str(price))
        else:
            _, (job,) = await take(store, made, current, str(price))
            await store.cards.mark_answered(GUILD, job.card_id, 900, 55)
            books[job.id] = price
            open_.append(job)
        if open_ and chance.random() < 0.7:
            job = open_.pop(chance.randrange(len(open_)))
            if chance.random() < 0.3:
                await store.jobs.change(job, JobState.FAILED, release=True)
                cost = Decimal(0)
            else:
                cost = Decimal(chance.randrange(0, 40))
                await store.jobs.change(job, JobState.DELIVERED, settle=cost)
            if job.id in books:
                books[job.id] = cost
        assert await store.schedules.spent(GUILD, schedule.id) == sum(books.values())


async def test_a_member_whose_data_is_deleted_leaves_no_number(store: Store, clock: Any):
    await store.schedules.add(a_schedule())
    await store.privacy.erase(GUILD, 42)
    clock.now += 60 * DAY_S
    await store.former_members.replace_due()
    [after] = await store.schedules.all(GUILD)
    assert after.made_by < 0
