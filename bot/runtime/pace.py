"""Limits: of a rate, and of how many at once."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from bot.runtime.clock import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

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
        now = self._clock.monotonic()
        return max(_room_in_s(self._passed, self._calls, self.window_s, now), self._even_at - self._ahead_s - now)


def _room_in_s(passed: Sequence[float], most: int, window_s: float, now: float, times: int = 1) -> float:
    """Return the seconds until so many more fit into the window."""
    too_many = len(passed) + times - most
    return 0.0 if too_many <= 0 else max(0.0, passed[too_many - 1] + window_s - now)


class Waiting(Generic[K]):
    """Who waits for an answer, until it `is_answered` or `seconds` have passed."""

    def __init__(self, clock: Clock, seconds: float, is_answered: Callable[[K], bool]) -> None:
        self._clock = clock
        self._seconds = seconds
        self._is_answered = is_answered
        self._since: deque[tuple[K, float]] = deque()

    def begin(self, who: K) -> None:
        self._since.append((who, self._clock.monotonic()))

    def anyone(self) -> bool:
        """Whether anyone waits."""
        while self._since:
            who, since = self._since[0]
            if not self._is_answered(who) and self._clock.monotonic() - since < self._seconds:
                return True
            self._since.popleft()
        return False


KEPT = 4096
"""Maximum number of keys, to bound memory."""


class RateLimiter:
    """Allows each key `times` starts within `seconds`. In memory."""

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
        return _room_in_s(started, self._times, self._seconds, self._clock.monotonic(), times)

    def note(self, key: Hashable) -> None:
        """Count a start of `key` unconditionally."""
        now = self._clock.monotonic()
        started = self._started.pop(key, None) or deque(maxlen=self._times)
        while self._started and (len(self._started) >= KEPT or self._oldest_start() <= now - self._seconds):
            self._started.pop(next(iter(self._started)))
        self._started[key] = started  # forgotten in counting order
        started.append(now)

    def _oldest_start(self) -> float:
        return next(iter(self._started.values()))[-1]

    def __len__(self) -> int:
        return len(self._started)


class Cap:
    """Allows `total` at once, and `each` for one key."""

    def __init__(self, total: int, each: int) -> None:
        self._total = total
        self._each = each
        self._held: Counter[Hashable] = Counter()
        self._waiting: deque[tuple[Hashable, asyncio.Future[None]]] = deque()

    def exceeded(self, key: Hashable, each: int | None = None) -> str | None:
        """Return the full bound, `all` or `peer`, or None. `each`: for this key instead."""
        if self._held.total() >= self._total:
            return "all"
        return "peer" if self._held[key] >= (self._each if each is None else each) else None

    def enter(self, key: Hashable) -> None:
        self._held[key] += 1

    def leave(self, key: Hashable) -> None:
        """Free a place, for the first who may have it."""
        self._held[key] -= 1
        if self._held[key] <= 0:
            del self._held[key]
        for waiter in self._waiting:
            if self.exceeded(waiter[0]) is None and not waiter[1].done():
                self._waiting.remove(waiter)
                self.enter(waiter[0])
                waiter[1].set_result(None)
                return

    async def take(self, key: Hashable) -> None:
        """Wait for a place; `leave` must follow."""
        if self.exceeded(key) is None:
            self.enter(key)
        else:
            await self._wait(key)

    @contextlib.asynccontextmanager
    async def place(self, key: Hashable) -> AsyncIterator[None]:
        await self.take(key)
        try:
            yield
        finally:
            self.leave(key)

    async def _wait(self, key: Hashable) -> None:
        waiter = (key, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        try:
            await waiter[1]
        except asyncio.CancelledError:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            else:
                self.leave(key)
            raise


class Turns:
    """One turn at a time; of the keys that wait, the one whose last turn is longest ago is next."""

    def __init__(self) -> None:
        self._turns: dict[Hashable, int] = {}
        self._numbers = itertools.count(1)
        self._busy = False
        self._waiting: list[tuple[Hashable, asyncio.Future[None]]] = []

    @contextlib.asynccontextmanager
    async def turn(self, key: Hashable, *, timeout_s: float) -> AsyncIterator[None]:
        """Wait for a turn, and keep it for the block. Raises TimeoutError if none has come by then."""
        if self._busy:
            async with asyncio.timeout(timeout_s):
                await self._wait(key)
        self._busy = True
        self._turns.pop(key, None)
        self._turns[key] = next(self._numbers)
        if len(self._turns) > KEPT:
            self._turns.pop(next(iter(self._turns)))
        try:
            yield
        finally:
            self._next()

    async def _wait(self, key: Hashable) -> None:
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, mine))
        try:
            await mine
        except asyncio.CancelledError:
            if not mine.cancelled():
                self._next()
            raise

    def _next(self) -> None:
        self._waiting = [each for each in self._waiting if not each[1].done()]
        if not self._waiting:
            self._busy = False
            return
        waiter = min(self._waiting, key=lambda each: self._turns.get(each[0], 0))
        self._waiting.remove(waiter)
        waiter[1].set_result(None)


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
