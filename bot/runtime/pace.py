"""Rate limiting of calls."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

from bot.runtime.clock import Clock

URGENT_IN_A_ROW = 50
"""Urgent calls in a row before another one: many results must not stop everything else."""
ROUNDING_S = 1e-6
"""Rounding tolerance: a shorter wait might end at the same clock reading."""


class Pace:
    """Allows `calls` per `window_s` seconds: `burst` of them at once, the others evenly.

    FIFO, with urgent calls before nearly all others. `limit` lowers the rate for a while.
    """

    def __init__(self, clock: Clock, *, calls: int, window_s: float, burst: int) -> None:
        self._clock = clock
        self.window_s = window_s
        self._most, self._burst = calls, burst
        self._passed: deque[float] = deque(maxlen=calls)
        """Monotonic seconds of the last calls."""
        self._even_at = -math.inf
        """When the next evenly spaced call is due."""
        self._is_busy = False
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()
        self._urgent_in_a_row = 0
        self._limited = asyncio.Event()
        self.taken = 0
        """The number of calls so far."""
        self.limit(calls)

    @property
    def waiting(self) -> int:
        """Number of waiting calls."""
        return len(self._urgent) + len(self._others) + self._is_busy

    def limit(self, calls: int) -> None:
        """Allow so many per window from now on, 0: none; at most the initial number."""
        self._calls = min(calls, self._most)
        self._apart_s = self.window_s / max(1, self._calls)
        self._ahead_s = self._apart_s * (min(self._burst, max(1, self._calls)) - 1)
        self._even_at = min(self._even_at, self._clock.monotonic() + self._apart_s)
        self._limited.set()
        self._limited = asyncio.Event()

    async def take(self, *, is_urgent: bool = False) -> float:
        """Wait for permission; return the monotonic time at which the call is counted."""
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
        """Note that a call counted then is sent only now; return its new time."""
        now = self._clock.monotonic()
        with contextlib.suppress(ValueError):  # long forgotten
            self._passed.remove(counted_at)
        self._passed.append(now)
        return now

    async def _turn(self, *, is_urgent: bool) -> None:
        """Wait to be first."""
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
        """Wake the next waiter; skip cancelled ones."""
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
"""Maximum number of keys, to bound memory."""


class RateLimiter:
    """Allows each key `times` starts within `seconds`."""

    def __init__(self, clock: Clock, times: int, seconds: float) -> None:
        self._clock = clock
        self._times = times
        self._seconds = seconds
        self._started: dict[Hashable, deque[float]] = {}

    def wait_s(self, key: Hashable) -> float:
        """Return the seconds until `key` may start; 0: now, and it is counted."""
        wait_s = self.peek_s(key)
        if wait_s <= 0:
            self.note(key)
        return wait_s

    def peek_s(self, key: Hashable, times: int = 1) -> float:
        """Return the seconds until `key` may start so many, at most its `times`; 0: now."""
        started = self._started.get(key, ())
        too_many = len(started) + times - self._times
        if too_many <= 0:
            return 0.0
        return max(0.0, self._seconds - (self._clock.monotonic() - started[too_many - 1]))

    def note(self, key: Hashable) -> None:
        """Count a start of `key` unconditionally."""
        started = self._started.pop(key, None) or deque(maxlen=self._times)
        self._started[key] = started  # forgotten in counting order
        while len(self._started) > KEPT:
            self._started.pop(next(iter(self._started)))
        started.append(self._clock.monotonic())

    def __len__(self) -> int:
        return len(self._started)


"""How many are remembered at most, so that memory stays bounded."""


class Cooldowns:
    """Remembers recent actions for `seconds`, in memory: a restart takes longer than a double press."""

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
            self._until.pop(next(iter(self._until)))  # the oldest: equal durations
        self._until[what] = now + self._seconds
        return True

    def __len__(self) -> int:
        return len(self._until)


K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

KEPT_ANSWERS = 4096
"""Maximum number of answers, to bound memory."""


class TimedMemory(Generic[K, V]):
    """A cache with a lifetime of `seconds`, in this process only."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._answers: dict[K, tuple[float, V]] = {}

    def get(self, key: K) -> V | None:
        """Return the cached value, None if expired."""
        until, answer = self._answers.get(key, (0.0, None))
        return answer if until > self._clock.monotonic() else None

    def put(self, key: K, answer: V) -> V:
        """Cache and return a value."""
        now = self._clock.monotonic()
        self._answers.pop(key, None)
        while self._answers and (len(self._answers) >= KEPT_ANSWERS or self._oldest_until() <= now):
            self._answers.pop(next(iter(self._answers)))
        self._answers[key] = (now + self._seconds, answer)
        return answer

    def _oldest_until(self) -> float:
        return next(iter(self._answers.values()))[0]  # equal lifetimes

    def __len__(self) -> int:
        return len(self._answers)
