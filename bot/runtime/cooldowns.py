"""Cooldowns: a second press right after the first does nothing."""

from __future__ import annotations

from collections.abc import Hashable

from bot.runtime.clock import Clock

KEPT = 4096
"""How many are remembered at most, so that memory stays bounded."""


class Cooldowns:
    """Remembers for `seconds` what was done, in memory: a restart takes longer than a double press."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._until: dict[Hashable, float] = {}

    def start(self, what: Hashable) -> bool:
        """Whether `what` may be done now; then its cooldown starts."""
        now = self._clock.monotonic()
        if self._until.get(what, now) > now:
            return False
        self._until.pop(what, None)
        while self._until and (len(self._until) >= KEPT or next(iter(self._until.values())) <= now):
            self._until.pop(next(iter(self._until)))  # the oldest: all have the same duration
        self._until[what] = now + self._seconds
        return True

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._until)
