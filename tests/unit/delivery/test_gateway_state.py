"""When servers are in discord.py's cache."""

from __future__ import annotations

import asyncio
import copy
import inspect
from typing import Any

import discord
import pytest
from discord.state import AutoShardedConnectionState, ConnectionState

from bot.app.client import intents
from bot.app.connection.start import GatewayClient
from bot.delivery.channels.guilds import GatewayGuilds, arrivals

ME, MEMBER = 77, 78
GUILD, OTHER = 1 << 22, 2 << 22


class Client(GatewayClient):
    """A client whose gateway is the test."""

    def __init__(self) -> None:
        super().__init__("!", intents=intents(), help_command=None, chunk_guilds_at_startup=False, max_messages=None)
        _begin(self)

    async def begin_shards(self, gateway: object) -> None: ...


def _begin(client: Any) -> None:
    client.seen, client._ready = [], asyncio.Event()
    client.dispatch = lambda name, *_: client.seen.append(name)
    client.shard_count = client._connection.shard_count = 1
    client._connection.shard_ids = [0]
    client._connection.dispatch = client.dispatch
    client._connection._get_client = lambda: client


def feed(client: Any, event: str, data: dict[str, Any]) -> None:
    client._connection.parsers[event](copy.deepcopy(data))


def ready(client: Any, *guild_ids: int) -> None:
    user = {"id": str(ME), "username": "cannon", "discriminator": "0000", "avatar": None, "bot": True}
    guilds = [{"id": str(each), "unavailable": True} for each in guild_ids]
    feed(client, "READY", {"user": user, "guilds": guilds, "shard": [0, 1], "application": {"id": "1", "flags": 0}})


def guild(guild_id: int = GUILD, **more: Any) -> dict[str, Any]:
    roles = [{"id": str(guild_id), "name": "@everyone", "permissions": "0", "position": 0, "flags": 0}]
    own = {"id": str(ME), "username": "cannon", "discriminator": "0000", "avatar": None, "bot": True}
    return {
        "id": str(guild_id), "name": "Studio", "owner_id": "5", "icon": "a", "description": "A server.",
        "features": ["NEWS"], "preferred_locale": "de", "premium_tier": 2, "system_channel_id": str(guild_id + 100),
        "unavailable": False, "member_count": 3, "roles": roles, "threads": [], "emojis": [], "joined_at": "x",
        "channels": [],
        "members": [{"user": own, "roles": [], "joined_at": "2024-01-01T00:00:00+00:00",
                     "deaf": False, "mute": False, "flags": 0}],
        **more,
    }  # fmt: skip


@pytest.fixture
async def client() -> Client:
    return Client()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_it_is_ready_once_every_listed_server_is_there(client: Client) -> None:
    client._connection.guild_ready_timeout = 3600
    ready(client, GUILD, OTHER)
    assert "shard_connect" in client.seen
    feed(client, "GUILD_CREATE", guild(GUILD))
    await settled()
    assert "guild_available" in client.seen, "its event waits for no other server"
    assert "shard_ready" not in client.seen
    feed(client, "GUILD_CREATE", guild(OTHER))
    await settled()
    assert client.seen[-2:] == ["shard_ready", "ready"]


async def test_a_bot_without_servers_is_ready_at_once(client: Client) -> None:
    client._connection.guild_ready_timeout = 3600
    ready(client)
    await settled()
    assert client.seen[-2:] == ["shard_ready", "ready"]


async def test_a_server_in_an_outage_is_waited_for_no_longer_than_discord_py_does(client: Client) -> None:
    client._connection.guild_ready_timeout = 0.01
    ready(client, GUILD, OTHER)
    feed(client, "GUILD_CREATE", guild(OTHER))
    found = await asyncio.wait_for(GatewayGuilds(client).find(GUILD), 30)
    assert found is not None
    assert found.unavailable
    assert "shard_ready" in client.seen


async def test_what_needs_a_server_waits_for_it_and_for_no_other(client: Client) -> None:
    client._connection.guild_ready_timeout = 3600
    guilds = GatewayGuilds(client)
    ready(client, GUILD, OTHER)
    finding = asyncio.create_task(guilds.find(GUILD))
    assert await guilds.find(3 << 22) is None
    await settled()
    assert not finding.done()
    feed(client, "GUILD_CREATE", guild(GUILD))
    found = await finding
    assert found is not None
    assert found.preferred_locale is discord.Locale.german


@pytest.mark.parametrize("ends", ["removed", "closed", "new session"])
async def test_nothing_waits_for_a_server_that_will_not_come(client: Client, ends: str) -> None:
    client._connection.guild_ready_timeout = 3600
    ready(client, GUILD)
    finding = asyncio.create_task(GatewayGuilds(client).find(GUILD))
    await settled()
    if ends == "removed":
        feed(client, "GUILD_DELETE", {"id": str(GUILD)})
    elif ends == "closed":
        arrivals(client).end(0)
    else:
        ready(client)
    found = await asyncio.wait_for(finding, 30)
    assert (found is not None) is (ends == "closed")


async def test_a_new_session_forgets_the_servers_that_it_does_not_list(client: Client) -> None:
    ready(client, GUILD, OTHER)
    for each in (GUILD, OTHER):
        feed(client, "GUILD_CREATE", guild(each))
    ready(client, OTHER)
    assert [each.id for each in client.guilds] == [OTHER]


# ---------------------------------------------------------------------- what discord.py has


def test_discord_py_has_the_private_names_that_are_used() -> None:
    """Read bot/delivery/channels/guilds.py again, and discord/state.py and discord/guild.py, when this fails."""
    ready_source = inspect.getsource(AutoShardedConnectionState.parse_ready)
    assert "self._ready_tasks[shard_id] = asyncio.create_task(self._delay_shard_ready(shard_id))" in ready_source
    assert ready_source.index("_add_guild_from_data") < ready_source.index("self.dispatch('shard_connect', shard_id)")
    assert "self.dispatch('shard_ready', shard_id)" in inspect.getsource(AutoShardedConnectionState._delay_shard_ready)
    create = inspect.getsource(ConnectionState.parse_guild_create)
    assert create.index("self._get_create_guild(data)") < create.index("if self._add_ready_state(guild):")
