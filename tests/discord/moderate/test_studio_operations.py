from __future__ import annotations

from typing import Any

import discord

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
    told = said(await switch(rig, "sora2.video.edit", "off"))
    assert told.endswith("Retired on Sep 24, 2026.")


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


async def test_what_is_switched_off_is_refused_here_in_one_sentence_until_it_is_on(rig: Rig):
    old, older = await opened(rig, "operations"), await opened(rig, "operations")
    assert said(await switch(rig, "image.generate", "off")) == "✅ Generate Image is off on this server."
    await rig.restart()
    result = await rig.member.slash(rig.channel, "image generate", prompt="x")
    assert private_sentence(result) == "This server's moderators have turned off Generate Image."
    assert "image.generate" not in await offered(rig, REQUEST, "generate")
    await choose(rig, old, "operation_switch", "off image.generate")
    assert not rig.bot.parts.switches.is_on(rig.guild.id, "image.generate"), "an old page undoes nothing"
    await nothing_happened(rig)

    other = rig.env.create_guild("Other")
    channel = other.create_text_channel("general")
    visitor = other.add_member(rig.env.create_user("vera"))
    assert not (await visitor.slash(channel, "image generate", prompt="x")).ephemeral

    assert said(await switch(rig, "image.generate", "on")) == "✅ Generate Image is on."
    lines = [each for each in await rig.bot.parts.store.decisions.all(rig.guild.id) if each.kind == "operation"]
    assert len(lines) == 2
    assert "image.generate" in await offered(rig, REQUEST, "generate")
    assert not (await rig.member.slash(rig.channel, "image generate", prompt="x")).ephemeral
    await rig.work()
    rig.env.backend.remove_member_role(rig.guild.id, rig.moderator.id, rig.moderators.id)
    assert "Only moderators" in private_sentence(await choose(rig, older, "operation_switch", "off image.edit"))
    assert rig.bot.parts.switches.is_on(rig.guild.id, "image.edit")


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


async def test_of_a_team_its_owner_and_those_who_may_change_the_application_switch_everywhere(rig: Rig):
    accepted, invited = discord.TeamMembershipState.accepted, discord.TeamMembershipState.invited
    for role, state in ((ROLES.read_only, accepted), (ROLES.admin, invited)):
        team = Team(1, Member(1, ROLES.admin), Member(rig.moderator.id, role, state))
        owned_by(rig, Owner(rig.moderator.id, team))
        await press(rig, rig.moderator, "operation_everywhere", "0")
        assert "operation_everywhere" not in str(parts(await opened(rig, "operations")))
        assert not rig.bot.parts.switches.is_off_everywhere("image.generate")
    for owner_id, role in ((1, ROLES.admin), (1, ROLES.developer), (rig.moderator.id, ROLES.read_only)):
        owned_by(rig, Owner(1, Team(owner_id, Member(rig.moderator.id, role, accepted))))
        for to in ("off", "on"):
            await everywhere(rig, to)
            assert rig.bot.parts.switches.is_off_everywhere("image.generate") is (to == "off")


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
