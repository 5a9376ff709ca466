"""Pace: how often something may be begun in a while, counted in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable

from bot.runtime.clock import Clock

KEPT = 4096
"""For how many it is counted at the most, so that memory stays flat."""


class RateLimiter:
    """Lets each `who` begin `times` things within `seconds`."""

    def __init__(self, clock: Clock, times: int, seconds: float) -> None:
        self._clock = clock
        self._times = times
        self._seconds = seconds
        self._begun: dict[Hashable, deque[float]] = {}

    def wait_s(self, who: Hashable) -> float:
        """Return in how many seconds `who` may begin something; 0: now, and then it counts as begun."""
        now = self._clock.monotonic()
        begun = self._begun.pop(who, None) or deque(maxlen=self._times)
        self._begun[who] = begun  # the last to be counted is the last to be forgotten
        while len(self._begun) > KEPT:
            self._begun.pop(next(iter(self._begun)))
        if len(begun) == self._times and now - begun[0] < self._seconds:
            return self._seconds - (now - begun[0])
        begun.append(now)
        return 0.0

    def __len__(self) -> int:
        """Return for how many it is counted."""
        return len(self._begun)
