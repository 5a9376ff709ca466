"""How far open jobs can exceed limits, as moderators read it where they look and where they decide."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.domain.server.guild_rules import Limit, Period, Scope
from sandbox.studio.costs import fixed
from tests.support.channels import rule, shown
from tests.support.rig import Rig, running


async def limited(rig: Rig, scope: Scope, most: int) -> None:
    limit = Limit(scope=scope, period=Period.DAY, credits=Decimal(most))
    await rig.bot.parts.store.limits.set(rig.guild.id, limit, by_id=9)


async def status(rig: Rig) -> str:
    answer = await rig.moderator.slash(rig.channel, "studio status")
    found = [each.value for each in answer.response.embeds[0].fields if each.name == "Worst case"]
    return found[0] if found else ""


async def test_moderators_read_from_which_cost_an_unknown_price_exceeds_a_limit(rig: Rig):
    await limited(rig, Scope.SERVER, 400)
    assert await status(rig) == ""
    await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    assert await status(rig) == (
        "Server (400 credits a day): exceeded if the open job of unknown price costs more than 400 credits."
    )
    await rig.work()
    assert await status(rig) == ""


async def test_of_several_unknown_prices_one_exceeds_it_at_most(rig: Rig):
    await limited(rig, Scope.EVERYONE, 100)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", count=4)
    said = await status(rig)
    assert said.startswith(f"<@{rig.member.id}> (100 credits a day): exceeded if all open jobs")
    assert said.endswith("cost more than 100 credits, by 1 of them at most.")


async def test_a_limit_that_was_lowered_below_what_is_spent_is_exceeded_by_the_rest(rig: Rig):
    rig.sandbox.tariff.set("image.generate", fixed(30))
    await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    await rig.work()
    await rig.member.slash(rig.channel, "image generate", prompt="a hare")
    await limited(rig, Scope.SERVER, 40)
    assert "open jobs can exceed it by" in await status(rig)


async def test_who_approves_reads_it_in_the_question(rig: Rig):
    desk = rig.guild.create_text_channel("approvals")
    await rule(rig, approve_above=Decimal(10), approval_channel=desk.id)
    await limited(rig, Scope.SERVER, 60)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    await rig.step()
    [asked] = [each for each in desk.history() if each.author.id == rig.bot.user.id]
    [field] = [each for each in asked.embeds[0].fields if each.name == "Worst case"]
    assert field.value == (
        "Server (60 credits a day): exceeded if the open job of unknown price costs more than 60 credits."
    )


async def test_the_hosts_limit_of_a_server_is_there_and_that_of_all_is_not(tmp_path: Path):
    async with running(tmp_path, cannon_api_key_limit=Decimal(100), cannon_api_key_total=Decimal(300)) as rig:
        await rig.member.slash(rig.channel, "image generate", prompt="a fox")
        said: Any = await rig.moderator.slash(rig.channel, "studio status")
        assert "The host's limit for this server (100 credits a month): exceeded if" in shown(said)
        assert "for all servers" not in shown(said)
