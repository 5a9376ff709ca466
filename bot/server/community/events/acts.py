"""What moderators do with events, and members: announce, take part, cancel; and their end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.catalogue import LiveCatalogue
from bot.catalogue.checks.values import clean_text
from bot.domain.models import credits_words, new_id
from bot.domain.server.events import (
    AHEAD_MAX_S,
    LIFE_MAX_S,
    PRIZES,
    PURSE_MAX,
    Judged,
    PurseUse,
    ServerEvent,
    moment_of,
)
from bot.domain.server.places import Sight, Viewer
from bot.domain.server.reaction_rules import ReactionAction
from bot.domain.server.setting import credits_in
from bot.domain.words.text import harmless, one_line, stamp
from bot.errors import InputError
from bot.runtime.clock import Clock
from bot.server.community.events import texts
from bot.store import Record, Store
from bot.store.guild.community.events import Ended

THEME_CHARS = 100
_DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class EventWish:
    """What a moderator typed for a new event."""

    channel_id: int
    theme: str
    ends: str
    purse: Decimal
    begins: str = ""
    """'' for now."""
    cap: Decimal | None = None
    operations: str = ""
    """Ids or titles with commas; '' for all."""
    jury_role: int | None = None
    prizes: str = ""
    """Amounts for the first places, with spaces."""


@dataclass(frozen=True, kw_only=True)
class ServerEvents:
    """Changes and lists events. What a member does not see is as what is not there."""

    store: Store
    catalogue: LiveCatalogue
    clock: Clock

    async def announce(self, guild_id: int, wish: EventWish, *, by_id: int) -> ServerEvent:
        """Store a new event with its purse. Raises InputError, with nothing stored, for what does not fit."""
        event = await self._event(guild_id, wish, by_id)

        def record(made: ServerEvent | None) -> Record | None:
            if made is None:
                return None
            text = texts.MADE(
                who=by_id,
                theme=harmless(made.theme),
                channel=made.channel_id,
                end=stamp(made.ends_at, "f"),
                purse=credits_words(made.purse),
            )
            about = {"event": made.id, "purse": str(made.purse), "ends_at": made.ends_at}
            return Record(kind="event", text=text, by_id=by_id, about=about)

        made = await self.store.events.add(event, record=record)
        if made is None:
            raise InputError(texts.ONE_AT_A_TIME(channel=event.channel_id), "channel")
        return made

    async def _event(self, guild_id: int, wish: EventWish, by_id: int) -> ServerEvent:
        theme, now = one_line(clean_text(wish.theme)), self.clock.wall()
        if not theme:
            raise InputError(texts.THEME_EMPTY, "theme")
        if len(theme) > THEME_CHARS:
            raise InputError(texts.THEME_TOO_LONG(count=THEME_CHARS), "theme")
        begins_at, ends_at = await self._times(guild_id, wish, now)
        if not 1 <= wish.purse <= PURSE_MAX:
            raise InputError(texts.PURSE_SIZE(most=PURSE_MAX), "purse")
        if wish.cap is not None and not 0 < wish.cap <= wish.purse:
            raise InputError(texts.CAP_SIZE(purse=credits_words(wish.purse)), "cap")
        reactions = await self.store.reactions.get(guild_id)
        if not reactions.is_on or all(each.action is not ReactionAction.GALLERY for each in reactions.rules.values()):
            raise InputError(texts.NO_STARS)
        return ServerEvent(
            id=new_id(),
            guild_id=guild_id,
            channel_id=wish.channel_id,
            theme=theme,
            purse=wish.purse,
            cap=wish.cap,
            operations=self._operations(wish.operations),
            jury_role=wish.jury_role,
            prizes=_prizes(wish.prizes),
            made_by=by_id,
            made_at=now,
            begins_at=begins_at,
            ends_at=ends_at,
        )

    async def _times(self, guild_id: int, wish: EventWish, now: float) -> tuple[float, float]:
        zone = (await self.store.settings.get(guild_id)).zone

        def read(option: str, typed: str) -> float:
            at = moment_of(clean_text(typed), now, zone)
            if at is None:
                raise InputError(texts.NOT_A_TIME(option=option), option)
            return at

        begins_at = read("begins", wish.begins) if wish.begins else now
        ends_at = read("ends", wish.ends)
        if begins_at < now:
            raise InputError(texts.BEGIN_IN_THE_PAST, "begins")
        if begins_at > now + AHEAD_MAX_S:
            raise InputError(texts.TOO_FAR, "begins")
        if ends_at <= begins_at:
            raise InputError(texts.END_BEFORE_BEGIN, "ends")
        if ends_at > begins_at + LIFE_MAX_S:
            raise InputError(texts.TOO_LONG(count=LIFE_MAX_S // _DAY_S), "ends")
        return begins_at, ends_at

    def _operations(self, typed: str) -> frozenset[str]:
        found = set()
        for each in filter(None, (part.strip() for part in clean_text(typed).split(","))):
            try:
                found.add(self.catalogue.current.resolve(each).id)
            except InputError:
                raise InputError(texts.NO_OPERATION(typed=harmless(each)), "operations") from None
        return frozenset(found)

    async def purses(self, guild_id: int, member_id: int = 0) -> list[tuple[ServerEvent, PurseUse]]:
        """Return the planned and running events with what their purses have paid, in all and for the member."""
        found = await self.store.events.open(guild_id)
        return [(each, await self.store.events.use(each, member_id)) for each in found]

    async def open_to(self, viewer: Viewer) -> list[tuple[ServerEvent, PurseUse]]:
        """Return those that a member sees."""
        return [each for each in await self.purses(viewer.guild_id, viewer.member_id) if _sees(viewer, each[0])]

    async def join(self, viewer: Viewer, event_id: str) -> tuple[ServerEvent, PurseUse]:
        """Let a member take part. Raises InputError if the event has ended, or they do not see it."""
        event = await self.store.events.get(viewer.guild_id, event_id)
        if event is None or not _sees(viewer, event):
            raise InputError(texts.OVER)
        event = await self.store.events.join(viewer.guild_id, event_id, viewer.member_id)
        if event is None:
            raise InputError(texts.OVER)
        return event, await self.store.events.use(event, viewer.member_id)

    async def cancel(self, guild_id: int, event_id: str, *, by_id: int) -> ServerEvent:
        """End an event without prizes. Raises InputError if it has ended."""
        done = await self._cancel(guild_id, event_id, by_id, lambda event, said: texts.CANCELLED(
            who=by_id, theme=harmless(event.theme), channel=event.channel_id, spent=said
        ))  # fmt: skip
        if done is None:
            raise InputError(texts.OVER)
        return done.event

    async def channel_gone(self, event: ServerEvent) -> None:
        """Cancel an event whose channel was deleted."""
        await self._cancel(
            event.guild_id, event.id, 0, lambda of, said: texts.CHANNEL_GONE(theme=harmless(of.theme), spent=said)
        )

    async def _cancel(
        self, guild_id: int, event_id: str, by_id: int, text: Callable[[ServerEvent, str], str]
    ) -> Ended | None:
        def record(ended: Ended | None) -> Record | None:
            if ended is None:
                return None
            said = text(ended.event, texts.spent(ended.event, ended.paid))
            return Record(kind="event", text=said, by_id=by_id, about={"event": event_id, "paid": str(ended.paid)})

        return await self.store.events.cancel(guild_id, event_id, record=record)

    async def conclude(self, event: ServerEvent, judged: Judged) -> None:
        """End an event whose time is over, if it has not ended. Raises Unjudged as the store."""

        def record(ended: Ended | None) -> Record | None:
            if ended is None:
                return None
            places = [texts.placed_line(each.place, each.member_id, each.stars, each.prize) for each in ended.places]
            about = {
                "event": event.id,
                "paid": str(ended.paid),
                "members": ended.members,
                "prizes": [{"member_id": each.member_id, "credits": str(each.prize)} for each in ended.places],
            }
            text = texts.ended(event, ended.paid, ended.members, ended.results, places)
            return Record(kind="event", text=text, by_id=0, about=about)

        await self.store.events.end(event, judged, record=record)


def _sees(viewer: Viewer, event: ServerEvent) -> bool:
    sight = viewer.sight(event.channel_id)
    return sight is Sight.SEEN or (sight is Sight.GONE and viewer.is_moderator)


def _prizes(typed: str) -> tuple[Decimal, ...]:
    amounts = [credits_in(each) for each in clean_text(typed).split()]
    known: Sequence[Decimal] = [each for each in amounts if each is not None and 0 < each <= PURSE_MAX]
    if len(known) != len(amounts) or len(amounts) > PRIZES:
        raise InputError(texts.PRIZES, "prizes")
    return tuple(known)
