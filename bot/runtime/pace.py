"""Pace: how closely calls may follow each other, where their sum over a second is limited."""

from __future__ import annotations

import asyncio
import heapq
import itertools

from bot.runtime.clock import Clock

ROUNDING = 1e-6
"""What of a call may be missing: a wait for less might end at the same reading of the clock."""


class Pace:
    """Lets `burst` calls through at once and `per_s` a second after that: at most their sum in any second.

    Those who wait come in their order, urgent ones before all others.
    """

    def __init__(self, clock: Clock, *, per_s: float, burst: int) -> None:
        self._clock = clock
        self._per_s = per_s
        self._burst = burst
        self._left = float(burst)
        self._counted_at = clock.monotonic()
        self._is_busy = False
        self._numbers = itertools.count()
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []

    async def take(self, *, is_urgent: bool = False) -> None:
        """Return when the caller may call; that call is counted."""
        await self._turn(is_urgent=is_urgent)
        try:
            while (wait_s := self._wait_s()) > 0:
                await self._clock.wait(asyncio.Event(), wait_s)
            self._left -= 1
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
        now = self._clock.monotonic()
        self._left = min(self._burst, self._left + (now - self._counted_at) * self._per_s)
        self._counted_at = now
        missing = 1 - self._left
        return missing / self._per_s if missing > ROUNDING else 0.0
