"""Pace: how closely calls may follow each other, where their sum over a second is limited."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

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
