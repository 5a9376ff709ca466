"""Servers as a process knows them: channels, roles, threads, the bot's permissions."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import discord
from discord.state import AutoShardedConnectionState


class Guilds(Protocol):
    """The bot's servers, as far as this process knows them."""

    def known(self, guild_id: int) -> discord.Guild | None:
        """Return the cached server, perhaps outdated; None if not cached."""
        ...

    async def find(self, guild_id: int) -> discord.Guild | None:
        """Return the current server; None if the bot is not in it, or Discord does not answer. Never raises."""
        ...


@dataclass(frozen=True)
class GatewayGuilds:
    """Servers from the gateway."""

    client: discord.Client

    def known(self, guild_id: int) -> discord.Guild | None:
        """Return the server, None if not cached."""
        return self.client.get_guild(guild_id)

    async def find(self, guild_id: int) -> discord.Guild | None:
        """Return the server, None if not cached. At a new session, wait until the gateway has sent it."""
        await arrivals(self.client).wait(guild_id)
        return self.client.get_guild(guild_id)


class Arrivals:
    """Servers that READY listed and the gateway has not sent yet, of each shard."""

    def __init__(self) -> None:
        self._expected: dict[int, dict[int, asyncio.Event]] = {}

    def expect(self, shard_id: int, guild_ids: Iterable[int]) -> None:
        """Expect these servers of a new session, and no others of its shard."""
        self.end(shard_id)
        self._expected[shard_id] = {guild_id: asyncio.Event() for guild_id in guild_ids}

    def note(self, shard_id: int, guild_id: int) -> None:
        if (arrived := self._expected.get(shard_id, {}).pop(guild_id, None)) is not None:
            arrived.set()

    def end(self, shard_id: int) -> None:
        """Expect no more servers of a shard: those in an outage don't come."""
        for arrived in self._expected.pop(shard_id, {}).values():
            arrived.set()

    async def wait(self, guild_id: int) -> None:
        """Wait until the gateway has sent a server, or sends no more; return at once for others."""
        for expected in self._expected.values():
            if (arrived := expected.get(guild_id)) is not None:
                await arrived.wait()
                return

    async def all_of(self, shard_id: int, pause_s: float) -> None:
        """Wait until a shard's servers have been sent, or none has for `pause_s`."""
        while expected := self._expected.get(shard_id):
            left, (_, arrived) = len(expected), next(iter(expected.items()))
            try:
                async with asyncio.timeout(pause_s):
                    await arrived.wait()
            except TimeoutError:
                if len(expected) == left:
                    return


class GatewayState(AutoShardedConnectionState[Any]):
    """discord.py's cache, ready once all servers are there instead of two seconds later.

    `tests/unit/delivery/test_gateway_state.py` fails when the private names of discord.py that are used here change.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.arrivals = Arrivals()

    def parse_ready(self, data: Any) -> None:
        """Take a new session: its servers, which it lists, are all of the shard's."""
        shard_id, listed = data["shard"][0], {int(each["id"]) for each in data["guilds"]}
        for guild in [each for each in self.guilds if each.shard_id == shard_id and each.id not in listed]:
            self._remove_guild(guild)
        self.arrivals.expect(shard_id, listed)
        super().parse_ready(data)

    def _remove_guild(self, guild: discord.Guild) -> None:
        super()._remove_guild(guild)
        self.arrivals.note(guild.shard_id, guild.id)

    def _add_ready_state(self, guild: discord.Guild) -> bool:
        """Note that a server has been sent. False: its event need not wait for the others."""
        self.arrivals.note(guild.shard_id, guild.id)
        return False

    async def _delay_shard_ready(self, shard_id: int) -> None:
        try:
            await self.arrivals.all_of(shard_id, self.guild_ready_timeout)
        except asyncio.CancelledError:  # a newer session
            return
        self.arrivals.end(shard_id)
        self.dispatch("shard_ready", shard_id)


def arrivals(client: discord.Client) -> Arrivals:
    """Return which servers a client waits for; none for a client without `GatewayState`."""
    state = client._connection  # noqa: SLF001 - discord.py has no other way to it
    return state.arrivals if isinstance(state, GatewayState) else Arrivals()
