"""A guild's log channel: where its moderators read what was decided, and what they should know."""

from __future__ import annotations

import asyncio

import discord
import structlog

from bot.delivery.discord_facts import DISCORD_ERRORS
from bot.domain.text import shortened, stamp
from bot.store import Decision, Store

log = structlog.get_logger(__name__)

LINE_CHARS = 1900
POST_TIMEOUT_S = 10.0


class LogChannel:
    """Posts lines; best effort: that one could not be posted is only logged."""

    def __init__(self, client: discord.Client, *, store: Store) -> None:
        self._client = client
        self._store = store

    async def show(self, decision: Decision) -> bool:
        """Post a line of the record where its guild wants it. Returns whether it was posted."""
        who = f"<@{decision.by_id}>" if decision.by_id else "The bot"
        line = shortened(f"`{decision.kind}` {who} {decision.text}", LINE_CHARS)
        return await self.post(decision.guild_id, f"{line} {stamp(decision.at, 'f')}")

    async def post(self, guild_id: int, line: str) -> bool:
        """Post a line to the guild's log channel, if it has one; nobody is pinged by it. Returns whether it was."""
        channel_id = (await self._store.settings.get(guild_id)).log_channel
        if channel_id is None:
            return False
        try:
            async with asyncio.timeout(POST_TIMEOUT_S):
                channel = self._client.get_channel(channel_id) or await self._client.fetch_channel(channel_id)
                # A channel of another server would tell strangers.
                if not isinstance(channel, discord.abc.Messageable) or _guild_of(channel) != guild_id:
                    log.info("log_channel.none", guild=guild_id, channel=channel_id)
                    return False
                await channel.send(line, allowed_mentions=discord.AllowedMentions.none(), suppress_embeds=True)
        except DISCORD_ERRORS as error:
            log.info("log_channel.not_posted", guild=guild_id, channel=channel_id, error=type(error).__name__)
            return False
        return True


def _guild_of(channel: object) -> int | None:
    guild = getattr(channel, "guild", None)
    return None if guild is None else guild.id
