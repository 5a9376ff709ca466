"""What is kept of servers in discord.py's cache, and when they are there."""

from __future__ import annotations

import asyncio
import copy
import inspect
from typing import Any

import discord
import pytest
from discord.ext import commands
from discord.guild import Guild
from discord.state import AutoShardedConnectionState, ConnectionState

from bot.app.client import intents
from bot.app.connection.start import GatewayClient
from bot.delivery.channels.guilds import NOT_KEPT_OF_CHANNELS, NOT_KEPT_OF_ROLES, GatewayGuilds, arrivals

ME, MEMBER = 77, 78
GUILD, OTHER = 1 << 22, 2 << 22
TYPES = (0, 2, 4, 5, 13, 15, 16)
"""Every type of a channel that discord.py has a class for."""


class Client(GatewayClient):
    """A client whose gateway is the test."""

    def __init__(self) -> None:
        super().__init__("!", intents=intents(), help_command=None, chunk_guilds_at_startup=False, max_messages=None)
        _begin(self)

    async def begin_shards(self, gateway: object) -> None: ...


class Stock(commands.AutoShardedBot):
    """The same by discord.py alone."""

    def __init__(self) -> None:
        super().__init__("!", intents=intents(), help_command=None, chunk_guilds_at_startup=False, max_messages=None)
        _begin(self)


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


def channel(number: int, type_: int, guild_id: int) -> dict[str, Any]:
    return {
        "id": str(guild_id + 100 + number), "type": type_, "name": f"channel-{number}", "position": number,
        "parent_id": str(guild_id + 102), "nsfw": number % 2 == 1, "topic": "About it.", "last_message_id": "9",
        "rate_limit_per_user": 5, "bitrate": 64000, "user_limit": 3, "flags": 0,
        "permission_overwrites": [
            {"id": str(guild_id + 1), "type": 0, "allow": str(1 << 11), "deny": "0"},
            {"id": str(guild_id), "type": 0, "allow": "0", "deny": str(1 << 11)},
            {"id": str(ME), "type": 1, "allow": "0", "deny": str(1 << 6)},
        ],
    }  # fmt: skip


def guild(guild_id: int = GUILD, **more: Any) -> dict[str, Any]:
    roles = [
        {"id": str(guild_id + number), "name": f"role {number}", "permissions": str((1 << 10) | number),
         "position": number, "color": 7, "hoist": True, "managed": False, "mentionable": number == 2, "flags": 0}
        for number in range(4)
    ]  # fmt: skip
    own = {"id": str(ME), "username": "cannon", "discriminator": "0000", "avatar": None, "bot": True}
    return {
        "id": str(guild_id), "name": "Studio", "owner_id": "5", "icon": "a", "description": "A server.",
        "features": ["NEWS"], "preferred_locale": "de", "premium_tier": 2, "system_channel_id": str(guild_id + 100),
        "unavailable": False, "member_count": 3, "roles": roles, "threads": [], "emojis": [], "joined_at": "x",
        "channels": [channel(number, each, guild_id) for number, each in enumerate((*TYPES, 99))],
        "members": [{"user": own, "roles": [str(guild_id + 1)], "joined_at": "2024-01-01T00:00:00+00:00",
                     "deaf": False, "mute": False, "flags": 0}],
        **more,
    }  # fmt: skip


def known(client: Any, guild_id: int = GUILD) -> Guild:
    found = client.get_guild(guild_id)
    assert found is not None
    return found


def read(value: Any, without: frozenset[str]) -> dict[str, Any]:
    """What an object of discord.py says, but for what is not kept and what differs by where it lives."""
    names = {name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())}
    here = {"guild", "_state", "_overwrites", "_colour", "_secondary_colour", "_tertiary_colour"}
    found = {name: repr(getattr(value, name)) for name in names - here if name.removeprefix("_") not in without}
    overwrites = [tuple(getattr(each, name) for name in each.__slots__) for each in getattr(value, "_overwrites", ())]
    return found | {"overwrites": repr(overwrites)}


CALLED = frozenset({"slowmode_delay", "default_thread_slowmode_delay"})
"""What discord.py calls the limits of rates."""


@pytest.fixture
async def client() -> Client:
    return Client()


async def test_channels_and_roles_are_those_of_discord_py_when_they_are_read(client: Client) -> None:
    stock = Stock()
    for each in (client, stock):
        ready(each, GUILD)
        feed(each, "GUILD_CREATE", guild())
    ours, theirs = known(client), known(stock)
    assert len(theirs.channels) == len(TYPES)
    for expected in theirs.channels:
        found = ours.get_channel(expected.id)
        assert found is not None
        assert type(found) is type(expected)
        not_kept = NOT_KEPT_OF_CHANNELS | CALLED
        assert read(found, not_kept) == read(expected, not_kept)
        assert found.permissions_for(ours.me) == expected.permissions_for(theirs.me)
        assert found.permissions_for(ours.default_role) == expected.permissions_for(theirs.default_role)
        assert found.guild is ours
    assert len(ours.roles) == len(theirs.roles) == 4
    for role in theirs.roles:
        same = ours.get_role(role.id)
        assert same is not None
        assert read(same, NOT_KEPT_OF_ROLES) == read(role, NOT_KEPT_OF_ROLES)
    assert ours.me.guild_permissions == theirs.me.guild_permissions
    assert (ours.filesize_limit, ours.preferred_locale, ours.owner_id) == (50 << 20, discord.Locale.german, 5)
    assert ours.system_channel is ours.get_channel(GUILD + 100)
    assert [each.id for each in ours.text_channels] == [each.id for each in theirs.text_channels]
    assert client.get_channel(GUILD + 103) is ours.get_channel(GUILD + 103)
    assert client.get_channel(GUILD + 999) is None


async def test_what_changes_is_kept_and_what_is_deleted_is_gone(client: Client) -> None:
    ready(client, GUILD)
    feed(client, "GUILD_CREATE", guild())
    ours = known(client)
    feed(client, "CHANNEL_UPDATE", channel(1, 2, GUILD) | {"guild_id": str(GUILD), "name": "renamed"})
    feed(client, "CHANNEL_CREATE", channel(50, 0, GUILD) | {"guild_id": str(GUILD)})
    feed(client, "CHANNEL_DELETE", channel(3, 5, GUILD) | {"guild_id": str(GUILD)})
    feed(client, "GUILD_ROLE_DELETE", {"guild_id": str(GUILD), "role_id": str(GUILD + 2)})
    changed = guild()["roles"][1] | {"permissions": "8"}
    feed(client, "GUILD_ROLE_UPDATE", {"guild_id": str(GUILD), "role": changed})
    renamed = ours.get_channel(GUILD + 101)
    assert renamed is not None
    assert renamed.name == "renamed"
    assert ours.get_channel(GUILD + 103) is None
    assert ours.get_channel(GUILD + 150) is not None
    assert len(ours.channels) == len(TYPES)
    assert [role.id - GUILD for role in ours.roles] == [0, 1, 3]
    assert ours.me.guild_permissions.administrator


async def test_nothing_is_made_of_a_server_that_is_not_read(client: Client) -> None:
    def kept(owner: Any) -> int:
        ready(owner, GUILD)
        feed(owner, "GUILD_CREATE", guild(channels=[channel(each, 0, GUILD) for each in range(26)]))
        found = known(owner)
        return dict.__len__(found._channels) + dict.__len__(found._roles)

    assert kept(client) == 0, "nothing was read"
    assert kept(Stock()) == 30


# ---------------------------------------------------------------------- when they are there


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
    assert "self._add_guild_from_data(data)" in inspect.getsource(ConnectionState._get_create_guild)
    taken = inspect.getsource(Guild._from_data)
    assert "self._roles: Dict[int, Role] = {}" in taken
    assert "role = Role(guild=self, data=r, state=state)" in taken
    assert "factory(guild=self, data=c, state=self._state)" in taken
    for name in ("_channels", "_roles"):
        used = {line.split(f"self.{name}", 1)[1].split("(")[0] for line in _lines(Guild) if f"self.{name}" in line}
        known_uses = {".get", ".pop", ".values", ": Dict[int, GuildChannel] = {}", ": Dict[int, Role] = {}"}
        assert {use for use in used if not use.startswith("[") and use.strip()} <= known_uses | {".get\n"}


def _lines(kind: type) -> list[str]:
    return [line.strip() for line in inspect.getsource(kind).splitlines()]
