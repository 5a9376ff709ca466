"""When a shard may identify at Discord's gateway, by the day's budget and by a backoff against storms of restarts.

Discord allows 1,000 identifies in 24 hours (very large bots have more) and resets the token of an application that
exceeds them (docs.discord.com, Gateway: "Session Start Limit").
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

DAY_S = 86_400.0
TOTAL = 1000
"""Identifies in 24 hours, where Discord has not said how many."""
RESERVE = 0.1
"""Which share of them is left alone, for what was not counted: 900 are used."""
FREE, WINDOW_S = 5, 1800.0
"""So many identifies of each shard within this time wait for nothing."""
LONGEST_PAUSE_S = 120.0


def identify_at(times: Sequence[float], now: float, *, shards: int = 1, total: int = TOTAL) -> float:
    """Return from when on the bot may identify, Unix seconds; `times` are those at which it did, Unix seconds.

    A few of each of its `shards` are free, since each identifies for itself; then it has to wait 2, 4, 8, … up to 120
    seconds after the last one; with all but the reserve of the `total` used in 24 hours until the oldest of those is a
    day old.
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
    """Return those of the last 24 hours in order; what a clock that was set back shows as the future counts as now."""
    return sorted(min(at, now) for at in times if at > now - DAY_S)


def usable(total: int) -> int:
    """Return how many of a day's identifies are used: all but the reserve."""
    return max(1, total - round(total * RESERVE))


class ToldLimit(TypedDict):
    """`session_start_limit` as Discord's answer has it, with the time in seconds."""

    total: int
    remaining: int
    reset_after_s: float
    max_concurrency: int
    age_s: float
    """How long ago it was asked at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStartLimit:
    """What Discord said of an application's identifies: `session_start_limit` of `GET /gateway/bot`.

    Times are Unix seconds.
    """

    total: int = TOTAL
    remaining: int = TOTAL
    reset_at: float = 0.0
    """When `remaining` becomes `total` again."""
    max_concurrency: int = 1
    """How many shards may identify within 5 seconds: one of each value of `shard_id % max_concurrency`."""
    read_at: float = 0.0
    """What was counted before this time is in `remaining`."""

    @classmethod
    def as_told(cls, now: float, told: ToldLimit) -> SessionStartLimit:
        """Return what Discord says."""
        return cls(
            total=max(1, told["total"]),
            remaining=told["remaining"],
            reset_at=now + told["reset_after_s"],
            max_concurrency=max(1, told["max_concurrency"]),
            read_at=now - told["age_s"],
        )

    def left(self, times: Sequence[float], now: float) -> int:
        """Return how many identifies are left, the reserve among them; `times` are those of our own."""
        if now < self.reset_at:
            return self.remaining - sum(at >= self.read_at for at in times)
        return self.total - sum(at >= self.reset_at for at in times if at > now - DAY_S)

    def open_at(self, times: Sequence[float], now: float, *, shards: int) -> float:
        """Return from when on one of the bot's `shards` may identify, Unix seconds, so that the reserve is kept."""
        at = identify_at(times, now, shards=shards, total=self.total)
        if self.left(times, now) > self.total - usable(self.total):
            return at
        return max(at, self.reset_at if now < self.reset_at else now + LONGEST_PAUSE_S)


FEW = 1
"""Calls of a budget that each process may make in a window, whatever the others want: one that is idle has to begin."""
SPARE = 2
"""Calls in a window that a process gets beyond what it has lately made."""


def shard_targets(held: Mapping[str, int], shards: int) -> dict[str, int]:
    """Return how many of so many shards each process should have; `held` says how many each has, oldest member first.

    No two differ by more than one. Those that hold most get the odd ones, so that no shard moves for nothing.
    """
    if not held:
        return {}
    least, odd = divmod(shards, len(held))
    by_number = sorted(held, key=lambda process: -held[process])  # stable: the oldest first among equals
    return {process: least + (place < odd) for place, process in enumerate(by_number)}


def fair_share(wanted: Mapping[str, float], process: str, total: int) -> int:
    """Return how many calls in a window are one process's part of a budget of `total`.

    `wanted` says how many each would make in a window. Nobody gets more than wanted (and a little, to grow from) while
    another wants more than it gets; and each gets a few.
    """
    left = max(0, total - FEW * len(wanted))
    shares = dict.fromkeys(wanted, FEW)
    open_ = sorted(wanted, key=lambda name: (wanted[name], name))
    for place, name in enumerate(open_):
        part = min(left // (len(open_) - place), math.ceil(min(wanted[name], total)) + SPARE - FEW)
        shares[name] += max(0, part)
        left -= max(0, part)
    return shares[process]
