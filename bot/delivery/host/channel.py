"""The channel of the host's reports: found, checked, posted to, at most so much an hour."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field

import discord
import structlog

from bot.delivery.channels.facts import CALL_TIMEOUT_S, in_time, is_closed, is_gone, is_public
from bot.delivery.channels.guilds import Guilds
from bot.delivery.channels.messages import Messages, nonce_of
from bot.runtime.clock import Clock
from bot.settings import DiscordId

log = structlog.get_logger(__name__)

POSTS_MAX, POSTS_WINDOW_S = 12, 3600.0
CLOSED_AGAIN_S = 300.0
"""When a channel that takes nothing is tried again."""
PLACE_FRESH_S = 600.0


@dataclass
class HostChannel:
    """A channel or direct messages, by `place`, None: nowhere. `mention` is whom an alert mentions.

    `is_ready`: whether the bot is connected. Methods raise Discord's or the network's errors.
    """

    place: DiscordId | None
    _: KW_ONLY
    mention: DiscordId | None
    client: discord.Client
    guilds: Guilds
    messages: Messages
    is_ready: Callable[[], bool]
    clock: Clock
    _posted: deque[float] = field(default_factory=lambda: deque(maxlen=POSTS_MAX), init=False)
    """When the last messages were posted, in monotonic seconds."""
    _again_at: float = field(default=0.0, init=False)
    _found: tuple[float, discord.abc.Messageable] | None = field(default=None, init=False)
    """Until when it is fresh, in monotonic seconds."""
    _warned: set[str] = field(default_factory=set, init=False)

    @property
    def is_open(self) -> bool:
        """Whether it did not reject the bot a moment ago."""
        return self.clock.monotonic() >= self._again_at

    def failed(self, error: BaseException) -> None:
        """Note an error of a call."""
        if isinstance(error, discord.HTTPException) and is_closed(error):
            self._again_at = self.clock.monotonic() + CLOSED_AGAIN_S
        self._found = None
        self._warn("not_sent", error=type(error).__name__, code=getattr(error, "code", 0))

    def _warn(self, reason: str, **facts: object) -> None:
        """Log a failure once, until something is posted."""
        if reason not in self._warned:
            self._warned.add(reason)
            log.warning("host_reports.trouble", reason=reason, place=str(self.place), **facts)

    async def find(self) -> discord.abc.Messageable | None:
        """Return the channel; None, with a line in the log, if there is none or everyone can read it."""
        if self.place is None:
            return None
        now = self.clock.monotonic()
        if self._found is None or self._found[0] <= now:
            found = await self._look_up(self.place)
            self._found = None if found is None else (now + PLACE_FRESH_S, found)
        return None if self._found is None else self._found[1]

    async def _look_up(self, place: DiscordId) -> discord.abc.Messageable | None:
        if place.kind == "user":
            return await self.messages.direct_message(place.id)
        channel: object = self.client.get_channel(place.id) or await in_time(self.client.fetch_channel(place.id))
        guild = getattr(channel, "guild", None)
        if guild is None or (known := await self.guilds.find(guild.id)) is None:
            if self.is_ready():  # else its server has not come yet
                self._warn("no_channel")
            return None
        channel = known.get_channel_or_thread(place.id) or channel
        if not isinstance(channel, discord.TextChannel | discord.Thread | discord.VoiceChannel):
            self._warn("no_channel")
            return None
        if is_public(channel):
            self._warn("public_channel")
            return None
        return channel

    async def search(
        self, fits: Callable[[discord.Message], bool], *, since: float | None = None
    ) -> discord.Message | None:
        """Return the bot's newest message there that `fits`, or since then (Unix seconds) its first one."""
        place = await self.find()
        return None if place is None else await self.messages.search(place, fits, since=since)

    async def post(
        self, embed: discord.Embed, view: discord.ui.View | None, name: str, *, mentions: bool = True
    ) -> discord.Message | None:
        """Post a message, by Discord once for its `name`; None if there is no place, or too many were posted."""
        place, now = await self.find(), self.clock.monotonic()
        is_full = len(self._posted) == POSTS_MAX and now - self._posted[0] < POSTS_WINDOW_S
        if place is None or is_full or self.place is None:
            return None
        async with asyncio.timeout(CALL_TIMEOUT_S):
            made = await place.send(
                _mentioning(self.mention) if mentions else None,
                embed=embed,
                nonce=nonce_of("host", name, self.place.id),
                allowed_mentions=_allowed(self.mention),
                view=view or discord.utils.MISSING,
            )
        self._posted.append(now)
        self._warned.clear()
        return made

    async def redraw(
        self, message: discord.Message | discord.PartialMessage, embed: discord.Embed, view: discord.ui.View | None
    ) -> None:
        """Edit a message, unless it was deleted or its channel is out of reach, as of an earlier HOST_REPORTS."""
        try:
            await in_time(message.edit(embed=embed, view=view))
        except discord.HTTPException as error:
            if not is_gone(error):
                raise


def _mentioning(whom: DiscordId | None) -> str | None:
    return None if whom is None else f"<@{'&' if whom.kind == 'role' else ''}{whom.id}>"


def _allowed(whom: DiscordId | None) -> discord.AllowedMentions:
    allowed = discord.AllowedMentions.none()
    if whom is not None:
        ids: Sequence[discord.abc.Snowflake] = [discord.Object(whom.id)]
        setattr(allowed, "roles" if whom.kind == "role" else "users", ids)
    return allowed
