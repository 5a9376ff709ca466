"""Limits and thresholds guard what is spent, not what was guessed: the exploits of guesses, and what replaces them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.store.texts import LIMIT_USED_UP
from sandbox.studio.costs import by_second, fixed
from tests.support.prices import priced
from tests.support.rig import HOST_KEY, Rig
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


async def test_what_a_small_limit_ends_says_when_the_limit_resets_and_no_raw_mark(rig: Rig):
    await limit(rig, 20)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", count=4)
    await rig.work()
    assert JobState.CANCELLED in {job.state for job in await rig.jobs()}
    [card] = rig.messages()
    assert "daily credits left. Next reset: " in state_text(card)
    assert "<t:" in state_text(card)
    assert "\\" not in state_text(card)


# ---------------------------------------------------------------------- what a price is made of


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
