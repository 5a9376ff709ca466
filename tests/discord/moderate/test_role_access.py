"""Whether Discord shows moderators' commands to the moderator role: said where the role is chosen and in the status."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from cogs.moderate import texts
from tests.support.channels import rule
from tests.support.discord_trouble import DiscordCall, refusal, trouble_with
from tests.support.rig import Rig
from tests.support.settings_pages import opened, page_facts

NAMES = ["`/studio`", "`/quota`", "**Usage**", "**Grant credits**", "**Block or unblock**"]


@pytest.fixture
async def role(rig: Rig) -> Any:
    made = rig.guild.create_role("helpers")
    await rule(rig, moderator_role=made.id)
    return made


def allow(rig: Rig, allowed: bool, *targets: Any, names: Any = None) -> None:
    """Set the permission of commands for these, as *Server Settings → Integrations* does."""
    for command in rig.env.backend.commands[None].values():
        if command.get("default_member_permissions") is not None and (names is None or command["name"] in names):
            rig.guild.set_command_permissions(int(command["id"]), dict.fromkeys(targets, allowed))


async def said(rig: Rig) -> str:
    shown = await rig.moderator.slash(rig.channel, "studio status")
    fields = {each.name: each.value for each in shown.response.embeds[0].fields}
    return fields.get(str(texts.ROLE_ACCESS), "")


def sees(role: Any, names: list[str]) -> str:
    return texts.ROLE_SEES(role=role.id, commands=names)


def misses(rig: Rig, role: Any, names: list[str]) -> str:
    return f"⚠️ {texts.ROLE_MISSES(role=role.id, commands=names, bot=rig.bot.user.name)}"


async def test_the_status_says_what_discord_shows_to_the_role(rig: Rig, role: Any):
    """By the integrations of the server: those of a command before those of the bot, the role before everyone."""
    assert await said(rig) == misses(rig, role, NAMES)
    assert "Server Settings → Integrations" in await said(rig)
    allow(rig, True, role, names={"studio", "Usage"})
    others = ["`/quota`", "**Grant credits**", "**Block or unblock**"]
    assert await said(rig) == f"{sees(role, ['`/studio`', '**Usage**'])}\n{misses(rig, role, others)}"
    allow(rig, True, role)
    assert await said(rig) == sees(role, NAMES)
    rig.env.backend.add_member_role(rig.guild.id, rig.member.id, role.id)
    assert (await rig.member.slash(rig.channel, "studio settings")).ephemeral, "and Discord agrees"
    named = rig.guild.create_role("named")
    await rule(rig, moderator_role=named.id)
    allow(rig, True, rig.guild.default_role)
    assert await said(rig) == sees(named, NAMES)
    allow(rig, False, named)
    assert await said(rig) == misses(rig, named, NAMES)
    owners = rig.guild.create_role("owners", permissions=discord.Permissions(administrator=True))
    await rule(rig, moderator_role=owners.id)
    allow(rig, False, owners)
    assert await said(rig) == sees(owners, NAMES)
    await rule(rig, moderator_role=123)
    assert await said(rig) == "", "a role that is gone"


async def test_the_whole_bot_can_be_hidden_but_not_shown(rig: Rig, role: Any):
    rig.guild.set_command_permissions(rig.bot.application_id, {role: True})
    assert await said(rig) == misses(rig, role, NAMES)
    managers = rig.guild.create_role("managers", permissions=discord.Permissions(manage_guild=True))
    await rule(rig, moderator_role=managers.id)
    assert await said(rig) == sees(managers, NAMES)
    rig.guild.set_command_permissions(rig.bot.application_id, {managers: False})
    assert await said(rig) == misses(rig, managers, NAMES)


async def test_without_discords_answer_the_path_is_said_all_the_same(rig: Rig, role: Any):
    async def fail(call: DiscordCall) -> None:
        if call.path.endswith("/commands/permissions"):
            raise troubles[-1]

    troubles = [refusal(404)]
    with trouble_with(fail):
        assert await said(rig) == misses(rig, role, NAMES), "it was never changed"
        for trouble in (refusal(403), refusal(500), TimeoutError()):
            troubles.append(trouble)
            assert await said(rig) == texts.ROLE_UNCHECKED(role=role.id, commands=NAMES, bot=rig.bot.user.name)


async def test_settings_say_it_when_the_role_is_chosen(rig: Rig):
    role = rig.guild.create_role("helpers")
    panel = await opened(rig, "access")
    assert str(texts.ROLE_ACCESS) not in page_facts(panel)
    await rig.moderator.select(panel, [role], custom_id="c1:set_role:moderator_role")
    panel = next(each for each in rig.channel.history(viewer=rig.moderator) if each.id == panel.id)
    assert list(page_facts(panel).items())[:2] == [
        ("Moderator role", f"<@&{role.id}>"),
        (str(texts.ROLE_ACCESS), misses(rig, role, NAMES)),
    ]
    allow(rig, True, role)
    assert page_facts(await opened(rig, "access"))[str(texts.ROLE_ACCESS)] == sees(role, NAMES)
