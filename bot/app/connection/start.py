"""When the bot may identify: as Discord says, and so that restarts never use up the day's starts.

Discord allows 1,000 identifies in 24 hours and resets the token of an application that exceeds them (docs.discord.com,
Gateway: "Session Start Limit"). A restarted crashing bot would get there within the hour, so each identify is noted in
a file next to the database, and the next one waits for it.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import discord
import structlog
import yarl
from discord.ext import commands

from bot.delivery.channels.facts import DISCORD_ERRORS, as_permissions, in_time
from bot.delivery.channels.guilds import GatewayState
from bot.domain.shards import SessionStartLimit, StartLimitReport, last_day
from bot.runtime.clock import Clock, SystemClock
from bot.runtime.metrics import ShardState

log = structlog.get_logger(__name__)

UNCOUNTED_PAUSE_S = 100.0
"""The pause if the file is unusable: 864 of them fill a day."""


class StartBackoff:
    """The identifies of this installation, in a file that outlives the process."""

    def __init__(self, database: Path, clock: Clock) -> None:
        self._path = database.with_name(f"{database.name}.starts")
        self._clock = clock
        self._times: list[float] | None = None
        """When the bot identified, Unix seconds; None until the file was read."""
        self._limit = SessionStartLimit()

    @property
    def left(self) -> int:
        return self._limit.left(self._times or (), self._clock.wall())

    def note_limit(self, report: StartLimitReport) -> None:
        """Note Discord's session start limit, which belongs to the application."""
        self._limit = SessionStartLimit.reported(self._clock.wall(), report)

    async def take(self, *, shards: int = 1) -> None:
        """Wait until one of the bot's `shards` may identify, and note that it does.

        With an unusable file it pauses once: starts can't be counted.
        """
        is_first = self._times is None
        is_read, times = await asyncio.to_thread(self._read) if self._times is None else (True, self._times)
        now = self._clock.wall()
        await self._pause(self._limit.open_at(times, now, shards=shards) - now)
        now = self._clock.wall()
        self._times = [*last_day(times, now), now]
        is_written = await asyncio.to_thread(self._write, self._times)
        if is_first and not (is_read and is_written):
            await self._pause(UNCOUNTED_PAUSE_S)

    async def _pause(self, seconds: float) -> None:
        if seconds > 0:
            log.warning("start.waits", seconds=math.ceil(seconds), left=self.left, file=self._path.name)
            await self._clock.wait(asyncio.Event(), seconds)  # never set: the clock ends the wait

    def _read(self) -> tuple[bool, list[float]]:
        """Return whether the file could be read, and its times; none without a file."""
        try:
            times = json.loads(self._path.read_text(encoding="utf-8"))
            return True, [float(at) for at in times]
        except FileNotFoundError:
            return True, []
        except (OSError, ValueError, TypeError) as error:
            log.warning("start.times_unreadable", error=type(error).__name__, file=self._path.name)
            return False, []

    def _write(self, times: Sequence[float]) -> bool:
        """Write the times atomically; return whether that succeeded."""
        new = self._path.with_name(f"{self._path.name}.new")
        try:
            new.write_text(json.dumps(times), encoding="utf-8")
            new.replace(self._path)
        except OSError as error:
            log.warning("start.not_noted", error=type(error).__name__, file=self._path.name)
            return False
        return True


@dataclass(frozen=True, slots=True)
class Gateway:
    """Discord's gateway and session limits: `GET /gateway/bot`."""

    shards: int
    """Recommended number."""
    address: str
    limit: StartLimitReport


RECONNECT_MAX_EXPONENT = 6
"""A lost shard is connected again after up to 2 to the power of this in seconds."""
ASK_AGAIN_S, ASK_AGAIN_MAX_S = 5.0, 60.0
"""First wait before asking Discord for its gateway again, and its maximum; it doubles."""


class GatewayClient(commands.AutoShardedBot):
    """An AutoShardedBot that checks the session limit before it connects."""

    clock: Clock = SystemClock()

    def _get_state(self, **options: Any) -> GatewayState:
        return GatewayState(
            dispatch=self.dispatch, handlers=self._handlers, hooks=self._hooks, http=self.http, **options
        )

    def shard_of(self, guild_id: int) -> int:
        """Return a server's shard (docs.discord.com, Gateway: "Sharding")."""
        return (guild_id >> 22) % (self.shard_count or 1)

    async def begin_shards(self, gateway: Gateway) -> None:
        """Wait until the first session may begin."""
        raise NotImplementedError

    async def ask_gateway(self) -> Gateway:
        """Ask Discord once. Raises GatewayNotFound, and others of DISCORD_ERRORS."""
        asked = self.clock.monotonic()
        shards, address, limit = await in_time(self.http.get_bot_gateway())
        report = StartLimitReport(
            total=limit["total"],
            remaining=limit["remaining"],
            reset_after_s=limit["reset_after"] / 1000,
            max_concurrency=limit["max_concurrency"],
            age_s=self.clock.monotonic() - asked,
        )
        return Gateway(shards, address, report)

    async def launch_shards(self) -> None:
        """Connect all shards one after the other."""
        gateway = await self.answered_gateway()
        self.shard_count = self.shard_count or gateway.shards
        await self.begin_shards(gateway)
        await super().launch_shards()

    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        await super().launch_shard(gateway, shard_id, initial=initial)
        # discord.py would wait for up to 17 minutes, also once Discord is back after a long outage.
        self.shards[shard_id]._parent._backoff._max = RECONNECT_MAX_EXPONENT  # noqa: SLF001 - no setting for it

    async def answered_gateway(self) -> Gateway:
        """Ask Discord until it answers. Raises LoginFailure for a refused token."""
        pause_s = ASK_AGAIN_S
        while True:
            try:
                return await self.ask_gateway()
            except (discord.GatewayNotFound, *DISCORD_ERRORS) as error:
                if getattr(error.__cause__, "status", None) == HTTPStatus.UNAUTHORIZED:
                    raise discord.LoginFailure from None
                log.warning("start.waits", seconds=pause_s, error=type(error.__cause__ or error).__name__)
            await self.clock.wait(asyncio.Event(), pause_s)
            pause_s = min(2 * pause_s, ASK_AGAIN_MAX_S)


def shard_states(bot: discord.AutoShardedClient) -> list[ShardState]:
    """Return the state of each shard, in order; [] before the first connects."""
    return [
        ShardState(number, not shard.is_closed(), shard.latency if math.isfinite(shard.latency) else None)
        for number, shard in sorted(bot.shards.items())
    ]


SCOPES = ("bot", "applications.commands")


def invite_link(application_id: int) -> str:
    """Return the link that adds the application's bot to a server."""
    return discord.utils.oauth_url(application_id, permissions=as_permissions(), scopes=SCOPES)


def application_id_of(token: str) -> int | None:
    """Return the application's id, the first part of its bot's token; None for an invalid token.

    https://discord.com/developers/docs/reference#authentication shows the parts of a token.
    """
    first = token.partition(".")[0]
    try:
        decoded = base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return int(decoded) if decoded.isdecimal() and 0 < int(decoded) < 2**63 else None
