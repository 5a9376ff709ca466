"""Events in their channel: announced, said to be empty, ended, and their places shown. Each message once.

Every step is noted in the database after it, and looked for before: whatever dies in between is continued by a round.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import discord
import structlog

from bot.delivery.card.context import GALLERY
from bot.delivery.card.readers import GuildLanguages
from bot.delivery.channels.facts import DISCORD_ERRORS, in_time, is_closed
from bot.delivery.channels.gate import PostingGate
from bot.delivery.channels.guilds import Guilds
from bot.delivery.channels.messages import NOT_CONNECTED_S, Messages, custom_ids_of, nonce_of
from bot.delivery.channels.view import message_link, message_view
from bot.delivery.posting.copies import Exhibit, ResultCopies
from bot.delivery.surface import CardSurface
from bot.domain.models import Card, Job
from bot.domain.server.events import LATE_S, EventPlace, EventState, ServerEvent, Unjudged
from bot.domain.words.text import harmless
from bot.jobs.surface import Later, NoPlace, Surface
from bot.language import speaking
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.server.community.events import texts
from bot.server.community.events.acts import ServerEvents
from bot.store import Store

log = structlog.get_logger(__name__)

EVERY_S = 5.0
AGAIN_S = 60.0
"""After what Discord did not take."""
AT_ONCE = 50
"""Events of a round."""
KIND = "places"
"""The kind of the messages with places, among the copies."""


@dataclass(frozen=True, kw_only=True)
class EventDesk:
    """Does what is due for events."""

    store: Store
    events: ServerEvents
    guilds: Guilds
    messages: Messages
    copies: ResultCopies
    gate: PostingGate
    surface: CardSurface
    languages: GuildLanguages
    clock: Clock
    delivery: Surface

    async def run_once(self) -> None:
        """Do what is due for events of all servers, side by side: none waits for another's Discord."""
        await asyncio.gather(*map(self.bring_up, await self.store.events.due(AT_ONCE)))

    async def bring_up(self, event: ServerEvent) -> None:
        """Do what is due for an event; best effort: what Discord does not take is tried again."""
        try:
            with speaking(await self.languages.of(event.guild_id)):
                current = await self.store.events.get(event.guild_id, event.id)
                if current is not None:
                    await self._step(current)
        except (Later, *DISCORD_ERRORS) as error:
            log.info("event.later", of=event.id, error=type(error).__name__)
            await self._later(event, error)
        except Exception:
            log.exception("event.failed", of=event.id)
            await self.store.events.next_at(event.guild_id, event.id, self.clock.wall() + AGAIN_S)

    async def _later(self, event: ServerEvent, error: Exception) -> None:
        """Try again; but what the bot may not post is given up, with an alert."""
        if not (isinstance(error, discord.HTTPException) and is_closed(error)):
            again_s = error.seconds if isinstance(error, Later) else AGAIN_S
            await self.store.events.next_at(event.guild_id, event.id, self.clock.wall() + again_s)
            return
        current = await self.store.events.get(event.guild_id, event.id) or event
        if current.state is EventState.OPEN:
            await self.store.events.next_at(event.guild_id, event.id, current.ends_at)
        else:
            await self.store.events.posted(event.guild_id, event.id)

        def sentence() -> str:
            return texts.NOT_POSTED(theme=harmless(event.theme), channel=event.channel_id)

        await self.delivery.alert(event.guild_id, sentence)

    async def _step(self, event: ServerEvent) -> None:
        channel = await self._channel(event)
        if event.state is EventState.OPEN and channel is None:
            await self.events.channel_gone(event)
        elif event.state is EventState.OPEN and event.ends_at <= (now := self.clock.wall()):
            if now < event.ends_at + LATE_S and await self.store.events.awaits(event):
                await self.store.events.next_at(event.guild_id, event.id, now + EVERY_S)
                return
            await self._end(event)
        elif event.state is EventState.OPEN and channel is not None:
            await self._keep_up(event, channel)
            return
        ended = await self.store.events.get(event.guild_id, event.id)
        if ended is not None and ended.state is not EventState.OPEN:
            if channel is not None:
                await self._show_places(ended, channel)
            await self.store.events.posted(event.guild_id, event.id)

    async def _channel(self, event: ServerEvent) -> discord.TextChannel | None:
        """Return the event's channel, None if it was deleted. Raises Later, and Discord's errors."""
        guild = await self.guilds.find(event.guild_id)
        if guild is None:
            raise Later(NOT_CONNECTED_S)
        channel: object = guild.get_channel(event.channel_id)
        if channel is None:
            try:
                channel = await in_time(guild.fetch_channel(event.channel_id))
            except (discord.NotFound, discord.InvalidData):
                return None
        return channel if isinstance(channel, discord.TextChannel) else None

    # ------------------------------------------------------------------ while it is open

    async def _keep_up(self, event: ServerEvent, channel: discord.TextChannel) -> None:
        now = self.clock.wall()
        if event.message_id is None:
            message = await self._announce(event, channel)
            await self.store.events.next_at(event.guild_id, event.id, now, message_id=message.id)
            return
        # Before the purse is read: it is due again if that is drawn to the end meanwhile.
        await self.store.events.next_at(event.guild_id, event.id, event.ends_at)
        if not event.emptied and (await self.store.events.use(event, 0)).paid >= event.purse:
            await self.store.events.next_at(event.guild_id, event.id, now)
            text = texts.EMPTY(link=_link(event))
            there = await self.messages.search(channel, lambda each: each.content == text, since=event.begins_at)
            if there is None:
                await in_time(channel.send(text, nonce=nonce_of("empty", event.id, channel.id)))
            await self.store.events.note_emptied(event)

    async def _announce(self, event: ServerEvent, channel: discord.TextChannel) -> discord.Message:
        controls = self.surface.event_controls(event)
        ids = {getattr(each, "custom_id", "") for each in controls}
        there = await self.messages.search(
            channel, lambda each: bool(ids & {*custom_ids_of(each)}), since=event.begins_at
        )
        if there is not None:
            return there
        embed = self.announcement(event)
        view, quiet = message_view([controls], []) or discord.utils.MISSING, discord.AllowedMentions.none()
        nonce = nonce_of("event", event.id, channel.id)
        return await in_time(channel.send(embed=embed, view=view, nonce=nonce, allowed_mentions=quiet))

    @staticmethod
    def announcement(event: ServerEvent) -> discord.Embed:
        """Draw the message that announces an event."""
        lines = "\n".join(texts.rules(event))
        return discord.Embed(title=texts.TITLE(theme=harmless(event.theme)), description=lines, colour=GALLERY)

    # ------------------------------------------------------------------ its end

    async def _end(self, event: ServerEvent) -> None:
        judged: dict[str, bool] = {}
        while True:
            try:
                return await self.events.conclude(event, judged)
            except Unjudged as question:
                judged |= {each.card_id: await self._may_place(event, each.card_id) for each in question.cards}

    async def _may_place(self, event: ServerEvent, card_id: str) -> bool:
        """Whether a card's author is a member, its message is there, and a gallery may show it."""
        found = await self.store.cards.with_jobs(event.guild_id, card_id)
        if found is None or not await self._is_member(event, found[0].author_id):
            return False
        card, jobs = found
        try:
            await self.gate.require_gallery(card, jobs, channel_id=event.channel_id)
            place = self.messages.channel(card.place_id, card.guild_id)
            await in_time(place.fetch_message(card.message_id or 0))
        except (NoPlace, discord.NotFound):
            return False
        return True

    async def _is_member(self, event: ServerEvent, member_id: int) -> bool:
        guild = await self.guilds.find(event.guild_id)
        if guild is None:
            raise Later(NOT_CONNECTED_S)
        try:
            await in_time(guild.fetch_member(member_id))
        except discord.NotFound:
            return False
        return True

    async def _show_places(self, event: ServerEvent, channel: discord.TextChannel) -> None:
        link = _link(event)
        cards = [await self._exhibit(event, each) for each in await self.store.events.places(event.guild_id, event.id)]
        exhibits = [each for each in cards if each is not None]
        title = texts.PLACES_TITLE(theme=harmless(event.theme))
        embed = discord.Embed(title=title, url=link, colour=GALLERY)
        subject: dict[str, Any] = {"kind": KIND, "subject_id": event.id, "place_id": channel.id}
        try:
            if exhibits:
                await self.copies.post_gallery(
                    channel, exhibits, embed=embed, file_limit=channel.guild.filesize_limit, **subject
                )
                failpoint("event.posted")
                return
        except NoPlace as error:
            log.info("event.not_shown", of=event.id, reason=error.sentence)
        embed.description = str(texts.CALLED_OFF if event.state is EventState.CANCELLED else texts.ALL_OVER)
        await in_time(channel.send(embed=embed, nonce=nonce_of(KIND, event.id, channel.id)))
        failpoint("event.posted")

    async def _exhibit(self, event: ServerEvent, place: EventPlace) -> Exhibit | None:
        found: tuple[Card, tuple[Job, ...]] | None = await self.store.cards.with_jobs(event.guild_id, place.card_id)
        if found is None:
            return None
        line = texts.placed_line(place.place, place.member_id, place.stars, place.prize)
        return Exhibit(card=found[0], jobs=found[1], line=f"{line} · [{texts.OPEN_RESULT}]({message_link(found[0])})")


def _link(event: ServerEvent) -> str:
    return f"https://discord.com/channels/{event.guild_id}/{event.channel_id}/{event.message_id or event.id}"
