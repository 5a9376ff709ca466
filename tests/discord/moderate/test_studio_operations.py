from __future__ import annotations

from typing import Any

import discord
import pytest

from tests.support.rig import Rig
from tests.support.surface import nothing_happened, private_sentence

OPERATIONS, REQUEST = "studio operations", "studio request"


def said(result: Any) -> str:
    assert result.response.ephemeral
    assert result.followups == []
    return result.response.content


async def switch(rig: Rig, operation: str, to: str, **more: Any) -> Any:
    return await rig.moderator.slash(rig.channel, OPERATIONS, operation=operation, switch=to, **more)


async def offered(rig: Rig, command: str, typed: str = "") -> list[str]:
    return [each["value"] for each in await rig.moderator.autocomplete(rig.channel, command, "operation", typed)]


class Owner:
    """What Discord says of who owns the application."""

    def __init__(self, owner: int, team: Any = None) -> None:
        self.owner = discord.Object(owner)
        self.team = team


class Member:
    def __init__(self, user_id: int, role: Any, state: Any = discord.TeamMembershipState.accepted) -> None:
        self.id, self.role, self.membership_state = user_id, role, state


class Team:
    def __init__(self, owner_id: int, *members: Member) -> None:
        self.owner_id, self.members = owner_id, members


def owned_by(rig: Rig, application: Owner) -> None:
    rig.bot._application = application  # type: ignore[assignment]


async def test_the_list_names_every_operation_with_its_state_and_its_announced_end(rig: Rig):
    await switch(rig, "video.upscale", "off")
    result = await rig.moderator.slash(rig.channel, OPERATIONS)
    assert result.response.ephemeral
    [embed] = result.response.embeds
    lines = embed.description.splitlines()
    assert len(lines) == len(rig.bot.catalogue.operations)
    [upscale] = [line for line in lines if "`video.upscale`" in line]
    assert upscale.startswith("🚫")
    assert upscale.endswith("switched off in this server")
    [image] = [line for line in lines if "`image.generate`" in line]
    assert image == "✅ Generate Image `image.generate` · /image generate"
    sora = [line for line in lines if "`sora2." in line]
    assert len(sora) == 5
    assert all("announced end: 2026-09-24" in line for line in sora)
    assert len(embed) <= 6000


async def test_a_list_that_has_learned_many_operations_is_cut_with_a_count(rig: Rig):
    branches = [
        {"properties": {"operation": {"const": f"image.tool_number_{number}"}, "input": {"properties": {"a": {}}}}}
        for number in range(150)
    ]
    schema = {"requestBody": {"content": {"application/json": {"schema": {"oneOf": branches}}}}}
    await rig.bot.live_catalogue.learn({"paths": {"/api/v1/requests": {"post": schema}}})
    assert len(rig.bot.catalogue.operations) > 150
    [embed] = (await rig.moderator.slash(rig.channel, OPERATIONS)).response.embeds
    lines = embed.description.splitlines()
    assert len(embed.description) <= 4096
    assert lines[-1] == f"and {len(rig.bot.catalogue.operations) - len(lines) + 1} more"


async def test_what_is_switched_off_is_refused_here_in_one_sentence_and_works_again_when_on(rig: Rig):
    assert said(await switch(rig, "image.generate", "off")) == "Generate Image is now switched off in this server."
    result = await rig.member.slash(rig.channel, "image generate", prompt="x")
    assert private_sentence(result) == "Generate Image is switched off by this server's moderators."
    await nothing_happened(rig)

    other = rig.env.create_guild("Other")
    channel = other.create_text_channel("general")
    visitor = other.add_member(rig.env.create_user("vera"))
    assert not (await visitor.slash(channel, "image generate", prompt="x")).ephemeral

    assert said(await switch(rig, "image.generate", "on")) == "Generate Image is now switched on in this server."
    assert not (await rig.member.slash(rig.channel, "image generate", prompt="x")).ephemeral
    await rig.work()


async def test_switching_twice_says_that_it_was_so_already(rig: Rig):
    assert "was already switched on" in said(await switch(rig, "image.edit", "on"))
    await switch(rig, "image.edit", "off")
    assert "was already switched off" in said(await switch(rig, "image.edit", "off"))


async def test_a_switch_outlives_a_restart(rig: Rig):
    await switch(rig, "image.generate", "off")
    await rig.restart()
    result = await rig.member.slash(rig.channel, "image generate", prompt="x")
    assert "switched off" in private_sentence(result)


async def test_what_is_off_disappears_from_the_operations_that_can_be_requested_but_can_be_switched_on(rig: Rig):
    assert "image.edit" in await offered(rig, REQUEST, "edit")
    await switch(rig, "image.edit", "off")
    assert "image.edit" not in await offered(rig, REQUEST, "edit")
    assert "image.edit" in await offered(rig, OPERATIONS, "edit")


async def test_sora_tells_its_announced_end_when_it_is_switched_and_when_it_is_used(rig: Rig):
    told = said(await switch(rig, "sora2.video.edit", "off"))
    assert "announced its end for 2026-09-24" in told
    result = await rig.member.slash(rig.channel, "sora edit", prompt="x", sora_video_id="video_1")
    assert "2026-09-24" in private_sentence(result)
    await nothing_happened(rig)


async def test_only_the_owner_of_the_bot_switches_everywhere(rig: Rig):
    owned_by(rig, Owner(rig.member.id))
    sentence = private_sentence(await switch(rig, "image.generate", "off", everywhere=True))
    assert "owner of this bot" in sentence
    assert rig.bot.parts.switches.off(0) == frozenset()

    owned_by(rig, Owner(rig.moderator.id))
    assert "in all servers" in said(await switch(rig, "image.generate", "off", everywhere=True))
    result = await rig.member.slash(rig.channel, "image generate", prompt="x")
    assert "the host of this bot" in private_sentence(result)
    [embed] = (await rig.moderator.slash(rig.channel, OPERATIONS)).response.embeds
    assert "`image.generate` · /image generate · switched off in all servers by the host" in embed.description

    told = said(await switch(rig, "image.generate", "on"))
    assert "still cannot be used" in told
    assert "in all servers" in said(await switch(rig, "image.generate", "on", everywhere=True))
    assert not (await rig.member.slash(rig.channel, "image generate", prompt="x")).ephemeral
    await rig.work()


ROLES = discord.TeamMemberRole
INVITED = discord.TeamMembershipState.invited


@pytest.mark.parametrize(
    ("role", "state", "may"),
    [
        (ROLES.admin, discord.TeamMembershipState.accepted, True),
        (ROLES.developer, discord.TeamMembershipState.accepted, True),
        (ROLES.read_only, discord.TeamMembershipState.accepted, False),
        (ROLES.admin, INVITED, False),
    ],
)
async def test_of_a_team_those_who_may_change_the_application_switch_everywhere(
    rig: Rig, role: Any, state: Any, may: bool
):
    team = Team(1, Member(1, ROLES.admin), Member(rig.moderator.id, role, state))
    owned_by(rig, Owner(rig.moderator.id, team))
    await switch(rig, "image.generate", "off", everywhere=True)
    assert rig.bot.parts.switches.is_off_everywhere("image.generate") is may


async def test_the_owner_of_a_team_switches_everywhere_whatever_their_role(rig: Rig):
    owned_by(rig, Owner(1, Team(rig.moderator.id, Member(rig.moderator.id, ROLES.read_only))))
    await switch(rig, "image.generate", "off", everywhere=True)
    assert rig.bot.parts.switches.is_off_everywhere("image.generate")


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"switch": "off"}, "which operation"),
        ({"operation": "image.edit"}, "on or off"),
        ({"operation": "imge.edit", "switch": "off"}, "nearest is image.edit"),
        ({"operation": "@everyone\n**x**", "switch": "off"}, "no operation"),
    ],
)
async def test_half_a_wish_is_told_what_it_lacks(rig: Rig, options: dict[str, Any], wanted: str):
    assert wanted in private_sentence(await rig.moderator.slash(rig.channel, OPERATIONS, **options))


async def test_a_plain_member_neither_reads_the_list_nor_switches(rig: Rig):
    for command in rig.env.backend.commands[None].values():
        command["default_member_permissions"] = None
    for options in ({}, {"operation": "image.edit", "switch": "off"}):
        result = await rig.member.slash(rig.channel, OPERATIONS, **options)
        assert "manage this server" in private_sentence(result)
    assert rig.bot.parts.switches.is_on(rig.guild.id, "image.edit")


async def test_a_switch_holds_after_the_live_document_gave_the_operation_another_id(rig: Rig):
    await switch(rig, "sora2.character.create", "off")
    branch = {
        "title": "Create Sora 2 Character",
        "properties": {"operation": {"const": "sora2.character.make"}, "input": {"properties": {"name": {}}}},
    }
    schema = {"requestBody": {"content": {"application/json": {"schema": {"oneOf": [branch]}}}}}
    await rig.bot.live_catalogue.learn({"paths": {"/api/v1/requests": {"post": schema}}})
    assert rig.bot.catalogue.resolve("sora2.character.create").id == "sora2.character.make"
    assert not rig.bot.parts.switches.is_on(rig.guild.id, "sora2.character.make")
    assert "is now switched on" in said(await switch(rig, "sora2.character.make", "on"))
    assert rig.bot.parts.switches.off(rig.guild.id) == frozenset()
