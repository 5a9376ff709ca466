"""Schedules: when a server's next run is, and what its variables become. Pure.

A time of day is of the server's zone. One that the clock skips is as much later as it skips; one that comes twice is
the first of the two.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

SCHEDULES_MAX: Final = 25
"""Most schedules of a server: as many as a select shows."""
DAILY, ONCE = "daily", "once"
_DAYS_AHEAD: Final = 9
"""A week, and a day on each side for zones that skip one."""
_TIME = re.compile(r"(?:(2\d{3}-\d\d-\d\d)[ T]+)?(\d{1,2})[:.](\d{2})", re.ASCII)


def next_run(repeat: str, typed: str, now: float, zone: dt.tzinfo) -> float | None:
    """Return the first run after `now`, both in Unix seconds.

    `repeat` is `daily`, a weekday's number (0 is Monday), or `once`; `typed` is a time such as `09:00`, for `once`
    with its date: `2026-12-24 18:00`. None if it is no such time, or has passed.
    """
    match = _TIME.fullmatch(typed.strip())
    if match is None or (match[1] is not None) != (repeat == ONCE):
        return None
    today = dt.datetime.fromtimestamp(now, zone).date()
    try:
        time = dt.time(int(match[2]), int(match[3]))
        weekdays = {None} if repeat in {DAILY, ONCE} else {int(repeat)}
        days = (
            [today + dt.timedelta(days=each) for each in range(-1, _DAYS_AHEAD)]
            if match[1] is None
            else [dt.date.fromisoformat(match[1])]
        )
    except ValueError:
        return None
    runs = (dt.datetime.combine(day, time, zone).timestamp() for day in days if weekdays & {None, day.weekday()})
    return min((each for each in runs if each > now), default=None)


# ---------------------------------------------------------------------- variables

DATE, WEEKDAY, RANDOM = "{date}", "{weekday}", "{random: a | b | c}"
VARIABLES: Final = (DATE, WEEKDAY, RANDOM)
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_RANDOM = re.compile(r"random\s*:(.*)", re.DOTALL | re.IGNORECASE)


def unknown_variable(text: str) -> str | None:
    """Return the first part in braces that is no variable; None if there is none."""
    for match in _VARIABLE.finditer(text):
        if _plain(match) not in {DATE, WEEKDAY} and not _choices(match):
            return match[0]
    return next((each for each in _VARIABLE.sub("", text) if each in "{}"), None)


def filled(text: str, values: Mapping[str, str], choose: Callable[[Sequence[str]], str]) -> str:
    """Return the text with `values` by variable; `choose` takes one of several texts."""
    return _VARIABLE.sub(lambda match: choose(found) if (found := _choices(match)) else values[_plain(match)], text)


def _plain(match: re.Match[str]) -> str:
    return f"{{{match[1].strip().casefold()}}}"


def _choices(match: re.Match[str]) -> list[str]:
    found = _RANDOM.fullmatch(match[1].strip())
    return [] if found is None else [each.strip() for each in found[1].split("|") if each.strip()]


# ---------------------------------------------------------------------- a schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A server's recipe, or an operation with a prompt, run in the name of its moderator `made_by`.

    Times are Unix seconds.
    """

    id: str
    guild_id: int
    recipe: str
    """'' for a prompt alone."""
    operation: str
    values: Mapping[str, str]
    repeat: str
    time: str
    """As in `next_run`."""
    channel_id: int
    made_by: int
    made_at: float
    limit: Decimal
    """Credits a calendar month."""
    agreed: Decimal = Decimal(0)
    """The price of a run that was confirmed, in credits."""
    is_price_known: bool = True
    next_at: float | None = None
    """When it is due; None while it is off, and once it has run for the last time."""
    once: bool = False
    """Whether the run that is due is a trial, after which it is off again."""
    reason: str = ""
    """Why a run did not take place."""
    is_off: bool = True

    @property
    def title(self) -> str:
        """The recipe's name, or the prompt."""
        return self.recipe or " ".join(self.values.get("prompt", "").split())

    def next_after(self, now: float, zone: dt.tzinfo) -> float | None:
        return next_run(self.repeat, self.time, now, zone)
