"""Rate limits: how often something may be started in a period, counted in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable

from bot.runtime.clock import Clock

KEPT = 4096
"""How many keys are counted at most, so that memory stays bounded."""


class RateLimiter:
    """Lets each key start `times` things within `seconds`."""

    def __init__(self, clock: Clock, times: int, seconds: float) -> None:
        self._clock = clock
        self._times = times
        self._seconds = seconds
        self._started: dict[Hashable, deque[float]] = {}

    def wait_s(self, key: Hashable) -> float:
        """Return in how many seconds `key` may start something; 0: now, and then it counts as started."""
        wait_s = self.peek_s(key)
        if wait_s <= 0:
            self.note(key)
        return wait_s

    def peek_s(self, key: Hashable, times: int = 1) -> float:
        """Return in how many seconds `key` may start so many things, which must not exceed its `times`; 0: now."""
        started = self._started.get(key, ())
        too_many = len(started) + times - self._times
        if too_many <= 0:
            return 0.0
        return max(0.0, self._seconds - (self._clock.monotonic() - started[too_many - 1]))

    def note(self, key: Hashable) -> None:
        """Count something as started by `key`, whether it may or not."""
        started = self._started.pop(key, None) or deque(maxlen=self._times)
        self._started[key] = started  # the last one counted is the last one forgotten
        while len(self._started) > KEPT:
            self._started.pop(next(iter(self._started)))
        started.append(self._clock.monotonic())

    def __len__(self) -> int:
        """Return how many keys are counted."""
        return len(self._started)
