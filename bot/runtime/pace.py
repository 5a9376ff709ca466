"""Pace: how closely calls may follow each other, where their sum over a second is limited."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque

from bot.runtime.clock import Clock

URGENT_IN_A_ROW = 50
"""After so many urgent calls one of the others comes: a crowd of results must not stop everything else."""
ROUNDING_S = 1e-6
"""What may be left of a wait: one for less might end at the same reading of the clock."""


class Pace:
    """Lets at most `calls` through in any `window_s` seconds: `burst` of them at once, the others evenly.

    Those who wait come in their order, urgent ones before nearly all others. `limit` lets fewer through for a while.
    """

    def __init__(self, clock: Clock, *, calls: int, window_s: float, burst: int) -> None:
        self._clock = clock
        self.window_s = window_s
        self._most, self._burst = calls, burst
        self._passed: deque[float] = deque(maxlen=calls)
        """When the last calls were let through, monotonic seconds."""
        self._even_at = -math.inf
        """When the next call would be let through if all came evenly."""
        self._is_busy = False
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()
        self._urgent_in_a_row = 0
        self._limited = asyncio.Event()
        self.taken = 0
        """How many calls were let through so far."""
        self.limit(calls)

    @property
    def waiting(self) -> int:
        """How many calls wait to be let through."""
        return len(self._urgent) + len(self._others) + self._is_busy

    def limit(self, calls: int) -> None:
        """Let at most so many through in any window from now on, 0: none; not more than at first."""
        self._calls = min(calls, self._most)
        self._apart_s = self.window_s / max(1, self._calls)
        self._ahead_s = self._apart_s * (min(self._burst, max(1, self._calls)) - 1)
        self._even_at = min(self._even_at, self._clock.monotonic() + self._apart_s)
        self._limited.set()
        self._limited = asyncio.Event()

    async def take(self, *, is_urgent: bool = False) -> float:
        """Return when the caller may call: the monotonic time at which that call is counted."""
        await self._turn(is_urgent=is_urgent)
        try:
            while (wait_s := self._wait_s()) > ROUNDING_S:
                await self._clock.wait(self._limited, None if wait_s == math.inf else wait_s)
            now = self._clock.monotonic()
            self._passed.append(now)
            self.taken += 1
            self._even_at = max(self._even_at, now) + self._apart_s
            return now
        finally:
            self._next()

    def moved(self, counted_at: float) -> float:
        """Note that a call which was counted then is sent only now; return when it is counted from now on."""
        now = self._clock.monotonic()
        with contextlib.suppress(ValueError):  # so long ago that it is forgotten
            self._passed.remove(counted_at)
        self._passed.append(now)
        return now

    async def _turn(self, *, is_urgent: bool) -> None:
        """Wait until nobody else is first."""
        if not self._is_busy:
            self._is_busy = True
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._urgent if is_urgent else self._others).append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._next()
            raise

    def _next(self) -> None:
        """Let the next one be first; those that have given up are passed over."""
        while waiting := self._next_queue():
            mine = waiting.popleft()
            if not mine.done():
                self._urgent_in_a_row = self._urgent_in_a_row + 1 if waiting is self._urgent else 0
                mine.set_result(None)
                return
        self._is_busy = False

    def _next_queue(self) -> deque[asyncio.Future[None]]:
        is_their_turn = not self._urgent or self._urgent_in_a_row >= URGENT_IN_A_ROW
        return self._others if self._others and is_their_turn else self._urgent

    def _wait_s(self) -> float:
        if not self._calls:
            return math.inf
        is_full = len(self._passed) >= self._calls
        room_at = self._passed[-self._calls] + self.window_s if is_full else -math.inf
        return max(room_at, self._even_at - self._ahead_s) - self._clock.monotonic()
