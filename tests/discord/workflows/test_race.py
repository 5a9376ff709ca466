from __future__ import annotations

import asyncio
from collections.abc import Iterable
from decimal import Decimal

import pytest

from bot.domain.jobs.card_spec import CardSpec, JobSpec, Origin, Place
from bot.domain.models import JobState
from bot.domain.money.spend_request import DEFAULT_HOLD
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.errors import Refused
from bot.jobs.intake import Accepted
from tests.support.prices import priced
from tests.support.rig import HOST_KEY, Rig
from tests.support.surface import settled_exactly
from tests.support.viewers import seeing

MEMBERS = range(5000, 5050)
ENHANCE = JobSpec(operation="prompt.enhance.image", input={"prompt": "a fox"})
DRAW = JobSpec(operation="image.generate", input={"prompt": "a fox"})


def ask(rig: Rig, member: int, number: int, *steps: JobSpec) -> CardSpec:
    return CardSpec(
        origin=Origin(
            place=Place(guild_id=rig.guild.id, channel_id=rig.channel.id),
            author_id=member,
            viewer=seeing(rig.guild.id, member),
            interaction_id=10**18 + number,
        ),
        steps=steps,
    )


async def limit(rig: Rig, credits_: Decimal | int, scope: Scope, scope_id: int = 0) -> None:
    made = Limit(scope=scope, scope_id=scope_id, period=Period.MONTH, credits=Decimal(credits_))
    await rig.bot.parts.store.limits.set(rig.guild.id, made, by_id=1)


async def race(rig: Rig, asks: Iterable[CardSpec]) -> tuple[list[Accepted], list[Refused]]:
    """Take all in at once; return who won and who was refused."""
    outcomes = await asyncio.gather(*map(rig.bot.parts.jobs.accept, asks), return_exceptions=True)
    won = [each for each in outcomes if isinstance(each, Accepted)]
    lost = [each for each in outcomes if isinstance(each, Refused)]
    assert len(won) + len(lost) == len(outcomes), outcomes
    return won, lost


async def show(rig: Rig, won: Iterable[Accepted]) -> None:
    """Give every card its message, as a command's answer would be."""
    channel = rig.bot.get_channel(rig.channel.id)
    for taken in won:
        message = await channel.send("…")
        await rig.bot.parts.jobs.mark_answered(taken.card, message_id=message.id, channel_id=channel.id)


@pytest.mark.long
async def test_of_fifty_members_exactly_as_many_win_the_servers_last_credits_as_fit(rig: Rig):
    await priced(rig)
    await limit(rig, 7 * DEFAULT_HOLD + 19, Scope.SERVER)
    won, lost = await race(rig, [ask(rig, member, member, DRAW) for member in MEMBERS])
    assert len(won) == 7
    assert {error.sentence.partition(". ")[0] for error in lost} == {
        "This server has 19 of its 159 monthly credits left"
    }
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).held == 7 * DEFAULT_HOLD
    await show(rig, won)
    await rig.work()
    jobs = await rig.jobs()
    assert [job.state for job in jobs] == [JobState.DELIVERED] * 7
    assert {job.author_id for job in jobs} == {taken.card.author_id for taken in won}
    await settled_exactly(rig)
    assert await rig.bot.parts.store.check() == []


@pytest.mark.long
async def test_an_overshoot_is_paid_once_and_then_nobody_wins_any_more(rig: Rig):
    await rig.bot.parts.store.prices.set(rig.guild.id, DRAW.operation, "", Decimal(5))
    await limit(rig, 11, Scope.SERVER)
    won, _ = await race(rig, [ask(rig, member, member, DRAW) for member in MEMBERS])
    assert [job.held for taken in won for job in taken.jobs] == [5, 5]
    await show(rig, won)
    await rig.work()
    spent = (await rig.bot.parts.store.ledger.balance(rig.guild.id)).spent
    assert spent == rig.sandbox.spent(HOST_KEY) > 11
    won, lost = await race(rig, [ask(rig, member, 10_000 + member, DRAW) for member in MEMBERS])
    assert won == []
    assert all(" 0 of " in error.sentence for error in lost)
    await settled_exactly(rig)


@pytest.mark.long
async def test_while_a_price_is_unknown_one_of_all_jobs_starts_and_the_others_take_what_is_left(rig: Rig):
    await limit(rig, 40, Scope.SERVER)
    won, lost = await race(rig, [ask(rig, member, member, DRAW) for member in MEMBERS])
    assert (len(won), lost) == (len(MEMBERS), [])
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).held == DEFAULT_HOLD
    await show(rig, won)
    await rig.work()
    jobs = await rig.jobs()
    delivered = [job for job in jobs if job.state is JobState.DELIVERED]
    assert {job.state for job in jobs} == {JobState.DELIVERED, JobState.CANCELLED}
    [price] = {job.cost for job in delivered}
    assert price is not None
    assert price < len(delivered) * price == rig.sandbox.spent(HOST_KEY) <= 40
    await settled_exactly(rig)
    assert await rig.bot.parts.store.check() == []


@pytest.mark.parametrize("granted", [4])
async def test_one_member_who_asks_fifty_times_at_once_gets_what_the_limit_and_a_grant_leave(rig: Rig, granted: int):
    member = MEMBERS[0]
    await limit(rig, 6, Scope.MEMBER, member)
    await limit(rig, 9, Scope.SERVER)
    store, guild_id = rig.bot.parts.store, rig.guild.id
    if granted:
        await store.grants.add(guild_id, member, Decimal(granted), note="", by_id=1, expires_at=None)
    won, _ = await race(rig, [ask(rig, member, number, ENHANCE) for number in range(50)])
    assert len(won) == min(6 + granted, 9)
    assert sum(job.state is JobState.SUBMITTING for taken in won for job in taken.jobs) == 3
    assert [grant.left for grant in await store.grants.of_member(guild_id, member)] == ([1] if granted else [])
    await show(rig, won)
    await rig.work()
    assert rig.sandbox.spent(HOST_KEY) == len(won)
    await settled_exactly(rig)


async def test_the_same_interaction_fifty_times_is_one_card_and_one_hold(rig: Rig):
    won, lost = await race(rig, [ask(rig, MEMBERS[0], 1, DRAW)] * 50)
    assert lost == []
    assert len({taken.card.id for taken in won}) == 1
    assert sum(taken.fresh for taken in won) == 1
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).held == DEFAULT_HOLD


async def test_a_limit_set_in_the_middle_of_a_race_applies_to_all_who_come_after_it(rig: Rig):
    asks = [ask(rig, member, member, DRAW) for member in MEMBERS]
    takes = [asyncio.create_task(rig.bot.parts.jobs.accept(each)) for each in asks[:25]]
    await takes[0]
    await limit(rig, 0, Scope.SERVER)
    before = len(await rig.jobs())
    later = await asyncio.gather(*map(rig.bot.parts.jobs.accept, asks[25:]), return_exceptions=True)
    await asyncio.gather(*takes, return_exceptions=True)
    assert all(isinstance(each, Refused) for each in later)
    assert len(await rig.jobs()) == before > 0
