"""Where commands are registered: members' everywhere, moderators' and those about a server's members in servers."""

from __future__ import annotations

from pathlib import Path

from tests.support.rig import Rig, running

IN_GUILD, IN_ALL = [0], [0, 1, 2]
"""Discord's numbers of uses: in a server, with the bot alone, in a group or another's direct messages."""
GUILD_INSTALL, EVERY_INSTALL = [0], [0, 1]
"""Discord's numbers of installations: in a server, by a member."""


async def test_members_commands_are_registered_everywhere_and_the_rest_for_servers(rig: Rig):
    payload = await rig.bot.parts.command_sync._payload()
    assert len(payload) > 15
    places = {each["name"]: (each["integration_types"], each["contexts"]) for each in payload}
    in_servers = {name for name, place in places.items() if place == (GUILD_INSTALL, IN_GUILD)}
    everywhere = {name for name, place in places.items() if place == (EVERY_INSTALL, IN_ALL)}
    assert in_servers | everywhere == set(places)
    moderators = {each["name"] for each in payload if each.get("default_member_permissions") is not None}
    assert in_servers == moderators | {"cast", "shootout", "event", "Their results here"}


async def test_what_is_registered_is_what_discord_gets(rig: Rig):
    bodies = [call.json for call in rig.env.http_requests if call.path.endswith("/commands") and call.method == "PUT"]
    assert bodies
    sent = {each["name"]: (each["integration_types"], each["contexts"]) for each in bodies[-1]}
    assert sent["image"] == (EVERY_INSTALL, IN_ALL)
    assert sent["studio"] == (GUILD_INSTALL, IN_GUILD)


async def test_a_host_who_serves_no_one_outside_registers_all_for_servers_alone(tmp_path: Path):
    async with running(tmp_path, own_accounts="servers") as rig:
        payload = await rig.bot.parts.command_sync._payload()
        assert {(*each["integration_types"], *each["contexts"]) for each in payload} == {(0, 0)}
