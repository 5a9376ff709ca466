"""Messages that ping: the author of a finished card, and the moderators when something needs them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import discord
import structlog

from bot.delivery import texts
from bot.delivery.card_languages import CardLanguages
from bot.delivery.deadlines import CALL_TIMEOUT_S
from bot.delivery.discord_facts import DISCORD_ERRORS, is_closed
from bot.delivery.formatting import message_link
from bot.delivery.guilds import Guilds
from bot.delivery.log_channel import LogChannel
from bot.delivery.messages import Messages, nonce_of
from bot.domain.harmless_text import harmless
from bot.domain.member_settings import MemberSettings, Notify
from bot.domain.models import Card, Job, JobState
from bot.jobs.surface import Sentence, spoken
from bot.language import SOURCE, from_discord, speaking
from bot.store import Store

log = structlog.get_logger(__name__)


class Notifications:
    """Pings people, about what is in the store or on the card already."""

    def __init__(
        self,
        guilds: Guilds,
        *,
        store: Store,
        messages: Messages,
        log_channel: LogChannel,
        languages: CardLanguages,
    ) -> None:
        self._guilds = guilds
        self._store = store
        self._messages = messages
        self._log_channel = log_channel
        self._languages = languages

    async def ping_author(self, card: Card, jobs: Sequence[Job], *, search: bool = False) -> None:
        """Send the one short message that says that the result is there: the edit that added it pinged nobody.

        The author has chosen where, else the server's rule says it. A direct message with the result pings by itself,
        and a private card must not be mentioned. With `search` the message is searched for first; without, its nonce
        keeps it from being sent twice. Raises Discord's or the network's error.
        """
        if card.private or card.message_id is None or not any(job.state is JobState.DELIVERED for job in jobs):
            return
        own = await self._store.member_settings.get(card.guild_id, card.author_id)
        how = await self._chosen(card, own)
        if how is Notify.NOTHING or await self._store.pings.is_noted(card.guild_id, card.id):
            return
        if card.is_in_channel:
            is_direct = how is Notify.DIRECT and await self._send_direct(card, jobs[0], search=search)
            if not is_direct:
                is_told = how is Notify.DIRECT and not own.direct_refused
                await self._send_ping(card, jobs[0], search=search, told_refused=is_told)
        await self._store.pings.note(card.guild_id, card.id)

    async def _chosen(self, card: Card, own: MemberSettings) -> Notify:
        """Return how the author hears of it: as they have chosen, else by a ping if the server wants it."""
        if own.notify is not Notify.SERVER:
            return own.notify
        return Notify.PING if (await self._store.settings.get(card.guild_id)).ping else Notify.NOTHING

    async def _send_direct(self, card: Card, job: Job, *, search: bool) -> bool:
        """Send it as a direct message, in the author's language; False if Discord takes none to them."""
        link = message_link(card)
        with speaking(from_discord(card.locale)):
            content = texts.ready_directly(link)
        try:
            channel = await self._messages.direct_message(card.author_id)
            if search and await self._messages.search(channel, lambda message: link in message.content) is not None:
                return True
            async with asyncio.timeout(CALL_TIMEOUT_S):
                sent = await channel.send(content, nonce=nonce_of("ping", card.id, channel.id))
        except discord.HTTPException as error:
            if not is_closed(error):
                raise
            return False
        await self._store.copies.note(card.guild_id, job.id, channel_id=channel.id, message_id=sent.id, kind="ping")
        return True

    async def _send_ping(self, card: Card, job: Job, *, search: bool, told_refused: bool = False) -> None:
        """Ping the author in the channel; `told_refused`: say once that they take no direct messages."""
        channel = self._messages.channel(card.channel_id, card.guild_id)
        link = message_link(card)
        if search and await self._messages.search(channel, lambda message: link in message.content) is not None:
            return
        with speaking(await self._languages.of_guild(card.guild_id)):
            content = texts.ready(card.author_id, link)
            if told_refused:
                content = f"{content}\n{texts.NO_DIRECT_MESSAGES}"
        async with asyncio.timeout(CALL_TIMEOUT_S):
            ping = await channel.send(
                content,
                nonce=nonce_of("ping", card.id),
                allowed_mentions=discord.AllowedMentions(
                    everyone=False, roles=False, replied_user=False, users=[discord.Object(card.author_id)]
                ),
            )
        await self._store.copies.note(
            card.guild_id, job.id, channel_id=card.channel_id, message_id=ping.id, kind="ping"
        )
        if told_refused:
            await self._store.member_settings.change(
                card.guild_id, card.author_id, lambda own: replace(own, direct_refused=True)
            )

    async def alert_moderators(self, guild_id: int, sentence: Sentence) -> None:
        """Post to the guild's log channel, and send a direct message to whoever set its key; best effort.

        Both are in the server's language. Whoever has left the server is told nothing of it.
        """
        with speaking(SOURCE):
            log.warning("guild.alert", guild=guild_id, sentence=spoken(sentence))
        with speaking(await self._languages.of_guild(guild_id)):
            await self._alert(guild_id, spoken(sentence))

    async def _alert(self, guild_id: int, sentence: str) -> None:
        await self._log_channel.post(guild_id, texts.alert(sentence))
        key = await self._store.keys.current(guild_id)
        if key is None:
            return
        guild = await self._guilds.find(guild_id)
        if guild is None:
            return
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                member = await guild.fetch_member(key.set_by)
                await member.send(texts.direct_alert(harmless(guild.name), sentence))
        except DISCORD_ERRORS as error:
            log.info("guild.alert_not_sent", guild=guild_id, error=type(error).__name__)
