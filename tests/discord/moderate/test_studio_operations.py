from __future__ import annotations

from typing import Any

import discord
import pytest

from tests.support.channels import press
from tests.support.rig import Rig
from tests.support.settings_pages import choose, opened, page_text, switch_operation
from tests.support.surface import nothing_happened, notice, parts, private_sentence, unlinked
from tests.support.workflows import SORA_ENDED

REQUEST = "studio request"


def said(result: Any) -> str:
    assert result.response.ephemeral
    assert result.followups == []
    return unlinked(notice(result.response))


async def switch(rig: Rig, operation: str, to: str, **more: Any) -> Any:
    return await switch_operation(rig, operation, to, **more)


async def everywhere(rig: Rig, to: str) -> Any:
    return await switch(rig, "image.generate", to, action="operation_everywhere")


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


async def test_the_page_names_every_operation_with_its_state_and_its_end(rig: Rig):
    rig.advance(SORA_ENDED - rig.clock.wall())
    await switch(rig, "video.upscale", "off")
    text = unlinked(page_text(await opened(rig, "operations")))
    lines = [line for line in text.splitlines() if line[:1] in "✅🚫" and line]
    assert len(lines) == len(rig.bot.catalogue.operations)
    assert "🚫 Upscale Video · `/finish upscale`" in lines
    assert "✅ Generate Image · `/image generate`" in lines
    sora = [line for line in lines if "`/sora`" in line]
    assert len(sora) == 5
    assert all("retired on Sep 24, 2026" in line for line in sora)


async def test_many_operations_are_shown_in_parts(rig: Rig):
    branches = [
        {"properties": {"operation": {"const": f"image.tool_number_{number}"}, "input": {"properties": {"a": {}}}}}
        for number in range(50)
    ]
    schema = {"requestBody": {"content": {"application/json": {"schema": {"oneOf": branches}}}}}
    await rig.bot.live_catalogue.learn({"paths": {"/api/v1/requests": {"post": schema}}})
    panel = await opened(rig, "operations")
    seen: list[str] = []
    for part in range(1, 4):
        assert len(page_text(panel)) <= 4096
        seen += [line for line in page_text(panel).splitlines() if line[:1] in "✅🚫" and line]
        if part < 3:
            panel = (await rig.moderator.click(panel, custom_id=f"c1:set_page:operations.{part}")).response
    assert len(seen) == len(rig.bot.catalogue.operations)
    off = await choose(rig, panel, "operation_switch", "off image.tool_number_49")
    assert notice(off.response).endswith("is off on this server.")


async def test_what_is_switched_off_is_refused_here_in_one_sentence_and_works_again_when_on(rig: Rig):
    assert said(await switch(rig, "image.generate", "off")) == "✅ Generate Image is off on this server."
    result = await rig.member.slash(rig.channel, "image generate", prompt="x")
    assert private_sentence(result) == "This server's moderators have turned off Generate Image."
    await nothing_happened(rig)

    other = rig.env.create_guild("Other")
    channel = other.create_text_channel("general")
    visitor = other.add_member(rig.env.create_user("vera"))
    assert not (await visitor.slash(channel, "image generate", prompt="x")).ephemeral

    assert said(await switch(rig, "image.generate", "on")) == "✅ Generate Image is on."
    assert not (await rig.member.slash(rig.channel, "image generate", prompt="x")).ephemeral
    await rig.work()


async def test_an_old_page_undoes_nothing(rig: Rig):
    for page in (await opened(rig, "operations"), await opened(rig, "operations")):
        await choose(rig, page, "operation_switch", "off image.edit")
        assert not rig.bot.parts.switches.is_on(rig.guild.id, "image.edit")
    lines = [each for each in await rig.bot.parts.store.decisions.all(rig.guild.id) if each.kind == "operation"]
    assert len(lines) == 1


async def test_who_is_no_moderator_any_more_switches_nothing(rig: Rig):
    old = await opened(rig, "operations")
    rig.env.backend.remove_member_role(rig.guild.id, rig.moderator.id, rig.moderators.id)
    assert "Only moderators" in private_sentence(await choose(rig, old, "operation_switch", "off image.edit"))
    assert rig.bot.parts.switches.is_on(rig.guild.id, "image.edit")


async def test_a_switch_outlives_a_restart(rig: Rig):
    await switch(rig, "image.generate", "off")
    await rig.restart()
    result = await rig.member.slash(rig.channel, "image generate", prompt="x")
    assert "turned off" in private_sentence(result)


async def test_what_is_off_disappears_from_the_operations_that_can_be_requested_but_can_be_switched_on(rig: Rig):
    assert "image.edit" in await offered(rig, REQUEST, "edit")
    await switch(rig, "image.edit", "off")
    assert "image.edit" not in await offered(rig, REQUEST, "edit")
    await switch(rig, "image.edit", "on")
    assert "image.edit" in await offered(rig, REQUEST, "edit")


async def test_the_end_of_sora_is_told_when_it_is_switched(rig: Rig):
    rig.advance(SORA_ENDED - rig.clock.wall())
    told = said(await switch(rig, "sora2.video.edit", "off"))
    assert told.endswith("Retired on Sep 24, 2026.")
    result = await rig.member.slash(rig.channel, "sora for:edit", prompt="x", sora_video_id="video_1")
    assert private_sentence(result) == "This server's moderators have turned off Edit Sora 2 Video."
    await nothing_happened(rig)


async def test_only_the_owner_of_the_bot_switches_everywhere(rig: Rig):
    owned_by(rig, Owner(rig.moderator.id))
    old = await opened(rig, "operations")
    owned_by(rig, Owner(rig.member.id))
    assert "operation_everywhere" not in str(parts(await opened(rig, "operations")))
    refused = await choose(rig, old, "operation_everywhere", "off image.generate")
    assert "Only the host of this bot" in private_sentence(refused)
    assert rig.bot.parts.switches.off(0) == frozenset()

    owned_by(rig, Owner(rig.moderator.id))
    assert "for all servers" in said(await everywhere(rig, "off"))
    result = await rig.member.slash(rig.channel, "image generate", prompt="x")
    assert "host" in private_sentence(result)
    text = unlinked(page_text(await opened(rig, "operations")))
    assert "🚫 Generate Image · `/image generate` · turned off by the host" in text

    await switch(rig, "image.generate", "off")
    told = said(await switch(rig, "image.generate", "on"))
    assert "still can't use it" in told
    assert "for all servers" in said(await everywhere(rig, "on"))
    assert not (await rig.member.slash(rig.channel, "image generate", prompt="x")).ephemeral
    await rig.work()


ROLES = discord.TeamMemberRole
INVITED = discord.TeamMembershipState.invited


@pytest.mark.parametrize(
    ("role", "state", "may"),
    [
        (ROLES.admin, discord.TeamMembershipState.accepted, True),
        pytest.param(ROLES.developer, discord.TeamMembershipState.accepted, True, marks=pytest.mark.long),
        (ROLES.read_only, discord.TeamMembershipState.accepted, False),
        (ROLES.admin, INVITED, False),
    ],
)
async def test_of_a_team_those_who_may_change_the_application_switch_everywhere(
    rig: Rig, role: Any, state: Any, may: bool
):
    team = Team(1, Member(1, ROLES.admin), Member(rig.moderator.id, role, state))
    owned_by(rig, Owner(rig.moderator.id, team))
    if may:
        await everywhere(rig, "off")
    else:
        await press(rig, rig.moderator, "operation_everywhere", "0")
        assert "operation_everywhere" not in str(parts(await opened(rig, "operations")))
    assert rig.bot.parts.switches.is_off_everywhere("image.generate") is may


async def test_the_owner_of_a_team_switches_everywhere_whatever_their_role(rig: Rig):
    owned_by(rig, Owner(1, Team(rig.moderator.id, Member(rig.moderator.id, ROLES.read_only))))
    await everywhere(rig, "off")
    assert rig.bot.parts.switches.is_off_everywhere("image.generate")


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
    assert "is on." in said(await switch(rig, "sora2.character.make", "on"))
    assert rig.bot.parts.switches.off(rig.guild.id) == frozenset()
