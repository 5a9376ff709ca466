"""What moderators do with events, and members: announce, take part, cancel; and their end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import ROUND_CEILING, Decimal

from bot.catalogue.checks.values import clean_text
from bot.catalogue.texts import text_too_long
from bot.domain.models import credits_words, new_id
from bot.domain.server.events import (
    LIFE_MAX_S,
    PRIZES,
    PURSE_MAX,
    PurseUse,
    ServerEvent,
    moment_of,
)
from bot.domain.server.places import Sight, Viewer
from bot.domain.server.reaction_rules import ReactionAction
from bot.domain.server.setting import credits_in
from bot.domain.texts import AMOUNT, CREDITS_LEAST, EXPIRED, GONE
from bot.domain.words.text import harmless, one_line, stamp
from bot.errors import InputError
from bot.language import name_of, named
from bot.runtime.clock import Clock
from bot.server.community.events import texts
from bot.store import Record, Store
from bot.store.guild.community.events import Ended

THEME_CHARS = 100
DRAFT_LIFE_S = 900.0
_DAY_S = 86_400
_SHARES = 4
"""Members who empty a purse whose moderator gave no cap."""


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
    """Changes and lists events. What a member does not see is as what is not there."""

    store: Store
    clock: Clock

    async def planned(self, guild_id: int, wish: EventWish, *, by_id: int) -> tuple[ServerEvent, str]:
        """Return the event as it would be announced now, and the id of its draft. Raises InputError."""
        event = await self._event(guild_id, wish, by_id)
        if any(each.channel_id == event.channel_id for each in await self.store.events.open(guild_id)):
            raise InputError(texts.ONE_AT_A_TIME(channel=event.channel_id), "channel")
        draft = {"event": {**asdict(wish), "purse": str(event.purse), "cap": str(event.cap)}}
        return event, await self.store.drafts.keep(guild_id, by_id, draft, expires_at=self.clock.wall() + DRAFT_LIFE_S)

    async def announce(self, guild_id: int, draft_id: str, *, by_id: int) -> ServerEvent:
        """Store the event of a moderator's own draft with its purse. Raises InputError, with nothing stored."""
        draft = await self.store.drafts.take(guild_id, by_id, draft_id)
        if draft is None or "event" not in draft:
            raise InputError(EXPIRED)
        kept = draft["event"]
        wish = EventWish(**{**kept, "purse": Decimal(kept["purse"]), "cap": Decimal(kept["cap"])})
        event = await self._event(guild_id, wish, by_id)

        def record(made: ServerEvent) -> Record:
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
            raise InputError(texts.NO_TIME_AND_PURSE, "theme")
        if len(theme) > THEME_CHARS:
            raise InputError(text_too_long(name_of("theme"), THEME_CHARS, len(theme)), "theme")
        ends_at = await self._end(guild_id, wish, now)
        if not 1 <= wish.purse <= PURSE_MAX:
            raise InputError(AMOUNT(field=named("purse"), low=1, high=PURSE_MAX), "purse")
        if wish.cap is not None and not 0 < wish.cap <= wish.purse:
            raise InputError(AMOUNT(field=named("cap"), low=CREDITS_LEAST, high=wish.purse), "cap")
        reactions = await self.store.reactions.get(guild_id)
        if ReactionAction.GALLERY in reactions.off:
            raise InputError(texts.NO_STARS)
        return ServerEvent(
            id=new_id(),
            guild_id=guild_id,
            channel_id=wish.channel_id,
            theme=theme,
            purse=wish.purse,
            cap=usual_cap(wish.purse) if wish.cap is None else wish.cap,
            prizes=_prizes(wish.prizes),
            made_by=by_id,
            begins_at=now,
            ends_at=ends_at,
        )

    async def _end(self, guild_id: int, wish: EventWish, now: float) -> float:
        ends_at = moment_of(clean_text(wish.ends), now, (await self.store.settings.get(guild_id)).zone)
        if ends_at is None or not now < ends_at <= now + LIFE_MAX_S:
            raise InputError(texts.NOT_A_TIME(days=LIFE_MAX_S // _DAY_S), "ends")
        return ends_at

    async def purses(self, guild_id: int, member_id: int = 0) -> list[tuple[ServerEvent, PurseUse]]:
        found = await self.store.events.open(guild_id)
        return [(each, await self.store.events.use(each, member_id)) for each in found]

    async def open_to(self, viewer: Viewer) -> list[tuple[ServerEvent, PurseUse]]:
        return [each for each in await self.purses(viewer.guild_id, viewer.member_id) if _sees(viewer, each[0])]

    async def join(self, viewer: Viewer, event_id: str) -> tuple[ServerEvent, PurseUse]:
        """Let a member take part. Raises InputError if the event has ended, or they do not see it."""
        event = await self.store.events.get(viewer.guild_id, event_id)
        if event is None or not _sees(viewer, event):
            raise InputError(GONE)
        event = await self.store.events.join(viewer.guild_id, event_id, viewer.member_id)
        if event is None:
            raise InputError(GONE)
        return event, await self.store.events.use(event, viewer.member_id)

    async def cancel(self, guild_id: int, event_id: str, *, by_id: int) -> ServerEvent:
        """End an event without prizes. Raises InputError if it has ended."""
        done = await self._cancel(guild_id, event_id, by_id, lambda event, said: texts.CANCELLED(
            who=by_id, theme=harmless(event.theme), channel=event.channel_id, spent=said
        ))  # fmt: skip
        if done is None:
            raise InputError(GONE)
        return done.event

    async def channel_gone(self, event: ServerEvent) -> None:
        """Cancel an event whose channel was deleted."""
        await self._cancel(
            event.guild_id, event.id, 0, lambda of, said: texts.CHANNEL_GONE(theme=harmless(of.theme), spent=said)
        )

    async def _cancel(
        self, guild_id: int, event_id: str, by_id: int, text: Callable[[ServerEvent, str], str]
    ) -> Ended | None:
        def record(ended: Ended) -> Record:
            said = text(ended.event, texts.spent(ended.event, ended.paid))
            return Record(kind="event", text=said, by_id=by_id, about={"event": event_id, "paid": str(ended.paid)})

        return await self.store.events.cancel(guild_id, event_id, record=record)

    async def conclude(self, event: ServerEvent, judged: Mapping[str, bool]) -> None:
        """End an event whose time is over, if it has not ended. Raises Unjudged as the store."""

        def record(ended: Ended) -> Record:
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


def usual_cap(purse: Decimal) -> Decimal:
    """Return what a purse pays for one member where its moderator did not say."""
    return min(purse, (purse / _SHARES).to_integral_value(ROUND_CEILING))


def _sees(viewer: Viewer, event: ServerEvent) -> bool:
    sight = viewer.sight(event.channel_id)
    return sight is Sight.SEEN or (sight is Sight.GONE and viewer.is_moderator)


def _prizes(typed: str) -> tuple[Decimal, ...]:
    amounts = [credits_in(each) for each in clean_text(typed).split()]
    known: Sequence[Decimal] = [each for each in amounts if each is not None and 0 < each <= PURSE_MAX]
    if len(known) != len(amounts) or len(amounts) > PRIZES:
        raise InputError(texts.PRIZES, "prizes")
    return tuple(known)
