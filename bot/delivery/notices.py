"""Pings: the author of a finished card, and the moderators when they are needed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import discord
import structlog

from bot.delivery import texts
from bot.delivery.card.readers import CardLanguages, GuildLanguages
from bot.delivery.channels.facts import (
    CALL_TIMEOUT_S,
    DISCORD_ERRORS,
    SEND_IN_THREADS,
    SEND_MESSAGES,
    VIEW_CHANNEL,
    in_time,
    is_closed,
    may_pass,
    missing_of,
)
from bot.delivery.channels.guilds import Guilds
from bot.delivery.channels.messages import Messages, nonce_of
from bot.delivery.channels.view import message_link, message_view
from bot.delivery.surface import CardSurface
from bot.domain.models import Card, Job
from bot.domain.server.guild_rules import Rules
from bot.domain.server.member_settings import Notify, may_be_notified, notified_by
from bot.domain.texts import with_former_members
from bot.domain.words.text import harmless, shortened, stamp
from bot.jobs.surface import Sentence, spoken
from bot.language import SOURCE, from_discord, speaking
from bot.moderation.alerts import Posted
from bot.runtime.metrics import Metrics
from bot.server.absences import Absences
from bot.store import REFUND_REQUEST, Decision, Store

log = structlog.get_logger(__name__)

LINE_CHARS = 1900
POST_TIMEOUT_S = 10.0
ASK_TIMEOUT_S = 1.5
"""While an interaction waits: Discord allows three seconds."""


@dataclass(frozen=True)
class LogChannel:
    """Posts lines; best effort: a failure is logged and returned. Lines of a guild that removed the bot wait."""

    client: discord.Client
    _: KW_ONLY
    guilds: Guilds
    store: Store
    messages: Messages
    metrics: Metrics
    surface: CardSurface
    absences: Absences
    languages: GuildLanguages

    async def takes(self, guild_id: int, kind: str = "") -> bool:
        """Whether a cached channel accepts lines of this kind.

        Discord is asked only about unknown channels: deleted ones or archived threads.
        """
        guild = await self.guilds.find(guild_id)
        for channel_id in _places(await self.store.settings.get(guild_id), kind):
            if guild is None or await self._may_post(guild, channel_id):
                return True
        return False

    async def _may_post(self, guild: discord.Guild, channel_id: int) -> bool:
        channel: object = guild.get_channel_or_thread(channel_id)
        try:
            channel = channel or await in_time(self.client.fetch_channel(channel_id), ASK_TIMEOUT_S)
        except DISCORD_ERRORS as error:
            return may_pass(error)
        if not isinstance(channel, discord.abc.GuildChannel | discord.Thread) or channel.guild.id != guild.id:
            return False
        send = SEND_IN_THREADS if isinstance(channel, discord.Thread) else SEND_MESSAGES
        return not missing_of(channel.permissions_for(guild.me), (VIEW_CHANNEL, send))

    async def show(self, decision: Decision) -> Posted:
        """Post a record line in the first channel that accepts it."""
        with speaking(await self.languages.of(decision.guild_id)):
            line = shortened(with_former_members(decision.text), LINE_CHARS)
            view = message_view([self.surface.log_controls(decision)], [])
        line = f"{line} {stamp(decision.at, 'f')}"
        for channel_id in _places(await self.store.settings.get(decision.guild_id), decision.kind):
            outcome = await self._post(decision.guild_id, channel_id, line, decision=decision, view=view)
            if outcome is not Posted.NEVER:
                return outcome
        return Posted.NEVER

    async def tell_unreached(self, decision: Decision) -> Posted:
        """DM the member that their request did not reach the moderators."""
        guild = await self.guilds.find(decision.guild_id)
        with speaking(await self.languages.of(decision.guild_id)):
            sentence = texts.unreached(f"{decision.about['job']}", is_refund=decision.kind == REFUND_REQUEST)
            content = sentence if guild is None else texts.DIRECT_ALERT(server=harmless(guild.name), sentence=sentence)
        try:
            async with asyncio.timeout(POST_TIMEOUT_S):
                channel = await self.messages.direct_message(decision.by_id)
                await channel.send(content, nonce=nonce_of("unreached", f"{decision.id}", channel.id))
        except DISCORD_ERRORS as error:
            log.info("log_channel.not_told", guild=decision.guild_id, error=type(error).__name__)
            return Posted.LATER if may_pass(error) else Posted.NEVER
        return Posted.DONE

    async def post(self, guild_id: int, line: str) -> Posted:
        channel_id = (await self.store.settings.get(guild_id)).log_channel
        return Posted.NEVER if channel_id is None else await self._post(guild_id, channel_id, line)

    async def _post(
        self,
        guild_id: int,
        channel_id: int,
        line: str,
        *,
        decision: Decision | None = None,
        view: discord.ui.View | None = None,
    ) -> Posted:
        """Post a line; Discord deduplicates the same `decision` within a few minutes."""
        if self.absences.is_absent(guild_id):
            return Posted.LATER
        nonce = None if decision is None else nonce_of("decision", f"{decision.id}", channel_id)
        try:
            async with asyncio.timeout(POST_TIMEOUT_S):
                return await self._send_line(guild_id, channel_id, line, nonce, view)
        except DISCORD_ERRORS as error:
            self.metrics.discord_error(error)
            log.info("log_channel.not_posted", guild=guild_id, channel=channel_id, error=type(error).__name__)
            return Posted.LATER if may_pass(error) else Posted.NEVER

    async def _send_line(
        self, guild_id: int, channel_id: int, line: str, nonce: str | None, view: discord.ui.View | None
    ) -> Posted:
        await self.guilds.find(guild_id)
        channel = self.client.get_channel(channel_id) or await in_time(self.client.fetch_channel(channel_id))
        # In another server, strangers would read it.
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


def _places(rules: Rules, kind: str) -> Sequence[int]:
    """Return the channels for lines of this kind, best first: decisions go where approvals do."""
    places = (rules.approval_channel, rules.log_channel) if kind == REFUND_REQUEST else (rules.log_channel,)
    return [each for each in dict.fromkeys(places) if each is not None]


def _guild_of(channel: object) -> int | None:
    guild = getattr(channel, "guild", None)
    return None if guild is None else guild.id


@dataclass(frozen=True)
class Notifications:
    """Pings about what is already stored or on the card."""

    guilds: Guilds
    _: KW_ONLY
    store: Store
    messages: Messages
    log_channel: LogChannel
    languages: CardLanguages

    async def may_ping(self, job: Job) -> bool:
        """Whether the author of a posted result may be due a ping."""
        own = await self.store.member_settings.get(job.guild_id, job.author_id)
        return may_be_notified(own.notify, created_at=job.created_at, delivered_at=job.delivered_at)

    async def ping_author(self, card: Card, jobs: Sequence[Job]) -> None:
        """Send the one short message that a result is ready, if it is due: an edit notifies no one.

        Where: the author's choice, else the server's rule. A DM with the result notifies by itself. Raises Discord's or
        the network's error, to be tried again within minutes: then the nonce is the same.
        """
        if card.message_id is None or not await self.store.pings.is_due(card.guild_id, card.id):
            return
        own = await self.store.member_settings.get(card.guild_id, card.author_id)
        rules = await self.store.settings.get(card.guild_id)
        how = notified_by(own.notify, card, jobs, server_pings=rules.ping)
        if how is not Notify.NOTHING and card.is_in_channel and not card.private:
            await self.store.pings.begin(card.guild_id, card.id)
            try:
                await self._notify(card, jobs[0], how)
            except discord.HTTPException as error:
                if not is_closed(error):
                    raise
                log.info("card.not_pinged", card=card.id, code=error.code)
        await self.store.pings.done(card.guild_id, card.id)

    async def _notify(self, card: Card, job: Job, how: Notify) -> None:
        is_direct = how is Notify.DIRECT or card.outside_id is not None
        if not (is_direct and await self._send_direct(card, job)) and card.outside_id is None:
            with speaking(await self.languages.of_guild(card.guild_id)):
                content = texts.READY(member=card.author_id, link=message_link(card))
            await self._send(self.messages.channel(card.channel_id, card.guild_id), content, card, job)

    async def _send_direct(self, card: Card, job: Job) -> bool:
        """Send a DM; False if the author takes none."""
        with speaking(from_discord(card.locale)):
            content = texts.READY_DIRECTLY(link=message_link(card))
        try:
            channel = await self.messages.direct_message(card.author_id)
            await self._send(channel, content, card, job, place_id=channel.id)
        except discord.HTTPException as error:
            if not is_closed(error):
                raise
            return False
        return True

    async def _send(
        self, channel: discord.abc.Messageable, content: str, card: Card, job: Job, *, place_id: int | None = None
    ) -> None:
        author = discord.AllowedMentions(
            everyone=False, roles=False, replied_user=False, users=[discord.Object(card.author_id)]
        )
        async with asyncio.timeout(CALL_TIMEOUT_S):
            sent = await channel.send(content, nonce=nonce_of("ping", card.id, place_id), allowed_mentions=author)
        await self.store.copies.note(
            card.guild_id, job.id, channel_id=place_id or card.channel_id, message_id=sent.id, kind="ping"
        )

    async def tell_author(self, job: Job, sentence: Sentence, *, of_key: bool = False) -> None:
        """DM the author, `of_key` with the controls of their own key; best effort."""
        guild = None if job.is_at_home else await self.guilds.find(job.guild_id)
        with speaking(await self.languages.of_card(job.guild_id, job.card_id)):
            content = spoken(sentence)
            if guild is not None:
                content = texts.DIRECT_ALERT(server=harmless(guild.name), sentence=content)
            controls = self.log_channel.surface.key_controls(None if guild is None else guild.id) if of_key else []
            view = message_view([controls], []) or discord.utils.MISSING
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                channel = await self.messages.direct_message(job.author_id)
                await channel.send(content, view=view)
        except DISCORD_ERRORS as error:
            log.info("author.not_told", guild=job.guild_id, error=type(error).__name__)

    async def alert_moderators(self, guild_id: int, sentence: Sentence) -> None:
        """Post to the log channel and DM the member who set the key, in the server's language; best effort.

        Members who have left get nothing.
        """
        with speaking(SOURCE):
            log.warning("guild.alert", guild=guild_id, sentence=spoken(sentence))
        with speaking(await self.languages.of_guild(guild_id)):
            await self._alert(guild_id, spoken(sentence))

    async def _alert(self, guild_id: int, sentence: str) -> None:
        await self.log_channel.post(guild_id, texts.ALERT(sentence=sentence))
        key = await self.store.keys.current(guild_id)
        if key is None:
            return
        guild = await self.guilds.find(guild_id)
        if guild is None:
            return
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                member = await guild.fetch_member(key.set_by)
                await member.send(texts.DIRECT_ALERT(server=harmless(guild.name), sentence=sentence))
        except DISCORD_ERRORS as error:
            log.info("guild.alert_not_sent", guild=guild_id, error=type(error).__name__)
