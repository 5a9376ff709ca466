"""Answers of others that are believed for a while, so that they are not asked as often as somebody presses."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

from bot.runtime.clock import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

KEPT_ANSWERS = 4096
"""How many are remembered at most, so that memory stays bounded."""


class TimedMemory(Generic[K, V]):
    """Remembers each answer for `seconds`, in this process only."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._answers: dict[K, tuple[float, V]] = {}

    def get(self, key: K) -> V | None:
        """Return what is remembered, None if nothing is any more."""
        until, answer = self._answers.get(key, (0.0, None))
        return answer if until > self._clock.monotonic() else None

    def put(self, key: K, answer: V) -> V:
        """Remember an answer from now on, and return it."""
        now = self._clock.monotonic()
        self._answers.pop(key, None)
        while self._answers and (len(self._answers) >= KEPT_ANSWERS or self._oldest_until() <= now):
            self._answers.pop(next(iter(self._answers)))
        self._answers[key] = (now + self._seconds, answer)
        return answer

    def _oldest_until(self) -> float:
        return next(iter(self._answers.values()))[0]  # all are kept for the same time

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._answers)
