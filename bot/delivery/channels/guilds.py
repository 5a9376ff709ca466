"""How a process knows servers: their channels, roles, threads, and what the bot may do there.

A process with a connection to the gateway is told all of it, and of each change. One without asks Discord's REST API
about the servers that it has something to do in, and believes the answer for a while. Either way there are discord.py's
own objects in its cache, so nothing else needs to know the difference.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

import discord
import structlog

from bot.delivery.channels.facts import CLOSED_STATUSES, DISCORD_ERRORS, in_time
from bot.runtime.clock import Clock

log = structlog.get_logger(__name__)

FRESH_S = 300.0
"""For how long an answer is believed, unless a gateway tells of a change."""
FAILED_AGAIN_S = 15.0
"""How soon Discord is asked again after it did not answer."""
KEPT = 2000
"""How many servers are known at most: those that were asked about last."""


class Guilds(Protocol):
    """The servers that the bot is in, as far as this process knows them."""

    def known(self, guild_id: int) -> discord.Guild | None:
        """Return the server as it is known now, perhaps from a while ago; None if it is not known."""
        ...

    async def find(self, guild_id: int) -> discord.Guild | None:
        """Return the server as it is; None if the bot is not in it, or Discord does not say. Raises nothing."""
        ...

    def forget(self, guild_id: int) -> None:
        """Believe nothing any more that was not told by the gateway: something has changed in the server."""
        ...


@dataclass(frozen=True)
class ToldGuilds:
    """Those that the gateway tells of."""

    client: discord.Client

    def known(self, guild_id: int) -> discord.Guild | None:
        """Return the server, None if the gateway has told of none."""
        return self.client.get_guild(guild_id)

    async def find(self, guild_id: int) -> discord.Guild | None:
        """Return the server, None if the gateway has told of none."""
        return self.client.get_guild(guild_id)

    def forget(self, guild_id: int) -> None:
        """Do nothing: the gateway tells of each change."""


class SharedGuilds:
    """Those of a process that has some of a fleet's connections, and is asked about all servers."""

    def __init__(self, told: Guilds, fetched: Guilds, *, is_told: Callable[[int], bool]) -> None:
        """`is_told` says of which servers the gateway tells this process."""
        self._told = told
        self._fetched = fetched
        self._is_told = is_told

    def known(self, guild_id: int) -> discord.Guild | None:
        """Return the server as it is known now."""
        return self._of(guild_id).known(guild_id)

    async def find(self, guild_id: int) -> discord.Guild | None:
        """Return the server as it is, told or fetched."""
        return await self._of(guild_id).find(guild_id)

    def forget(self, guild_id: int) -> None:
        """Have a server fetched again of which the gateway does not tell."""
        self._fetched.forget(guild_id)

    def _of(self, guild_id: int) -> Guilds:
        return self._told if self._is_told(guild_id) else self._fetched


class FetchedGuilds:
    """Those of a process without a gateway, put into the cache of its client as Discord's REST API has them."""

    def __init__(self, client: discord.Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._fresh_until: dict[int, float] = {}
        """By id, in monotonic seconds, also of those that the bot is not in; the one asked about last comes last."""
        self._locks: weakref.WeakValueDictionary[int, asyncio.Lock] = weakref.WeakValueDictionary()

    def known(self, guild_id: int) -> discord.Guild | None:
        """Return the server as it was fetched last."""
        return self._client.get_guild(guild_id)

    async def find(self, guild_id: int) -> discord.Guild | None:
        """Return the server, fetched unless that was lately; as it was, if Discord does not answer."""
        if not self._is_fresh(guild_id):
            async with self._locks.setdefault(guild_id, asyncio.Lock()):
                if not self._is_fresh(guild_id):
                    await self._fetch(guild_id)
        return self._client.get_guild(guild_id)

    def forget(self, guild_id: int) -> None:
        """Fetch the server again when it is needed: something has changed there."""
        self._fresh_until.pop(guild_id, None)

    def _is_fresh(self, guild_id: int) -> bool:
        return self._fresh_until.get(guild_id, 0.0) > self._clock.monotonic()

    async def _fetch(self, guild_id: int) -> None:
        state = self._client._connection  # noqa: SLF001 - the cache that the gateway would fill
        seconds = FRESH_S
        begun = self._clock.monotonic()
        try:
            data = await in_time(self._read(guild_id))
        except DISCORD_ERRORS as error:
            if isinstance(error, discord.HTTPException) and error.status in CLOSED_STATUSES:
                gone = self._client.get_guild(guild_id)
                if gone is not None:
                    state._remove_guild(gone)  # noqa: SLF001 - as above
            else:
                seconds = FAILED_AGAIN_S
            log.info("guild.not_fetched", guild=guild_id, error=type(error).__name__)
        else:
            state._add_guild_from_data(cast("Any", data))  # noqa: SLF001 - as above
        self._keep(guild_id, begun + seconds)

    async def _read(self, guild_id: int) -> dict[str, Any]:
        """Return what the gateway's GUILD_CREATE would have of the server. Raises Discord's or the network's error."""
        http, own = self._client.http, self._client.user
        guild, channels, threads, member = await asyncio.gather(
            http.get_guild(guild_id, with_counts=False),
            http.get_all_guild_channels(guild_id),
            http.get_active_threads(guild_id),
            http.get_member(guild_id, 0 if own is None else own.id),
        )
        return {**guild, "channels": channels, "threads": threads["threads"], "members": [member]}

    def _keep(self, guild_id: int, until: float) -> None:
        self._fresh_until.pop(guild_id, None)
        self._fresh_until[guild_id] = until
        while len(self._fresh_until) > KEPT:
            oldest = next(iter(self._fresh_until))
            del self._fresh_until[oldest]
            found = self._client.get_guild(oldest)
            if found is not None:
                self._client._connection._remove_guild(found)  # noqa: SLF001 - as above
