"""Pace: how closely calls may follow each other, where their sum over a second is limited."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import deque

from bot.runtime.clock import Clock

ROUNDING_S = 1e-6
"""What may be left of a wait: one for less might end at the same reading of the clock."""


class Pace:
    """Lets at most `calls` through in any `window_s` seconds, at once where there is room: so bursts lose no time.

    Those who wait come in their order, urgent ones before all others.
    """

    def __init__(self, clock: Clock, *, calls: int, window_s: float) -> None:
        self._clock = clock
        self._window_s = window_s
        self._passed: deque[float] = deque(maxlen=calls)
        """When the last calls were let through, monotonic seconds."""
        self._is_busy = False
        self._numbers = itertools.count()
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []

    async def take(self, *, is_urgent: bool = False) -> None:
        """Return when the caller may call; that call is counted."""
        await self._turn(is_urgent=is_urgent)
        try:
            while (wait_s := self._wait_s()) > 0:
                await self._clock.wait(asyncio.Event(), wait_s)
            self._passed.append(self._clock.monotonic())
        finally:
            self._next()

    async def _turn(self, *, is_urgent: bool) -> None:
        """Wait until nobody else is first."""
        if not self._is_busy:
            self._is_busy = True
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (not is_urgent, next(self._numbers), mine))
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._next()
            raise

    def _next(self) -> None:
        """Let the next one be first; those that have given up are passed over."""
        while self._waiting:
            mine = heapq.heappop(self._waiting)[2]
            if not mine.done():
                mine.set_result(None)
                return
        self._is_busy = False

    def _wait_s(self) -> float:
        if len(self._passed) < (self._passed.maxlen or 0):
            return 0.0
        wait_s = self._passed[0] + self._window_s - self._clock.monotonic()
        return wait_s if wait_s > ROUNDING_S else 0.0
