"""A control that spends tells its price: on its label, or privately with a question. Above the threshold it asks."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import discord
import pytest

from bot.domain.models import UNKNOWN
from cogs.results.pressing import retry_price
from cogs.ui.prices import LABEL_CHARS
from cogs.ui.prices import priced as with_its_price
from tests.support.channels import press, rule, shown
from tests.support.prices import priced
from tests.support.results import count, picture
from tests.support.rig import Rig
from tests.support.surface import RERUN_ALL, fill, icon, newest, parts


def labels(message: Any) -> list[str]:
    return [item["label"] for item in parts(message) if "label" in item]


async def test_a_rerun_tells_what_the_result_cost_and_makes_another_at_once(rig: Rig):
    message, _ = await picture(rig)
    assert "Re-run · 12" in labels(message)
    made = await rig.moderator.click(message, label="Re-run · 12")
    assert not made.ephemeral
    assert await count(rig) == 2


@pytest.mark.parametrize(("confirm_above", "is_asked"), [(35, True), (36, False)])
async def test_a_rerun_of_several_by_its_icon_asks_for_what_all_of_them_cost(
    rig: Rig, confirm_above: int | None, *, is_asked: bool
):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast", count=3)
    await rig.work()
    await rule(rig, confirm_above=None if confirm_above is None else Decimal(confirm_above))
    card = rig.messages()[0]
    pressed = await rig.member.click(card, custom_id=icon(card, RERUN_ALL))
    assert pressed.ephemeral is is_asked
    if is_asked:
        assert "36 credits" in shown(pressed)
        await rig.member.click(pressed.response, label="Yes, make it")
    assert await count(rig) == 6


async def test_a_label_of_old_is_asked_about(rig: Rig):
    """What was posted before labels told prices, or by somebody else's message."""
    _, job = await picture(rig)
    asked = await press(rig, rig.moderator, "again", job.id)
    assert asked.ephemeral
    assert "about **12 credits**" in shown(asked)
    assert await count(rig) == 1
    await rig.moderator.click(asked.response, label="Yes, make it")
    assert (await newest(rig)).parent_id == job.id


async def test_a_price_that_rose_since_the_label_was_written_is_asked_about(rig: Rig):
    message, _ = await picture(rig)
    await priced(rig, 13)  # within a tenth
    await rig.moderator.click(message, label="Re-run · 12")
    assert await count(rig) == 2
    await priced(rig, 14)
    rig.advance(5)
    asked = await rig.moderator.click(message, label="Re-run · 12")
    assert "about **14 credits**" in shown(asked)
    assert await count(rig) == 2


async def test_up_to_the_threshold_a_label_tells_no_price_and_a_press_is_not_asked_about(rig: Rig):
    await priced(rig, 12)
    await rule(rig, confirm_above=Decimal(12))
    message, _ = await picture(rig)
    assert "Re-run" in labels(message)
    made = await rig.moderator.click(message, label="Re-run")
    assert not made.ephemeral
    assert await count(rig) == 2
    await rule(rig, confirm_above=Decimal(11))
    rig.advance(5)
    asked = await rig.moderator.click(message, label="Re-run")
    assert "about **12 credits**" in shown(asked)
    assert await count(rig) == 2
    await rule(rig, confirm_above=None)
    rig.advance(5)
    asked = await rig.moderator.click(message, label="Re-run")
    assert "about **12 credits**" in shown(asked), "who sets no threshold has every price told"
    assert await count(rig) == 2


async def test_a_variant_tells_its_price_where_it_is_known_and_asks_where_it_is_not(rig: Rig):
    message, _ = await picture(rig)
    how = await rig.moderator.click(message, label="Vary")
    assert labels(how.response) == ["Subtle", "Strong"]
    assert how.response.content == "How different should it be? · The price is not known yet."
    asked = await rig.moderator.click(how.response, label="Strong")
    assert "not known yet" in shown(asked)
    assert await count(rig) == 1
    await priced(rig, 14, "image.edit")
    rig.advance(5)
    how = await rig.moderator.click(message, label="Vary")
    assert labels(how.response) == ["Subtle · 14", "Strong · 14"]
    assert how.response.content == "How different should it be? · 14 credits each"
    made = await rig.moderator.click(how.response, label="Strong · 14")
    assert "not known yet" not in shown(made)
    assert await count(rig) == 2


async def test_a_free_form_is_a_request_and_no_press(rig: Rig):
    """A form is filled in like a command's options, so it is not asked about below the threshold."""
    message, _ = await picture(rig)
    form = await rig.moderator.click(message, label="Edit and run")
    await rig.moderator.submit_modal(form, fill(form, {"Prompt": "a wolf #fast"}))
    assert await count(rig) == 2


def test_a_long_label_keeps_its_price():
    label = with_its_price("x" * 200, Decimal(1250))
    assert len(label) == LABEL_CHARS
    assert label.endswith("… · 1250")
    assert with_its_price("Re-run", None) == "Re-run"
    assert discord.ui.Button(label=label).label == label


async def test_retry_shows_no_guess_as_a_price(rig: Rig):
    _, job = await picture(rig)
    assert job.basis == UNKNOWN
    known = replace(job, basis="earlier jobs", held=Decimal(14))
    assert retry_price([known, known]) == 28
    assert retry_price([known, job]) is None
