"""Out of credits: the packs that Cannon Studio offers, for those who may buy them, and how long each lasts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.account.offerings import DAY_S, RETRY_S
from bot.account.texts import with_packs
from bot.domain.models import CreditPack
from cogs.ui.top_up import pack_lines
from tests.support.following import MINUTE_S, ask, set_key, until_ended
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig, running
from tests.support.surface import links, parts, private_sentence, report_facts

PACK = "https://www.cannonstudio.app/checkout?product=credits:2500"


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running(tmp_path, estimate_tool=True) as made:
        await made.bot.parts.offerings.run_once()
        yield made


async def draw(rig: Rig, member: Any) -> Any:
    return await member.slash(rig.channel, "image generate", prompt="a fox #fast")


async def facts(rig: Rig, command: str) -> dict[str, str]:
    result = await rig.moderator.slash(rig.channel, command)
    if not result.response.embeds:
        return report_facts(result.response)
    return {field.name: field.value for field in result.response.embeds[0].fields}


async def emptied(rig: Rig) -> None:
    """Spend what the server's own account has: one picture. The bot knows it by a status call."""
    rig.sandbox.add_key(GUILD_KEY, credits=12)
    await set_key(rig, GUILD_KEY)
    await draw(rig, rig.member)
    await rig.work()
    rig.advance(MINUTE_S + 1)
    await facts(rig, "studio status")


async def test_moderators_without_credits_are_offered_the_vendors_packs_and_members_are_not(rig: Rig):
    await emptied(rig)
    result = await draw(rig, rig.moderator)
    assert result.ephemeral
    assert "This server's Cannon Studio account has 0 credits left." in result.response.content
    assert links(result.response) == [PACK]
    assert [each["label"] for each in parts(result.response)] == ["Buy 2,500 credits: about 208 days at this rate"]
    result = await draw(rig, rig.member)
    assert "A moderator can top it up or set another key." in private_sentence(result)
    assert links(result.response) == []
    for command in ("studio status", "usage"):
        shown = await facts(rig, command)
        assert shown["Buy credits"] == f"[2,500 credits: about 208 days at this rate]({PACK})"
    assert "last 7 days after each renewal" in (await facts(rig, "studio status"))["Credits that expire"]
    rig.sandbox.fault("mcp", "garbage", times=None)
    assert await rig.bot.parts.offerings.run_once() in {RETRY_S, DAY_S}
    await rig.restart(after_s=MINUTE_S)
    assert await rig.bot.parts.offerings.run_once() in {RETRY_S, DAY_S}
    assert [each.url for each in rig.bot.parts.offerings.on_sale()] == [PACK], "what is known stays"


async def test_a_server_that_the_host_pays_for_is_offered_nothing(rig: Rig):
    rig.sandbox.add_key(HOST_KEY, credits=0)
    result = await draw(rig, rig.moderator)
    await rig.work()
    assert links(result.response) == []
    assert "Buy credits" not in await facts(rig, "studio status")


async def test_the_hosts_own_link_wins_and_nothing_is_asked(tmp_path: Path):
    async with running(tmp_path, top_up_url="https://example.org/buy", estimate_tool=True) as rig:
        before = list(rig.sandbox.mcp_calls)
        await rig.bot.parts.offerings.run_once()
        assert rig.sandbox.mcp_calls == before
        await emptied(rig)
        result = await draw(rig, rig.moderator)
        assert [(each["label"], each["url"]) for each in parts(result.response)] == [
            ("Buy credits", "https://example.org/buy")
        ]


async def test_an_account_that_turns_out_to_be_empty_is_told_to_moderators_once_with_the_packs(rig: Rig):
    desk = rig.guild.create_text_channel("log")
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda old: replace(old, log_channel=desk.id))
    rig.sandbox.add_key(GUILD_KEY, credits=20)
    await set_key(rig, GUILD_KEY)
    for prompt in ("a fox #broke", "an owl #broke"):
        job = await ask(rig, prompt)
        assert (await until_ended(rig, job.id, MINUTE_S, 1)).state == "failed"
    told = [each.content for each in desk.history() if "does not have enough credits" in each.content]
    assert len(told) == 1
    assert told[0].endswith(f"Buy credits: [2,500 credits](<{PACK}>)")


def test_a_packs_name_is_only_words():
    pack = CreditPack(url=PACK, name="[free](https://evil.example) **@everyone** <@1>")
    for shown in (pack_lines([pack], Decimal(0)), with_packs("Low.", [pack])):
        assert shown.count("](") == 1
        assert not any(each in shown for each in ("https://evil", "@everyone", "<@1>"))
