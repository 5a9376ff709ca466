"""Limits and thresholds guard what is spent, not what was guessed: the exploits of guesses, and what replaces them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import discord
import pytest

from bot.domain.models import JobState
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.store.texts import LIMIT_USED_UP
from sandbox.studio.costs import by_second, fixed
from tests.support.erased import send_key
from tests.support.prices import priced
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig
from tests.support.surface import is_started, state_text

VIDEO = "video.generate"
CLIP = {"prompt": "x #fast", "model": "seedance2", "duration": 5, "resolution": "720p"}
LONG_CLIP = CLIP | {"duration": 20, "resolution": "4k"}


async def rule(rig: Rig, **changes: Any) -> None:
    for name, value in changes.items():
        await rig.bot.parts.store.settings.change(
            rig.guild.id, lambda rules, name=name, value=value: rules.having(name, value)
        )


async def limit(rig: Rig, amount: int, scope: Scope = Scope.EVERYONE) -> None:
    made = Limit(scope=scope, period=Period.DAY, credits=Decimal(amount))
    await rig.bot.parts.store.limits.set(rig.guild.id, made, by_id=1)


async def clip(rig: Rig, member: Any = None, **options: Any) -> Any:
    return await (member or rig.member).slash(rig.channel, "video generate", **(CLIP | options))


async def paid(rig: Rig, times: int = 3, **options: Any) -> None:
    """Let a clip be made and paid so many times, one after the other."""
    for _ in range(times):
        await clip(rig, **options)
        await rig.work()


async def newest(rig: Rig) -> Any:
    return (await rig.jobs())[0]


def private(result: Any) -> str:
    assert result.ephemeral
    return str(result.response.content)


# ---------------------------------------------------------------------- an unknown price


@pytest.mark.long
async def test_three_videos_of_900_credits_do_not_get_past_a_limit_of_60_a_ceiling_and_an_approval(rig: Rig):
    await limit(rig, 60)
    desk = rig.guild.create_text_channel("approvals")
    await rule(
        rig, job_ceiling=Decimal(25), approve_above=Decimal(100), confirm_above=Decimal(100), approval_channel=desk.id
    )
    rig.sandbox.tariff.set(VIDEO, fixed(900))

    asked = await clip(rig, **LONG_CLIP, count=3)
    assert "The price is **not known yet**" in private(asked)
    assert await rig.jobs() == []
    await rig.member.click(asked.response, label="Yes, ask a moderator")
    await rig.step()
    assert [job.state for job in await rig.jobs()] == [JobState.AWAITING_APPROVAL] * 3
    assert rig.sandbox.requests == []
    [question] = [each for each in desk.history() if each.author.id == rig.bot.user.id]
    await rig.moderator.click(question, label="Approve")
    await rig.work()
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).spent == 900  # the one that both have agreed to
    assert {str(job.error) for job in await rig.jobs() if job.state is JobState.CANCELLED} == {
        "A job may cost at most 25 credits here, and `video.generate` needs about 900. Choose a cheaper option."
    }
    assert "needs about 900" in private(await clip(rig, **LONG_CLIP))
    assert len(rig.sandbox.requests) == 1


async def test_a_job_of_unknown_price_does_not_pass_thresholds_that_are_set(rig: Rig):
    """Approval from 40, confirmation from 30 and a ceiling of 60 let a clip of 72 credits pass once."""
    await rule(rig, approve_above=Decimal(40), confirm_above=Decimal(30), job_ceiling=Decimal(60))
    rig.sandbox.tariff.set(VIDEO, fixed(72))
    asked = await clip(rig, duration=15, resolution="1080p")
    assert "not known yet" in private(asked)
    await rig.member.click(asked.response, label="Yes, ask a moderator")
    assert [job.state for job in await rig.jobs()] == [JobState.AWAITING_APPROVAL]
    assert rig.sandbox.requests == []


@pytest.mark.long
@pytest.mark.parametrize("threshold", ["confirm_above", "job_ceiling"])
async def test_where_one_threshold_is_set_the_member_says_yes_to_an_unknown_price_and_not_to_a_known_one(
    rig: Rig, threshold: str
):
    await rule(rig, **{threshold: Decimal(50)})
    await rig.member.slash(rig.channel, "video generate", prompt="x #fast", model="wan27video")
    asked = await clip(rig)
    assert "not known yet" in private(asked)
    await rig.member.click(asked.response, label="Yes, make it")
    await rig.work()
    made = await clip(rig)
    assert not made.ephemeral
    assert (await newest(rig)).basis == "earlier jobs"


async def test_the_quote_of_an_unknown_price_says_the_most_that_a_job_of_the_operation_has_cost(rig: Rig):
    await paid(rig, 1, duration=5)
    await paid(rig, 1, duration=15, resolution="1080p")
    await rule(rig, confirm_above=Decimal(100))
    asked = await clip(rig, model="wan27video")
    assert "not known yet**: perhaps 108 credits, and it can be more." in private(asked)


async def test_without_any_threshold_or_limit_an_unknown_price_stops_nobody(rig: Rig):
    made = await clip(rig, count=3)
    assert not made.ephemeral
    assert {job.basis for job in await rig.jobs()} == {"unknown"}


async def test_one_job_of_unknown_price_at_a_time_until_its_price_is_told(rig: Rig):
    await rule(rig, job_ceiling=Decimal(100), approve_above=Decimal(1000))
    await rule(rig, approve_above=None, confirm_above=None)
    asked = await clip(rig, prompt="x #slow")
    await rig.member.click(asked.response, label="Yes, make it")
    asked = await clip(rig, prompt="y #slow")
    await rig.member.click(asked.response, label="Yes, make it")
    await rig.step()  # sent
    waiting, sent = await rig.jobs()
    assert (waiting.state, waiting.reserved, sent.state) == (JobState.WAITING, 0, JobState.QUEUED)
    assert "Starts once its price is known" in "".join(state_text(each) for each in rig.messages() if each.embeds)
    rig.advance(10)
    await rig.step()  # polled: what it costs is told while it is made
    started, told = await rig.jobs()
    assert told.cost == 24
    assert (started.basis, started.reserved, started.state) == ("earlier jobs", 24, JobState.SUBMITTING)


@pytest.mark.long
async def test_members_share_a_servers_limit_so_that_one_job_of_unknown_price_runs_at_a_time(rig: Rig):
    await limit(rig, 60, Scope.SERVER)
    rig.sandbox.tariff.set(VIDEO, fixed(900))
    eve = rig.guild.add_member(rig.env.create_user("eve"))
    await clip(rig, prompt="x #slow")
    await clip(rig, eve, prompt="x #slow")
    await rig.member.slash(rig.channel, "image generate", prompt="x")
    states = {(job.author_id, job.operation): job.state for job in await rig.jobs()}
    assert states == {
        (rig.member.id, VIDEO): JobState.SUBMITTING,
        (eve.id, VIDEO): JobState.WAITING,
        (rig.member.id, "image.generate"): JobState.WAITING,
    }
    await rig.work()
    assert [each.operation for each in rig.sandbox.requests] == [VIDEO]
    sums = await rig.bot.parts.store.ledger.balance(rig.guild.id)
    assert (sums.spent, sums.held) == (900, 0)
    assert {job.state for job in await rig.jobs()} == {JobState.DELIVERED, JobState.CANCELLED}


# ---------------------------------------------------------------------- what a price is made of


async def test_another_accounts_jobs_neither_lower_nor_raise_a_price_here_nor_are_shown(rig: Rig):
    await send_key(rig, GUILD_KEY)
    guild = rig.env.create_guild("Evil")
    await rig.bot.parts.store.settings.change(guild.id, lambda old: replace(old, estimate_tool=False))
    channel = guild.create_text_channel("general")
    boss = guild.add_member(
        rig.env.create_user("boss"), roles=[guild.create_role("m", permissions=discord.Permissions(manage_guild=True))]
    )
    rig.sandbox.tariff.set(VIDEO, fixed(1))
    for _ in range(3):
        await boss.slash(channel, "video generate", **CLIP)
        await rig.work()
    await boss.slash(channel, "video generate", **CLIP)
    [theirs] = [each for each in await rig.bot.parts.store.job_lists.recent(guild.id) if not each.state.ended]
    assert (theirs.held, theirs.basis) == (1, "earlier jobs")
    await clip(rig)
    assert ((await newest(rig)).held, (await newest(rig)).basis) == (20, "unknown")
    shown = await rig.member.slash(rig.channel, "help", topic="video")
    assert "price not known yet" in shown.response.embeds[0].description


async def test_a_price_is_of_the_key_that_paid(rig: Rig):
    await paid(rig)
    await send_key(rig, GUILD_KEY)
    await clip(rig)
    assert (await newest(rig)).basis == "unknown"


async def test_length_and_resolution_make_the_price(rig: Rig):
    rig.sandbox.tariff.set(VIDEO, by_second(4.8))
    for seconds in (5, 10, 15):
        await paid(rig, 1, duration=seconds)
    await clip(rig, duration=10)
    assert ((await newest(rig)).held, (await newest(rig)).basis) == (48, "earlier jobs")
    await clip(rig, duration=5)
    assert (await newest(rig)).held == 24
    await clip(rig, duration=20)
    assert (await newest(rig)).basis == "unknown"
    await clip(rig, duration=5, resolution="4k")
    assert (await newest(rig)).basis == "unknown"


async def test_a_list_that_true_costs_have_shown_to_be_too_low_guards_nothing(rig: Rig):
    await priced(rig, 5, VIDEO)
    await clip(rig)
    assert ((await newest(rig)).held, (await newest(rig)).basis) == (5, "price list")
    await rig.work()
    await paid(rig, 2)
    await clip(rig)
    assert ((await newest(rig)).held, (await newest(rig)).basis) == (24, "earlier jobs")


# ---------------------------------------------------------------------- what the API tells while it works


@pytest.mark.long
async def test_a_cost_above_the_hold_is_held_at_once_and_what_is_over_the_limit_does_not_start(rig: Rig):
    await priced(rig, 20, VIDEO)
    await limit(rig, 60)
    await rule(rig, running_per_member=1)
    rig.sandbox.tariff.set(VIDEO, fixed(900))
    await clip(rig, prompt="x #slow", count=3)
    await rig.step()
    rig.advance(10)
    await rig.step()
    *waiting, going_on = sorted(await rig.jobs(), key=lambda job: job.cost or 0)
    assert [job.state for job in waiting] == [JobState.WAITING] * 2
    assert is_started(rig, going_on.id)
    await rig.work()
    assert rig.sandbox.spent(HOST_KEY) == (await rig.bot.parts.store.ledger.balance(rig.guild.id)).spent == 900
    ended = [job for job in await rig.jobs() if job.id != going_on.id]
    assert [job.state for job in ended] == [JobState.CANCELLED] * 2
    assert {job.error for job in ended} == {str(LIMIT_USED_UP)}


# ---------------------------------------------------------------------- a yes is to a price


async def test_a_yes_to_20_credits_is_none_to_400(rig: Rig):
    await rule(rig, confirm_above=Decimal(10))
    await priced(rig, 20)
    asked = await rig.member.slash(rig.channel, "image generate", prompt="gold")
    await priced(rig, 400)
    again = await rig.member.click(asked.response, label="Yes, make it")
    assert "about **400 credits**" in private(again)
    assert await rig.jobs() == []
    await rig.member.click(again.response, label="Yes, make it")
    assert [job.held for job in await rig.jobs()] == [400]


async def test_a_yes_covers_a_tenth_more(rig: Rig):
    await rule(rig, confirm_above=Decimal(10))
    await priced(rig, 20)
    asked = await rig.member.slash(rig.channel, "image generate", prompt="gold")
    await priced(rig, 22)
    await rig.member.click(asked.response, label="Yes, make it")
    assert [job.held for job in await rig.jobs()] == [22]


async def test_a_yes_to_an_unknown_price_covers_what_it_said_it_perhaps_is(rig: Rig):
    await rule(rig, confirm_above=Decimal(10))
    asked = await rig.member.slash(rig.channel, "image generate", prompt="gold")
    assert "not known yet**: perhaps 20 credits, and it can be more." in private(asked)
    await priced(rig, 23)
    again = await rig.member.click(asked.response, label="Yes, make it")
    assert "about **23 credits**" in private(again)
    assert await rig.jobs() == []
    asked = await rig.member.slash(rig.channel, "video generate", prompt="gold")
    await priced(rig, 20, "video.generate")
    await rig.member.click(asked.response, label="Yes, make it")
    assert [job.held for job in await rig.jobs()] == [20]
