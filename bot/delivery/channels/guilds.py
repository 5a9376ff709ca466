"""Servers as a process knows them: channels, roles, threads, the bot's permissions."""

from __future__ import annotations

import asyncio
import pickle
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

import discord
from discord.channel import _guild_channel_factory
from discord.state import AutoShardedConnectionState

_T = TypeVar("_T")
_Row = Mapping[str, Any]


class Guilds(Protocol):
    """The bot's servers, as far as this process knows them."""

    def known(self, guild_id: int) -> discord.Guild | None:
        """Return the cached server, perhaps outdated; None if not cached."""
        ...

    async def find(self, guild_id: int) -> discord.Guild | None:
        """Return the current server; None if the bot is not in it, or Discord does not answer. Never raises."""
        ...

    def forget(self, guild_id: int) -> None:
        """Drop what the gateway did not report: the server has changed."""
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

    def forget(self, guild_id: int) -> None:
        """Do nothing: the gateway reports each change."""


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


NOT_KEPT = frozenset({
    "banner", "description", "discovery_splash", "emojis", "features", "guild_scheduled_events", "icon",
    "incidents_data", "presences", "soundboard_sounds", "splash", "stage_instances", "stickers", "voice_states",
})  # fmt: skip
"""Of a server: what discord.py would keep and the bot never reads."""
NOT_KEPT_OF_CHANNELS = frozenset({
    "available_tags", "default_auto_archive_duration", "default_forum_layout", "default_reaction_emoji",
    "default_sort_order", "default_thread_rate_limit_per_user", "icon_emoji", "last_message_id", "last_pin_timestamp",
    "rate_limit_per_user", "rtc_region", "template", "theme_color", "topic", "video_quality_mode",
})  # fmt: skip
NOT_KEPT_OF_ROLES = frozenset({"color", "colors", "description", "icon", "tags", "unicode_emoji"})


class Packed(dict[int, _T]):
    """A server's channels or roles by id: compressed, of which an object is made when it is first read.

    Most are never read. An object that was read stays, since the gateway's events change it.
    """

    __slots__ = ("_bytes", "_guild", "_ids", "_make")

    def __init__(self, guild: discord.Guild, rows: Iterable[_Row], make: Callable[[discord.Guild, _Row], _T]) -> None:
        super().__init__()
        by_id = sorted(rows, key=_id_of)
        self._guild = guild
        self._make = make
        self._ids = array("Q", map(_id_of, by_id))
        self._bytes = zlib.compress(pickle.dumps(by_id), level=1)

    def get(self, key: int, default: Any = None, /) -> Any:
        found = super().get(key)
        if found is not None:
            return found
        place = bisect_left(self._ids, key)
        if place == len(self._ids) or self._ids[place] != key:
            return default
        self[key] = made = self._make(self._guild, self._rows()[place])
        return made

    def __missing__(self, key: int) -> _T:
        if (found := self.get(key)) is None:
            raise KeyError(key)
        return cast("_T", found)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, int) and self.get(key) is not None

    def __len__(self) -> int:
        return dict.__len__(self._whole())

    def __iter__(self) -> Iterator[int]:
        return dict.__iter__(self._whole())

    def keys(self) -> Any:
        return dict.keys(self._whole())

    def values(self) -> Any:
        return dict.values(self._whole())

    def items(self) -> Any:
        return dict.items(self._whole())

    def pop(self, key: int, *default: Any) -> Any:
        return dict.pop(self._whole(), key, *default)

    def _rows(self) -> list[_Row]:
        rows: list[_Row] = pickle.loads(zlib.decompress(self._bytes))  # noqa: S301 - made above
        return rows

    def _whole(self) -> dict[int, _T]:
        """Make every object, and drop the bytes."""
        if self._ids:
            rows, self._ids = self._rows(), array("Q")
            self._bytes = b""
            for row in rows:
                if not dict.__contains__(self, _id_of(row)):
                    self[_id_of(row)] = self._make(self._guild, row)
        return self


def _id_of(row: _Row) -> int:
    return int(row["id"])


def _channel(guild: discord.Guild, row: _Row) -> Any:
    factory: Any = _guild_channel_factory(row["type"])[0]
    return factory(guild=guild, state=guild._state, data=row)  # noqa: SLF001 - as discord.py


def _role(guild: discord.Guild, row: _Row) -> discord.Role:
    return discord.Role(guild=guild, state=guild._state, data=cast("Any", row))  # noqa: SLF001 - as discord.py


def _lists(data: dict[str, Any]) -> tuple[list[_Row] | None, list[_Row] | None]:
    """Take a server's channels and roles out of its data, and what is not kept; None where Discord sent none."""
    for name in NOT_KEPT & data.keys():
        del data[name]
    channels, roles = data.pop("channels", None), data.pop("roles", None)
    if channels is not None:
        channels = [_without(row, NOT_KEPT_OF_CHANNELS) for row in channels if _guild_channel_factory(row["type"])[0]]
    return channels, None if roles is None else [_without(row, NOT_KEPT_OF_ROLES) for row in roles]


def _without(row: _Row, names: frozenset[str]) -> _Row:
    return {name: value for name, value in row.items() if name not in names}


def _packed(guild: discord.Guild, lists: tuple[list[_Row] | None, list[_Row] | None]) -> discord.Guild:
    channels, roles = lists
    if channels is not None:
        guild._channels = Packed(guild, channels, _channel)  # noqa: SLF001 - what is packed
    if roles is not None:
        guild._roles = Packed(guild, roles, _role)  # noqa: SLF001 - as above
    return guild


class GatewayState(AutoShardedConnectionState[Any]):
    """discord.py's cache, with less in it, and ready once all servers are there instead of two seconds later.

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

    def _get_create_guild(self, data: Any) -> discord.Guild:
        lists = _lists(data)
        return _packed(super()._get_create_guild(data), lists)

    def _add_guild_from_data(self, data: Any) -> discord.Guild:
        lists = _lists(data)
        return _packed(super()._add_guild_from_data(data), lists)


def arrivals(client: discord.Client) -> Arrivals:
    """Return which servers a client waits for; none for a client without `GatewayState`."""
    state = client._connection  # noqa: SLF001 - discord.py has no other way to it
    return state.arrivals if isinstance(state, GatewayState) else Arrivals()
