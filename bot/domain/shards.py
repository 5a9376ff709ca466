"""When a shard may identify at Discord's gateway: a daily budget, and a backoff against restart storms.

Discord allows 1,000 identifies in 24 hours (more for very large bots) and resets the token of an application that
exceeds them (docs.discord.com, Gateway: "Session Start Limit").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

DAY_S = 86_400.0
TOTAL = 1000
"""Identifies in 24 hours, unless Discord says otherwise."""
RESERVE = 0.1
"""Reserved share, for uncounted ones: 900 are used."""
FREE, WINDOW_S = 5, 1800.0
"""Identifies per shard in this time without a wait."""
LONGEST_PAUSE_S = 120.0


def identify_at(times: Sequence[float], now: float, *, shards: int = 1, total: int = TOTAL) -> float:
    """Return when the bot may identify next, Unix seconds, like `times` of its earlier ones.

    A few are free for each of its `shards`; then it waits 2, 4, 8, … up to 120 seconds after the last; with all but the
    reserve of `total` used, until the oldest is a day old.
    """
    recent = last_day(times, now)
    if not recent:
        return now
    per_day = usable(total)
    beyond = sum(at > now - WINDOW_S for at in recent) - FREE * shards + 1
    pause_s = min(2.0 ** min(beyond, 16), LONGEST_PAUSE_S) if beyond > 0 else 0.0
    is_full = len(recent) >= per_day
    return max(now, recent[-1] + pause_s, recent[-per_day] + DAY_S if is_full else now)


def last_day(times: Sequence[float], now: float) -> list[float]:
    """Return the last 24 hours in order; future times (a clock set back) count as now."""
    return sorted(min(at, now) for at in times if at > now - DAY_S)


def usable(total: int) -> int:
    """Return a day's usable identifies: all but the reserve."""
    return max(1, total - round(total * RESERVE))


class StartLimitReport(TypedDict):
    """Discord's `session_start_limit`, in seconds."""

    total: int
    remaining: int
    reset_after_s: float
    max_concurrency: int
    age_s: float
    """Its greatest age."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStartLimit:
    """An application's `session_start_limit` from `GET /gateway/bot`.

    Times are Unix seconds.
    """

    total: int = TOTAL
    remaining: int = TOTAL
    reset_at: float = 0.0
    """When `remaining` resets to `total`."""
    max_concurrency: int = 1
    """Shards that may identify within 5 seconds: one per `shard_id % max_concurrency`."""
    read_at: float = 0.0
    """`remaining` includes everything before."""

    @classmethod
    def reported(cls, now: float, report: StartLimitReport) -> SessionStartLimit:
        """Parse Discord's answer."""
        return cls(
            total=max(1, report["total"]),
            remaining=report["remaining"],
            reset_at=now + report["reset_after_s"],
            max_concurrency=max(1, report["max_concurrency"]),
            read_at=now - report["age_s"],
        )

    def left(self, times: Sequence[float], now: float) -> int:
        """Return the identifies left, with the reserve; `times` are our own."""
        if now < self.reset_at:
            return self.remaining - sum(at >= self.read_at for at in times)
        return self.total - sum(at >= self.reset_at for at in times if at > now - DAY_S)

    def open_at(self, times: Sequence[float], now: float, *, shards: int) -> float:
        """Return when one of the `shards` may identify, Unix seconds, so that the reserve is kept."""
        at = identify_at(times, now, shards=shards, total=self.total)
        if self.left(times, now) > self.total - usable(self.total):
            return at
        return max(at, self.reset_at if now < self.reset_at else now + LONGEST_PAUSE_S)


def shard_targets(held: Mapping[int, int], shards: int) -> dict[int, int]:
    """Return each process's number of shards; `held` are the current ones.

    They differ by at most one. The largest holders get the odd ones, so that no shard moves needlessly.
    """
    if not held:
        return {}
    least, odd = divmod(shards, len(held))
    by_number = sorted(held, key=lambda process: -held[process])  # stable
    return {process: least + (place < odd) for place, process in enumerate(by_number)}
