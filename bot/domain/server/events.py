"""Events: a theme in a channel with a purse, and who wins. Pure.

Members vote by the stars of results. A member is placed once, with their best result; of two with as many stars the
earlier result wins. What is not placed, the next one moves up for.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Self

from bot.domain.server.schedules import DAILY, ONCE, When, instant_of

PLACES: Final = 5
"""Places that are shown; the first PRIZES of them may have one."""
PRIZES: Final = 3
PURSE_MAX: Final = Decimal(1_000_000)
LIFE_MAX_S: Final = 31 * 86_400
"""Shorter than the months that jobs are kept: a member's part of the purse is counted by them."""
LATE_S: Final = 300
"""How long after its end an event waits for what was requested before it."""
_UNITS_S: Final = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_SPAN = re.compile(r"([0-9]{1,4}) ?([mhdw])", re.ASCII | re.IGNORECASE)


class EventState(StrEnum):
    """Whether an event ended by itself."""

    OPEN = "open"
    """Announced, until its places are known."""
    ENDED = "ended"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerEvent:
    """A server's event. Times are Unix seconds, amounts credits."""

    id: str
    guild_id: int
    channel_id: int
    theme: str
    purse: Decimal
    cap: Decimal
    """What the purse pays for one member at most."""
    prizes: tuple[Decimal, ...]
    """For the first places, given as grants."""
    made_by: int
    begins_at: float
    ends_at: float
    grant_id: int = 0
    """The purse: a grant without a member."""
    practice: bool = False
    state: EventState = EventState.OPEN
    message_id: int | None = None
    """The announcement, None until it is posted."""
    emptied: bool = False
    """Whether the channel knows that the purse is empty."""

    def to_json(self) -> dict[str, Any]:
        return {
            "purse": str(self.purse),
            "cap": str(self.cap),
            "prizes": [str(each) for each in self.prizes],
        }

    @classmethod
    def of(cls, data: Mapping[str, Any], **columns: Any) -> Self:
        """Return the event of what `to_json` returned, and its columns."""
        return cls(
            purse=Decimal(data["purse"]),
            cap=Decimal(data["cap"]),
            prizes=tuple(Decimal(each) for each in data["prizes"]),
            **columns,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PurseUse:
    """What an event's purse has paid, or holds for open jobs, in credits."""

    paid: Decimal
    of_member: Decimal
    """For the member who looks."""
    members: int
    """How many take part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEntry:
    """A card that may be placed. `at` is when its first result was posted, Unix seconds."""

    card_id: str
    author_id: int
    at: float
    voters: frozenset[int]
    """Who starred it, without its author."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPlace:
    """A place from 1, and its prize in credits; 0 for none."""

    place: int
    member_id: int
    card_id: str
    stars: int
    prize: Decimal


class Unjudged(Exception):
    """Whether these may be placed has to be known before the places are."""

    def __init__(self, cards: Sequence[EventEntry]) -> None:
        super().__init__()
        self.cards = cards


def placed(event: ServerEvent, entries: Iterable[EventEntry], judged: Mapping[str, bool]) -> list[EventPlace]:
    """Return the first places. `judged`: whether a card may be placed, which only Discord knows.

    Raises Unjudged if it lacks one that it takes.
    """
    order = sorted((each for each in entries if each.voters), key=lambda e: (-len(e.voters), e.at, e.card_id))
    places: list[EventPlace] = []
    for number, each in enumerate(order):
        if len(places) == PLACES:
            break
        if any(place.member_id == each.author_id for place in places):
            continue
        if each.card_id not in judged:
            ahead = [more for more in order[number:] if more.card_id not in judged]
            raise Unjudged(ahead[: PLACES - len(places)])
        if judged[each.card_id]:
            prize = event.prizes[len(places)] if len(places) < len(event.prizes) else Decimal(0)
            places.append(
                EventPlace(
                    place=len(places) + 1,
                    member_id=each.author_id,
                    card_id=each.card_id,
                    stars=len(each.voters),
                    prize=prize,
                )
            )
    return places


def moment_of(typed: str, now: float, zone: dt.tzinfo) -> float | None:
    """Return the time that a member typed: `2h` from now, the next `18:00`, or `2026-12-24 18:00`; None for others."""
    text = " ".join(typed.split())
    if (span := _SPAN.fullmatch(text)) is not None:
        return now + int(span[1]) * _UNITS_S[span[2].lower()]
    when = When.read(ONCE, text) or When.read(DAILY, text)
    if when is None or when.date is None:
        return None if when is None else when.next_after(now, zone)
    return instant_of(when.date, when.time, zone)
