"""Schedules: when a server's next run is, and what its variables stand for. Pure.

A time of day is of the server's zone. One that the clock skips is as much later as it skips; one that comes twice is
the first of the two.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Final, Self

SCHEDULES_MAX: Final = 25
"""Most schedules of a server: as many as a select shows."""
DAILY, ONCE = "daily", "once"
WEEKDAYS: Final = 7
_DAYS_AHEAD: Final = 9
"""A week, and a day on each side for zones that skip one."""
_TIME = re.compile(r"(?:(2\d{3})-(\d{1,2})-(\d{1,2})[ T]+)?(\d{1,2})[:.](\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """Daily, weekly with `weekday` (0 is Monday), or once with `date`."""

    time: dt.time
    weekday: int | None = None
    date: dt.date | None = None

    @classmethod
    def read(cls, repeat: str, typed: str) -> Self | None:
        """Read a repetition (`daily`, `once`, or a weekday's number) and `09:00`, or `2026-12-24 18:00` for once.

        None for anything else.
        """
        match = _TIME.fullmatch(typed.strip())
        if match is None or (match[1] is not None) != (repeat == ONCE):
            return None
        try:
            date = None if match[1] is None else dt.date(int(match[1]), int(match[2]), int(match[3]))
            weekday = None if repeat in {DAILY, ONCE} else range(WEEKDAYS).index(int(repeat))
            return cls(time=dt.time(int(match[4]), int(match[5])), weekday=weekday, date=date)
        except ValueError:
            return None

    @property
    def repeat(self) -> str:
        """As in `read`."""
        if self.date is not None:
            return ONCE
        return DAILY if self.weekday is None else str(self.weekday)

    @property
    def typed(self) -> str:
        """As in `read`."""
        clock = self.time.strftime("%H:%M")
        return clock if self.date is None else f"{self.date.isoformat()} {clock}"

    def next_after(self, now: float, zone: dt.tzinfo) -> float | None:
        """Return the first run after `now`, both in Unix seconds; None if there is none."""
        today = dt.datetime.fromtimestamp(now, zone).date()
        days = (
            [today + dt.timedelta(days=each) for each in range(-1, _DAYS_AHEAD)] if self.date is None else [self.date]
        )
        runs = (instant_of(day, self.time, zone) for day in days if self.weekday in {None, day.weekday()})
        return min((each for each in runs if each > now), default=None)


def instant_of(day: dt.date, time: dt.time, zone: dt.tzinfo) -> float:
    """Return when the clock of the zone first shows this time, in Unix seconds; as much later as it skips."""
    return dt.datetime.combine(day, time, zone).timestamp()


# ---------------------------------------------------------------------- variables

DATE, WEEKDAY, RANDOM, BEST = "{date}", "{weekday}", "{random: a | b | c}", "{best of last week}"
VARIABLES: Final = (DATE, WEEKDAY, RANDOM, BEST)
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_RANDOM = re.compile(r"random\s*:(.*)", re.DOTALL | re.IGNORECASE)


def unknown_variable(text: str) -> str | None:
    """Return the first part in braces that is no variable; None if there is none."""
    for match in _VARIABLE.finditer(text):
        if _plain(match) not in {DATE, WEEKDAY, BEST} and not _choices(match):
            return match[0]
    return next((each for each in _VARIABLE.sub("", text) if each in "{}"), None)


def has_best(text: str) -> bool:
    """Whether the text names the best result of last week."""
    return any(_plain(match) == BEST for match in _VARIABLE.finditer(text))


def is_best(text: str) -> bool:
    """Whether the text is the best result of last week and nothing else."""
    match = _VARIABLE.fullmatch(text.strip())
    return match is not None and _plain(match) == BEST


def filled(text: str, values: Mapping[str, str], choose: Callable[[Sequence[str]], str]) -> str:
    """Return the text with `values` by variable; `choose` takes one of several texts."""
    return _VARIABLE.sub(lambda match: choose(found) if (found := _choices(match)) else values[_plain(match)], text)


def _plain(match: re.Match[str]) -> str:
    return f"{{{' '.join(match[1].split()).casefold()}}}"


def _choices(match: re.Match[str]) -> list[str]:
    found = _RANDOM.fullmatch(match[1].strip())
    return [] if found is None else [each.strip() for each in found[1].split("|") if each.strip()]


# ---------------------------------------------------------------------- a schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What runs: a recipe with values of its inputs, or an operation with a prompt. Stored as JSON."""

    recipe: str
    """'' for a prompt alone."""
    operation: str
    values: Mapping[str, str]
    when: When
    agreed: Decimal
    """The price of a run that was confirmed, in credits."""
    is_price_known: bool

    def to_json(self) -> dict[str, Any]:
        own = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "when"}
        return own | {"agreed": str(self.agreed), "repeat": self.when.repeat, "time": self.when.typed}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote. Raises ValueError for a time that is none."""
        given = dict(data)
        when = When.read(given.pop("repeat"), given.pop("time"))
        if when is None:
            raise ValueError("a time is needed")
        return cls(**given | {"when": when, "agreed": Decimal(given["agreed"])})

    @property
    def title(self) -> str:
        """The recipe's name, or the prompt."""
        return self.recipe or " ".join(self.values.get("prompt", "").split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A server's schedule, run in the name of its moderator `made_by`. Times are Unix seconds."""

    id: str
    guild_id: int
    plan: Plan
    channel_id: int
    made_by: int
    made_at: float
    limit: Decimal
    """Credits a calendar month."""
    next_at: float | None
    """None while it is paused, and once it has run for the last time."""
    reason: str = ""
    """Why it is paused, or what the last run lacked."""
    is_paused: bool = False

    def run(self, now: float, zone: dt.tzinfo) -> DueRun:
        return DueRun(
            guild_id=self.guild_id,
            schedule_id=self.id,
            due_at=self.next_at or now,
            next_at=self.plan.when.next_after(now, zone),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRun:
    """A run of a schedule: it takes place once, in the transaction that moves the schedule to `next_at`."""

    guild_id: int
    schedule_id: str
    due_at: float
    next_at: float | None
