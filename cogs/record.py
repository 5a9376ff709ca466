"""The record of decisions: each is one line in the database and, where the server has one, in its log channel."""

import asyncio
from collections.abc import Mapping
from typing import Any

import discord
import structlog

from bot.app import CannonBot
from bot.delivery.card import shortened, stamp
from bot.delivery.delivery import NETWORK_ERRORS

log = structlog.get_logger(__name__)

LINE_CHARS = 1900
POST_TIMEOUT_S = 10.0


async def record(
    bot: CannonBot, guild_id: int, by_id: int, kind: str, text: str, about: Mapping[str, Any] | None = None
) -> None:
    """Note who decided what, for good, and post it to the server's log channel.

    `text` says what was done, as a sentence that begins with its verb: who did it stands before it. `by_id` is 0 for
    the bot itself. Members' own words in `text` must be made plain by the caller. Raises StoreError if it could not be
    written; that it could not be posted is only logged.
    """
    store = bot.parts.store
    decision = await store.note_decision(guild_id, by_id=by_id, kind=kind, text=text, about=about)
    channel_id = (await store.rules(guild_id)).log_channel
    if channel_id is None:
        return
    who = f"<@{by_id}>" if by_id else "The bot"
    line = shortened(f"`{kind}` {who} {text}", LINE_CHARS)
    await _post(bot, guild_id, channel_id, f"{line} {stamp(decision.at, 'f')}")


async def _post(bot: CannonBot, guild_id: int, channel_id: int, line: str) -> None:
    """Send a line to a channel of this server; nobody is pinged by it."""
    try:
        async with asyncio.timeout(POST_TIMEOUT_S):
            channel = bot.get_channel(channel_id) or await bot.fetch_channel(channel_id)
            if not isinstance(channel, discord.abc.Messageable) or _guild_of(channel) != guild_id:
                log.info("record.no_channel", guild=guild_id, channel=channel_id)
                return
            await channel.send(line, allowed_mentions=discord.AllowedMentions.none(), suppress_embeds=True)
    except (discord.HTTPException, discord.InvalidData, *NETWORK_ERRORS) as error:
        log.info("record.not_posted", guild=guild_id, channel=channel_id, error=type(error).__name__)


def _guild_of(channel: object) -> int | None:
    guild = getattr(channel, "guild", None)
    return None if guild is None else guild.id
