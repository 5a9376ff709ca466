"""Events: a theme in a channel with a purse, and prizes by the stars of results. Pure."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

PLACES: Final = 5
"""Places that are shown; the first PRIZES of them may have one."""
PRIZES: Final = 3
PURSE_MAX: Final = 1_000_000.0
LIFE_MAX_S: Final = 31 * 86_400
"""Shorter than the months that jobs are kept: a member's part of the purse is counted by them."""
_UNITS_S: Final = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_SPAN = re.compile(r"([0-9]{1,4}) ?([mhdw])", re.ASCII | re.IGNORECASE)
_TODAY = re.compile(r"[0-9]{2}:[0-9]{2}", re.ASCII)


class EventState(StrEnum):
    """What an event's round has to do."""

    OPEN = "open"
    """Announced, until its places are known."""
    ENDED = "ended"
    """Its places are stored, and not posted."""
    CANCELLED = "cancelled"
    """A moderator ended it, which is not posted."""


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

    def prize(self, place: int) -> Decimal:
        """Return the prize of a place from 1, 0 for none."""
        return self.prizes[place - 1] if place <= len(self.prizes) else Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PurseUse:
    """What an event's purse has paid, or holds for open jobs, in credits."""

    paid: Decimal
    of_member: Decimal
    """For the member who looks."""
    members: int
    """How many take part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starred:
    """A member's card that may be placed, or is: the stars are without their own."""

    card_id: str
    member_id: int
    stars: int


def end_of(typed: str, now: float, zone: dt.tzinfo) -> float | None:
    """Return the time that a moderator typed: `2h` from now, `18:00`, or `2026-12-24 18:00`; None for others."""
    text = " ".join(typed.split())
    if (span := _SPAN.fullmatch(text)) is not None:
        return now + int(span[1]) * _UNITS_S[span[2].lower()]
    today = f"{dt.datetime.fromtimestamp(now, zone):%Y-%m-%d} " if _TODAY.fullmatch(text) else ""
    try:
        return dt.datetime.fromisoformat(today + text).replace(tzinfo=zone).timestamp()
    except (ValueError, OverflowError):
        return None
