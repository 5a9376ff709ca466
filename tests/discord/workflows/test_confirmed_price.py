"""A yes is to the price that was shown: one that has risen by a tenth meanwhile is asked again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.channels import rule, shown
from tests.support.rig import Rig
from tests.support.settings_pages import set_price

YES = "Yes, make it"


async def priced(rig: Rig, credits_: float) -> None:
    await set_price(rig, "image.generate", Credits=str(credits_))


async def asked(rig: Rig, **options: Any) -> Any:
    """Let the member ask for a picture whose price is to be confirmed; return the question."""
    await rule(rig, confirm_above=Decimal(10))
    await priced(rig, 20.0)
    question = await rig.member.slash(rig.channel, "image generate", prompt="gold #fast", **options)
    assert "20 credits" in question.response.content or "80 credits" in question.response.content
    return question


async def held(rig: Rig) -> list[Decimal]:
    return [job.held for job in await rig.jobs()]


@pytest.mark.parametrize("now", [22.5])
async def test_a_price_that_rose_is_confirmed_anew(rig: Rig, now: float):
    question = await asked(rig)
    await priced(rig, now)
    again = await rig.member.click(question.response, label=YES)
    assert again.ephemeral
    assert f"{now:g} credits" in shown(again)
    assert await rig.jobs() == []
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).held == 0
    await rig.member.click(again.response, label=YES)
    assert await held(rig) == [Decimal(str(now))]


@pytest.mark.parametrize("now", [21.5])
async def test_a_price_that_rose_little_or_fell_needs_no_second_yes(rig: Rig, now: float):
    question = await asked(rig)
    await priced(rig, now)
    made = await rig.member.click(question.response, label=YES)
    assert not made.ephemeral
    assert await held(rig) == [Decimal(str(now))]


async def test_it_is_the_price_of_all_that_counts(rig: Rig):
    question = await asked(rig, count=4)
    await priced(rig, 23.0)
    again = await rig.member.click(question.response, label=YES)
    assert "92 credits" in shown(again)
    assert await rig.jobs() == []


async def test_the_price_that_was_shown_outlives_a_restart(rig: Rig):
    question = await asked(rig)
    await rig.restart()
    await priced(rig, 400.0)
    again = await rig.member.click(question.response, label=YES)
    assert "400 credits" in shown(again)
    assert await rig.jobs() == []
