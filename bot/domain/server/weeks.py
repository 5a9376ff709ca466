"""The weeks whose best results are posted: from Monday to Monday in a server's time zone. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bot.domain.server.guild_rules import Period

POSTED_AFTER_S = 9 * 3600.0
"""The best of a week are posted on Monday morning, when members are awake."""
RESULTS_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedWeek:
    """A week that has ended: its Monday as a date, and its bounds in Unix seconds."""

    monday: str
    since: float
    until: float


def last_week(now: float, zone: dt.tzinfo) -> EndedWeek:
    """Return the last week that has ended by `now` (Unix seconds)."""
    until = Period.WEEK.start(now, zone)
    since = Period.WEEK.start(until - 1, zone)
    return EndedWeek(monday=dt.datetime.fromtimestamp(since, zone).date().isoformat(), since=since, until=until)


def posted_next(now: float, zone: dt.tzinfo) -> float:
    """Return when the best of the current week are posted, in Unix seconds."""
    return (Period.WEEK.end(now, zone) or now) + POSTED_AFTER_S
