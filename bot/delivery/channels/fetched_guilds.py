"""Servers that no gateway connection reports: the REST API is asked, the answer cached.

They are put into discord.py's cache, as the gateway's are.
"""

from __future__ import annotations

import asyncio
import weakref
from typing import Any, cast

import discord
import structlog

from bot.delivery.channels.facts import CLOSED_STATUSES, DISCORD_ERRORS, in_time
from bot.runtime.clock import Clock

log = structlog.get_logger(__name__)

FRESH_S = 60.0
"""Cache lifetime."""
FAILED_AGAIN_S = 15.0
KEPT = 2000
"""Most servers cached, by last use."""


class FetchedGuilds:
    """Servers of a process without a gateway, put into its client's cache from the REST API."""

    def __init__(self, client: discord.Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._fresh_until: dict[int, float] = {}
        """By id, in monotonic seconds, including servers without the bot; last used last."""
        self._locks: weakref.WeakValueDictionary[int, asyncio.Lock] = weakref.WeakValueDictionary()

    def known(self, guild_id: int) -> discord.Guild | None:
        return self._client.get_guild(guild_id)

    async def find(self, guild_id: int) -> discord.Guild | None:
        """Return the server, fetched unless fresh; the cached one if Discord does not answer."""
        if not self._is_fresh(guild_id):
            async with self._locks.setdefault(guild_id, asyncio.Lock()):
                if not self._is_fresh(guild_id):
                    await self._fetch(guild_id)
        return self._client.get_guild(guild_id)

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
        """Return a server in the form of GUILD_CREATE. Raises Discord's or the network's error."""
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
