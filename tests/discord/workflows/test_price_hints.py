"""What the composer shows beside an option's choices: this server's prices, from memory and the store alone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.support.rig import GUILD_KEY, Rig
from tests.support.surface import watch

VIDEO = "video generate"


async def offered(rig: Rig, option: str, command: str = VIDEO, member: Any = None, **filled: object) -> dict[Any, str]:
    """Return the labels of an option's choices by value."""
    found = await (member or rig.member).autocomplete(rig.channel, command, option, "", **filled)
    return {each["value"]: each["name"] for each in found}


async def use_tool(rig: Rig, *, on: bool = True) -> None:
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda old: replace(old, estimate_tool=on))


async def videos(rig: Rig, *durations: int, **options: Any) -> None:
    for duration in durations:
        await rig.member.slash(rig.channel, VIDEO, prompt="waves", duration=duration, **options)
        await rig.work()


async def test_no_hint_makes_the_tool_asked_though_it_is_on(rig: Rig):
    await use_tool(rig)
    calls = watch(rig)
    assert (await offered(rig, "model"))["seedance2"] == "Seedance 2.0 (seedance2)"
    assert calls == []


@pytest.mark.long
async def test_each_choice_shows_what_the_job_would_cost_with_it(rig: Rig):
    await videos(rig, 5, 10, 15, model="seedance2")
    lengths = await offered(rig, "duration", model="seedance2")
    assert lengths[5] == "5 seconds · about 24 credits"
    assert lengths[12] == "12 seconds"
    assert (await offered(rig, "duration", model="wan27video"))[5] == "5 seconds"
    models = await offered(rig, "model", duration=10)
    assert models["seedance2"] == "Seedance 2.0 (seedance2) · about 48 credits"
    assert models["wan27video"] == "Wan 2.7 (wan27video)"
    assert (await offered(rig, "model"))["seedance2"] == "Seedance 2.0 (seedance2) · about 24 to 72 credits"
    assert all("credit" not in label for label in (await offered(rig, "aspect_ratio", model="seedance2")).values())


async def test_the_price_list_is_shown_and_the_higher_of_several_prices(rig: Rig):
    prices = rig.bot.parts.store.prices
    await prices.set(rig.guild.id, "video.generate", "seedance2", Decimal(30))
    assert (await offered(rig, "duration", model="seedance2"))[5] == "5 seconds · about 30 credits"
    await videos(rig, 5, 10, 15, model="seedance2")
    assert (await offered(rig, "duration", model="seedance2"))[10] == "10 seconds · about 48 credits"


async def test_servers_on_the_hosts_key_share_prices_and_no_hint_tells_what_another_key_pays(rig: Rig):
    await videos(rig, 5, 10, 15, model="seedance2")
    elsewhere = rig.env.create_guild("Elsewhere")
    channel = elsewhere.create_text_channel("general")
    visitor = elsewhere.add_member(rig.env.create_user("otto"))
    found = await visitor.autocomplete(channel, VIDEO, "duration", "", model="seedance2")
    assert {each["value"]: each["name"] for each in found}[10] == "10 seconds · about 48 credits"
    shown = await rig.moderator.slash(rig.channel, "studio key")
    [field] = rig.form_fields(shown)
    await rig.moderator.submit_modal(shown, {field: GUILD_KEY})
    assert (await offered(rig, "duration", model="seedance2"))[5] == "5 seconds"
