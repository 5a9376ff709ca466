"""A guild's log channel, in which its moderators read decisions and alerts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import discord
import structlog

from bot.delivery import texts
from bot.delivery.discord_facts import DISCORD_ERRORS, NETWORK_ERRORS
from bot.delivery.guilds import Guilds
from bot.delivery.messages import nonce_of
from bot.delivery.surface import CardSurface
from bot.delivery.view import message_view
from bot.domain.text import shortened, stamp
from bot.guild.decision_log import Posted
from bot.language import speaking
from bot.runtime.metrics import Metrics
from bot.store import Decision, Store

log = structlog.get_logger(__name__)

LINE_CHARS = 1900
POST_TIMEOUT_S = 10.0


class LogChannel:
    """Posts lines; best effort: a failure is logged and returned."""

    def __init__(
        self,
        client: discord.Client,
        *,
        guilds: Guilds,
        store: Store,
        metrics: Metrics,
        surface: CardSurface,
        is_absent: Callable[[int], bool],
        language_of: Callable[[int], Awaitable[str]],
    ) -> None:
        """Take what it needs; `is_absent` says whether a guild has removed the bot: its lines wait for a while.

        `language_of` returns a guild's language.
        """
        self._language_of = language_of
        self._surface = surface
        self._is_absent = is_absent
        self._client = client
        self._guilds = guilds
        self._store = store
        self._metrics = metrics

    async def show(self, decision: Decision) -> Posted:
        """Post a line of the record of decisions to its guild's log channel."""
        with speaking(await self._language_of(decision.guild_id)):
            line = shortened(texts.decision(decision.kind, decision_text(decision)), LINE_CHARS)
            view = message_view(self._surface.log_controls(decision), [])
        line = f"{line} {stamp(decision.at, 'f')}"
        return await self.post(decision.guild_id, line, subject_id=f"{decision.id}", view=view)

    async def post(
        self, guild_id: int, line: str, *, subject_id: str | None = None, view: discord.ui.View | None = None
    ) -> Posted:
        """Post a line to the guild's log channel, if it has one; it pings nobody.

        Discord posts one message for several of the same `subject_id`, a decision's, within a few minutes.
        """
        channel_id = (await self._store.settings.get(guild_id)).log_channel
        if channel_id is None:
            return Posted.NEVER
        if self._is_absent(guild_id):
            return Posted.LATER
        nonce = None if subject_id is None else nonce_of("decision", subject_id, channel_id)
        try:
            async with asyncio.timeout(POST_TIMEOUT_S):
                return await self._send(guild_id, channel_id, line, nonce, view)
        except DISCORD_ERRORS as error:
            self._metrics.discord_error(error)
            log.info("log_channel.not_posted", guild=guild_id, channel=channel_id, error=type(error).__name__)
            return Posted.LATER if _may_pass(error) else Posted.NEVER

    async def _send(
        self, guild_id: int, channel_id: int, line: str, nonce: str | None, view: discord.ui.View | None
    ) -> Posted:
        await self._guilds.find(guild_id)
        channel = self._client.get_channel(channel_id) or await self._client.fetch_channel(channel_id)
        # In another server's channel, strangers would read it.
        if not isinstance(channel, discord.abc.Messageable) or _guild_of(channel) != guild_id:
            log.info("log_channel.none", guild=guild_id, channel=channel_id)
            return Posted.NEVER
        await channel.send(
            line,
            nonce=nonce,  # type: ignore[arg-type]  # None is its default, but the stubs do not say so
            allowed_mentions=discord.AllowedMentions.none(),
            view=view or discord.utils.MISSING,
            suppress_embeds=True,
        )
        return Posted.DONE


def decision_text(decision: Decision) -> str:
    """Return what a line of the record says, with who acted."""
    if decision.names_actor:
        return decision.text
    who = f"<@{decision.by_id}>" if decision.by_id else str(texts.THE_BOT)
    return f"{who} {decision.text}"


def _may_pass(error: Exception) -> bool:
    """Whether the same call may succeed a little later."""
    is_busy = isinstance(error, discord.HTTPException) and (error.status >= 500 or error.status == 429)
    return is_busy or isinstance(error, NETWORK_ERRORS)


def _guild_of(channel: object) -> int | None:
    guild = getattr(channel, "guild", None)
    return None if guild is None else guild.id
