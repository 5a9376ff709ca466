"""What moderators and members do with events, and their messages: announced, ended, their places shown. Each once.

Every step is noted in the database after it: whatever dies in between is continued by a round.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import partial

import discord
import structlog

from bot.catalogue.checks.values import clean_text
from bot.delivery.card.context import GALLERY
from bot.delivery.card.readers import GuildLanguages
from bot.delivery.channels.facts import DISCORD_ERRORS, in_time, is_gone
from bot.delivery.channels.gate import PostingGate
from bot.delivery.channels.guilds import Guilds
from bot.delivery.channels.messages import Messages, nonce_of
from bot.delivery.channels.view import message_link, message_view
from bot.delivery.posting.copies import Exhibit, ResultCopies
from bot.domain.models import credits_words, new_id
from bot.domain.server.events import (
    LIFE_MAX_S,
    PLACES,
    PRIZES,
    PURSE_MAX,
    EventState,
    PurseUse,
    ServerEvent,
    Starred,
    end_of,
)
from bot.domain.server.places import Sight, Viewer
from bot.domain.server.reaction_rules import ReactionAction
from bot.domain.server.setting import credits_in
from bot.domain.words.text import harmless, one_line, stamp
from bot.errors import InputError
from bot.jobs.surface import Later, NoPlace
from bot.language import sentences, speaking
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.store import Record, Store
from cogs.events import texts
from cogs.ui.controls import Control

log = structlog.get_logger(__name__)

JOIN = "event_join"
"""A part of the custom ids of buttons on old messages: never change it."""
AT_ONCE = 200
"""Events of a round."""
KIND = "places"
"""The kind of the messages with places, among the copies."""
_DAY_S = 86_400
_SHARES = 4
"""Members who empty a purse whose moderator gave no cap."""


def take_part_button(event: ServerEvent) -> Control:
    return Control.button(JOIN, event.id, label=texts.TAKE_PART, style=discord.ButtonStyle.primary, emoji="🎉")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventWish:
    """What a moderator typed for a new event."""

    channel_id: int
    theme: str
    ends: str
    purse: Decimal
    cap: Decimal | None = None
    """None for a part of the purse."""
    prizes: str = ""
    """Amounts for the first places, with spaces."""


@dataclass(frozen=True, kw_only=True)
class ServerEvents:
    """Changes, lists, and posts events. What a member does not see is as what is not there."""

    store: Store
    guilds: Guilds
    messages: Messages
    copies: ResultCopies
    gate: PostingGate
    languages: GuildLanguages
    clock: Clock

    async def announce(self, guild_id: int, wish: EventWish, *, by_id: int) -> ServerEvent:
        """Store an event with its purse, and announce it. Raises InputError, with nothing stored."""
        event = await self._event(guild_id, wish, by_id)

        def record(made: ServerEvent) -> Record:
            text = texts.MADE(
                who=by_id,
                theme=harmless(made.theme),
                channel=made.channel_id,
                end=stamp(made.ends_at, "f"),
                purse=credits_words(made.purse),
            )
            return Record(kind="event", text=text, by_id=by_id, about={"event": made.id, "purse": str(made.purse)})

        made = await self.store.events.add(event, record=record)
        if made is None:
            raise InputError(texts.ONE_AT_A_TIME(channel=event.channel_id), "channel")
        await self._bring_up(made)
        return made

    async def _event(self, guild_id: int, wish: EventWish, by_id: int) -> ServerEvent:
        theme, now = one_line(clean_text(wish.theme)), self.clock.wall()
        if not theme:
            raise InputError(texts.NO_TIME_AND_PURSE, "theme")
        ends_at = end_of(clean_text(wish.ends), now, (await self.store.settings.get(guild_id)).zone)
        if ends_at is None or not now < ends_at <= now + LIFE_MAX_S:
            raise InputError(texts.NOT_A_TIME(days=LIFE_MAX_S // _DAY_S), "ends")
        if ReactionAction.GALLERY not in (await self.store.settings.get(guild_id)).reactions:
            raise InputError(texts.NO_STARS)
        part = (wish.purse / _SHARES).to_integral_value(ROUND_CEILING)
        return ServerEvent(
            id=new_id(),
            guild_id=guild_id,
            channel_id=wish.channel_id,
            theme=theme,
            purse=wish.purse,
            cap=min(wish.purse, part if wish.cap is None else wish.cap),
            prizes=_prizes(wish.prizes),
            made_by=by_id,
            begins_at=now,
            ends_at=ends_at,
        )

    async def purses(self, guild_id: int, member_id: int = 0) -> list[tuple[ServerEvent, PurseUse]]:
        found = await self.store.events.open(guild_id)
        return [(each, await self.store.events.use(each, member_id)) for each in found]

    async def open_to(self, viewer: Viewer) -> list[tuple[ServerEvent, PurseUse]]:
        return [each for each in await self.purses(viewer.guild_id, viewer.member_id) if _sees(viewer, each[0])]

    async def join(self, viewer: Viewer, event_id: str) -> tuple[ServerEvent, PurseUse]:
        """Let a member take part. Raises InputError if the event has ended, or they do not see it: alike."""
        event = await self.store.events.get(viewer.guild_id, event_id)
        if event is None or not _sees(viewer, event):
            raise InputError(texts.OVER)
        event = await self.store.events.join(viewer.guild_id, event_id, viewer.member_id)
        if event is None:
            raise InputError(texts.OVER)
        return event, await self.store.events.use(event, viewer.member_id)

    async def cancel(self, guild_id: int, event_id: str, *, by_id: int) -> ServerEvent:
        """End an event without prizes. Raises InputError if it has ended."""
        event = await self.store.events.get(guild_id, event_id)
        if event is None:
            raise InputError(texts.OVER)
        said = partial(texts.cancelled, event, by_id)
        if not await self._close(event, EventState.CANCELLED, (), by_id=by_id, said=said):
            raise InputError(texts.OVER)
        await self._bring_up(event)
        return event

    async def _close(
        self,
        event: ServerEvent,
        state: EventState,
        places: Sequence[Starred],
        *,
        by_id: int,
        said: Callable[[Decimal], str],
    ) -> bool:
        """End an event with what is `said` of it in the record, given what its purse paid; whether it was open."""

        def record(paid: Decimal) -> Record:
            return Record(kind="event", text=said(paid), by_id=by_id, about={"event": event.id, "paid": str(paid)})

        return await self.store.events.end(event, state, places, record=record) is not None

    # ------------------------------------------------------------------ what is posted

    async def run_once(self) -> None:
        """Do what is due for events of all servers, side by side: none waits for another's Discord."""
        await asyncio.gather(*map(self._bring_up, await self.store.events.due(AT_ONCE)))

    async def _bring_up(self, event: ServerEvent) -> None:
        """Do what is due for an event; best effort: what Discord does not take is tried again."""
        try:
            with speaking(await self.languages.of(event.guild_id)):
                guild = await self.guilds.find(event.guild_id)
                if guild is not None:
                    await self._step(event, guild)
        except (Later, *DISCORD_ERRORS) as error:
            log.info("event.later", of=event.id, error=type(error).__name__)
        except Exception:
            log.exception("event.failed", of=event.id)

    async def _step(self, event: ServerEvent, guild: discord.Guild) -> None:
        if event.state is EventState.OPEN and event.ends_at <= self.clock.wall():
            await self._end(event, guild)
        found, channel = await self.store.events.get(guild.id, event.id), guild.get_channel(event.channel_id)
        if found is None:
            return
        if found.state is not EventState.OPEN:
            if isinstance(channel, discord.TextChannel):
                with _unless_gone(event):
                    announced = channel.get_partial_message(found.message_id or 0)
                    await in_time(announced.edit(embed=_announcement(found), view=None))
                with _unless_gone(event):
                    await self._show_places(found, channel)
            await self.store.events.posted(guild.id, event.id)
        elif found.message_id is None:
            message_id = 0
            if isinstance(channel, discord.TextChannel):
                with _unless_gone(event):
                    message_id = await self._announce(found, channel)
            await self.store.events.announced(guild.id, event.id, message_id)

    async def _announce(self, event: ServerEvent, channel: discord.TextChannel) -> int:
        message = await in_time(
            channel.send(
                embed=_announcement(event),
                view=message_view([[take_part_button(event)]], []) or discord.utils.MISSING,
                nonce=nonce_of("event", event.id, channel.id),
                allowed_mentions=discord.AllowedMentions.none(),
            )
        )
        return message.id

    async def _end(self, event: ServerEvent, guild: discord.Guild) -> None:
        places: list[Starred] = []
        for each in await self.store.events.ranked(event):
            is_new = each.member_id not in {other.member_id for other in places}
            if is_new and await self._may_place(event, each, guild):
                places.append(each)
            if len(places) == PLACES:
                break
        await self._close(event, EventState.ENDED, places, by_id=0, said=partial(texts.ended, event, places))

    async def _may_place(self, event: ServerEvent, entry: Starred, guild: discord.Guild) -> bool:
        """Whether a card's author is a member, its message is there, and a gallery may show it."""
        card, jobs = await self.store.cards.with_jobs(event.guild_id, entry.card_id) or (None, ())
        if card is None:
            return False
        try:
            await in_time(guild.fetch_member(card.author_id))
            await self.gate.require_gallery(card, jobs, channel_id=event.channel_id)
            place = self.messages.channel(card.place_id, card.guild_id)
            await in_time(place.fetch_message(card.message_id or 0))
        except (NoPlace, discord.NotFound):
            return False
        return True

    async def _show_places(self, event: ServerEvent, channel: discord.TextChannel) -> None:
        link = f"https://discord.com/channels/{event.guild_id}/{event.channel_id}/{event.message_id or event.id}"
        is_cancelled = event.state is EventState.CANCELLED
        title = texts.TITLE if is_cancelled else texts.PLACES_TITLE
        embed = discord.Embed(title=title(theme=harmless(event.theme)), url=link, colour=GALLERY)
        try:
            if exhibits := await self._exhibits(event):
                await self.copies.post_gallery(
                    channel,
                    exhibits,
                    kind=KIND,
                    subject_id=event.id,
                    embed=embed,
                    place_id=channel.id,
                    file_limit=channel.guild.filesize_limit,
                )
                failpoint("event.posted")
                return
        except NoPlace as error:
            log.info("event.not_shown", of=event.id, reason=error.sentence)
        embed.description = str(texts.CALLED_OFF) if is_cancelled else sentences(texts.OVER, texts.NO_ONE_PLACED)
        await in_time(channel.send(embed=embed, nonce=nonce_of(KIND, event.id, channel.id)))
        failpoint("event.posted")

    async def _exhibits(self, event: ServerEvent) -> list[Exhibit]:
        exhibits = []
        for place, each in await self.store.events.places(event.guild_id, event.id):
            card, jobs = await self.store.cards.with_jobs(event.guild_id, each.card_id) or (None, ())
            if card is not None:
                line = f"{texts.placed_line(event, place, each)} · [{texts.OPEN_RESULT}]({message_link(card)})"
                exhibits.append(Exhibit(card=card, jobs=jobs, line=line))
        return exhibits


def _announcement(event: ServerEvent) -> discord.Embed:
    lines = "\n".join(texts.rules(event))
    return discord.Embed(title=texts.TITLE(theme=harmless(event.theme)), description=lines, colour=GALLERY)


@contextlib.contextmanager
def _unless_gone(event: ServerEvent) -> Iterator[None]:
    """Give up what the bot may not post; the record says how an event ended."""
    try:
        yield
    except discord.HTTPException as error:
        if not is_gone(error):
            raise
        log.info("event.not_posted", of=event.id, code=error.code)


def _sees(viewer: Viewer, event: ServerEvent) -> bool:
    sight = viewer.sight(event.channel_id)
    return sight is Sight.SEEN or (sight is Sight.GONE and viewer.is_moderator)


def _prizes(typed: str) -> tuple[Decimal, ...]:
    amounts = [credits_in(each) for each in clean_text(typed).split()]
    known = tuple(each for each in amounts if each is not None and 0 < each <= PURSE_MAX)
    if len(known) != len(amounts) or len(amounts) > PRIZES:
        raise InputError(texts.PRIZES, "prizes")
    return known
