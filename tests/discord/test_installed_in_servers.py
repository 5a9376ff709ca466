"""The bot is installed in servers, and its commands are used there: not by a user everywhere, not in messages."""

from __future__ import annotations

from tests.support.rig import Rig

GUILD_INSTALL, IN_GUILD = 0, 0
"""Discord's numbers: an installation in a server, a use in a server."""


async def test_every_command_and_menu_is_registered_for_servers_alone(rig: Rig):
    payload = await rig.bot.parts.command_sync._payload()
    assert len(payload) > 15
    places = {each["name"]: (each.get("integration_types"), each.get("contexts")) for each in payload}
    assert {name for name, place in places.items() if place != ([GUILD_INSTALL], [IN_GUILD])} == set()


async def test_what_is_registered_is_what_discord_gets(rig: Rig):
    bodies = [call.json for call in rig.env.http_requests if call.path.endswith("/commands") and call.method == "PUT"]
    assert bodies
    for command in bodies[-1]:
        assert command["integration_types"] == [GUILD_INSTALL], command["name"]
        assert command["contexts"] == [IN_GUILD], command["name"]
