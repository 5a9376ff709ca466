"""`/studio status`: balance, held, free, the last comparison with the books, what expires, and the estimate tool."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.money.account import DAY_S
from bot.moderation.alerts import CHECK_EVERY_S
from tests.support.rig import GUILD_KEY, Rig, running
from tests.support.surface import report_facts

HOUR_S = 3600.0
LINK = "https://example.org/credits"


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running(tmp_path, top_up_url=LINK, estimate_tool=True) as made:
        yield made


async def own_key(rig: Rig) -> None:
    shown = await rig.moderator.slash(rig.channel, "studio key")
    [field] = rig.form_fields(shown)
    await rig.moderator.submit_modal(shown, {field: GUILD_KEY})


async def facts(rig: Rig, command: str = "studio status") -> dict[str, str]:
    result = await rig.moderator.slash(rig.channel, command)
    assert result.ephemeral
    if not result.response.embeds:
        return report_facts(result.response)
    return {field.name: field.value for field in result.response.embeds[0].fields}


async def draw(rig: Rig, prompt: str = "a fox") -> None:
    await rig.member.slash(rig.channel, "image generate", prompt=prompt)


async def log_of(rig: Rig) -> Any:
    channel = rig.guild.create_text_channel("log")
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda old: replace(old, log_channel=channel.id))
    return channel


async def told(rig: Rig, desk: Any, word: str) -> list[str]:
    await rig.bot.parts.alerts.run_once()
    return [each.content for each in desk.history() if word in each.content]


def stamp(rig: Rig) -> str:
    return f"<t:{int(rig.clock.wall())}:R>"


async def test_what_is_free_is_the_balance_less_what_is_held(rig: Rig):
    await own_key(rig)
    await draw(rig)
    shown = await facts(rig)
    assert shown["Credits left"] == "500"
    assert shown["Held for open jobs"] == "12 credits"
    assert shown["Available"] == "488 credits"
    assert shown["Buy credits"] == LINK
    await rig.work()
    assert (await facts(rig))["Held for open jobs"] == "0 credits"


async def test_the_last_comparison_is_shown_with_its_time_and_what_it_found(rig: Rig):
    await own_key(rig)
    assert (await facts(rig))["Account check"].startswith("Not checked yet")
    await draw(rig, "#fast a fox")
    await rig.work()
    await rig.bot.parts.rounds.run_once()
    assert (await facts(rig))["Account check"] == f"✅ Matches this bot's records, checked {stamp(rig)}."
    assert b'differed_total{books="account"} 0.0' in rig.bot.metrics.render()
    rig.sandbox.spend_elsewhere(GUILD_KEY, 30)
    before = stamp(rig)
    rig.advance(HOUR_S / 2)
    await rig.bot.parts.rounds.run_once()
    assert (await facts(rig))["Account check"] == f"✅ Matches this bot's records, checked {before}."
    rig.advance(HOUR_S)
    await rig.bot.parts.rounds.run_once()
    shown = (await facts(rig))["Account check"]
    assert shown.startswith(f"⚠️ Checked {stamp(rig)}: ")
    assert "30 credits more than the jobs here account for" in shown
    assert b'differed_total{books="account"} 1.0' in rig.bot.metrics.render()


async def test_of_the_hosts_account_nothing_is_shown(rig: Rig):
    shown = await facts(rig)
    assert shown["Account check"].startswith("Not checked: the host's account")
    assert "Available" not in shown
    assert "Buy credits" not in shown


async def test_how_the_estimate_tool_is_stands_there(rig: Rig):
    name = "Price estimates from Cannon Studio"
    assert (await facts(rig))[name] == "On. Not used since the bot started."
    await draw(rig)
    assert (await facts(rig))[name] == f"✅ Working since {stamp(rig)}. Last used {stamp(rig)}."
    rig.advance(2 * HOUR_S)
    rig.sandbox.fault("mcp", "drop")
    await draw(rig)
    assert (await facts(rig))[name].startswith(
        f"⚠️ Unreachable since {stamp(rig)}. Last tried {stamp(rig)}. The bot keeps"
    )
    rig.advance(HOUR_S)
    rig.sandbox.fault("mcp", "status", times=2, status=401)  # asked once with each of the two headers
    await draw(rig)
    assert (await facts(rig))[name].startswith("⚠️ Rejecting the host's key since ")
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda old: replace(old, estimate_tool=False))
    assert (await facts(rig))[name].startswith("Off. ")
    await rig.work()


@pytest.mark.long
async def test_bought_credits_that_expire_are_shown_next_to_where_more_are_bought(rig: Rig):
    ends_at = rig.clock.wall() + 90 * DAY_S
    rig.sandbox.sell_pack(GUILD_KEY, 250, ends_at)
    await own_key(rig)
    await draw(rig, "#fast a fox")
    await rig.work()
    for command in ("studio status", "usage report"):
        shown = await facts(rig, command)
        assert shown["Credits that expire"] == f"238 credits of a pack on <t:{int(ends_at)}:D> (<t:{int(ends_at)}:R>)"
        assert shown["Buy credits"] == LINK


@pytest.mark.long
async def test_days_left_leave_out_what_expires_before_it_is_spent(rig: Rig):
    rig.sandbox.sell_pack(GUILD_KEY, 240, rig.clock.wall() + 10 * DAY_S)
    await own_key(rig)
    await draw(rig, "#fast a fox")  # 12 a day: 120 of the 228 that are left are spent in ten days
    await rig.work()
    shown = await facts(rig, "usage report")
    assert shown["Credits last for"] == "About 52 days at this rate (728 credits left)"


async def test_moderators_are_told_of_credits_that_will_be_lost_though_nothing_is_spent(rig: Rig):
    desk = await log_of(rig)
    rig.sandbox.sell_pack(GUILD_KEY, 250, rig.clock.wall() + 20 * DAY_S)
    await own_key(rig)
    assert await told(rig, desk, "expire on") == []
    rig.advance(7 * DAY_S)
    [line] = await told(rig, desk, "expire on")
    assert "250 credits of a pack of the Cannon Studio account expire on" in line
    assert "250 of them will be lost" in line
    rig.advance(DAY_S)
    assert len(await told(rig, desk, "expire on")) == 1
    rig.advance(10 * DAY_S)
    assert len(await told(rig, desk, "expire on")) == 2
    rig.advance(CHECK_EVERY_S)
    assert len(await told(rig, desk, "expire on")) == 2


async def test_an_alert_of_a_low_balance_says_where_to_buy_credits(rig: Rig):
    desk = await log_of(rig)
    rig.sandbox.add_key(GUILD_KEY, credits=80)
    await own_key(rig)
    await draw(rig, "#fast a fox")
    await rig.work()
    rig.advance(CHECK_EVERY_S + 1)
    [line] = await told(rig, desk, "The Cannon Studio account has")
    assert line.endswith(f"Buy credits: {LINK}")
