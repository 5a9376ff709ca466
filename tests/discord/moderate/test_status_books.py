"""`/studio status`: balance, held, free, the last comparison with the books, what expires, and the estimate tool."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.moderation.alerts import CHECK_EVERY_S
from bot.store import Record
from cogs.ui.texts import MODERATORS_ONLY, NEXT_PART
from tests.support.channels import press
from tests.support.rig import GUILD_KEY, Rig, running
from tests.support.surface import panel_text, private_sentence, report_facts

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
    assert b"books_differed_total 0.0" in rig.bot.metrics.render()
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
    assert b"books_differed_total 1.0" in rig.bot.metrics.render()


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


async def test_an_alert_of_a_low_balance_says_where_to_buy_credits(rig: Rig):
    desk = await log_of(rig)
    rig.sandbox.add_key(GUILD_KEY, credits=80)
    await own_key(rig)
    await draw(rig, "#fast a fox")
    await rig.work()
    rig.advance(CHECK_EVERY_S + 1)
    [line] = await told(rig, desk, "The Cannon Studio account has")
    assert line.endswith(f"Buy credits: {LINK}")


async def test_the_last_fifty_decisions_are_on_a_page_of_it_without_a_log_channel(rig: Rig):
    empty = await rig.moderator.slash(rig.channel, "studio status")
    await rig.moderator.click(empty.response, label="Decisions")
    assert "No one has decided anything yet." in panel_text(empty.response)
    for each in range(52):
        line = Record(kind="pause", text=f"line {each}.", by_id=1)
        await rig.bot.parts.store.decisions.add(rig.guild.id, lambda _, line=line: line)
    status = await rig.moderator.slash(rig.channel, "studio status")
    await rig.moderator.click(status.response, label="Decisions")
    page = status.response
    shown = [panel_text(page)]
    for _ in range(4):
        await rig.moderator.click(page, label=str(NEXT_PART))
        shown.append(panel_text(page))
    found = [int(each) for each in re.findall(r"line (\d+)", "\n".join(shown))]
    assert found == list(range(51, 1, -1))
    assert len({*shown}) == 5
    refused = await press(rig, rig.member, "record", "0")
    assert private_sentence(refused) == str(MODERATORS_ONLY)
