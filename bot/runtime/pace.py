"""Limits: of a rate, and of how many at once."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Hashable
from typing import Generic, TypeVar

from bot.runtime.clock import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

ROUNDING_S = 1e-6
"""Rounding tolerance: a shorter wait might end at the same clock reading."""
KEPT = 4096
"""Maximum number of keys, to bound memory."""


class TokenBucket:
    """Allows each key `times` starts at once, and then one each `seconds` / `times`. In memory."""

    def __init__(self, clock: Clock, times: float, seconds: float) -> None:
        self._clock = clock
        self._full_at: dict[Hashable, float] = {}
        """When a key's bucket is full again, monotonic seconds; full ones are forgotten."""
        self.limit(times, seconds)

    def limit(self, times: float, seconds: float) -> None:
        """Allow so many from now on."""
        self._seconds, self._apart_s = seconds, seconds / times

    def wait_s(self, key: Hashable = None) -> float:
        """Return the seconds until `key` may start; 0: now, and it is counted."""
        wait_s = self.peek_s(key)
        if not wait_s:
            self.note(key)
        return wait_s

    def peek_s(self, key: Hashable = None, times: int = 1) -> float:
        """Return the seconds until `key` may start so many; 0: now."""
        now = self._clock.monotonic()
        wait_s = max(self._full_at.get(key, now), now) + times * self._apart_s - self._seconds - now
        return wait_s if wait_s > ROUNDING_S else 0.0

    def note(self, key: Hashable = None) -> None:
        """Count a start of `key` unconditionally."""
        now = self._clock.monotonic()
        full_at = max(self._full_at.pop(key, now), now) + self._apart_s
        while self._full_at and (len(self._full_at) >= KEPT or next(iter(self._full_at.values())) <= now):
            self._full_at.pop(next(iter(self._full_at)))
        self._full_at[key] = min(full_at, now + self._seconds)  # forgotten in counting order

    def __len__(self) -> int:
        return len(self._full_at)


class Pace:
    """Has calls wait for a token bucket: in order, with urgent ones before all others but one."""

    def __init__(self, clock: Clock, *, calls: int, burst: int) -> None:
        """Allow `calls` a second, and `burst` of them at once."""
        self._clock = clock
        self._most, self._burst = calls, burst
        self._bucket = TokenBucket(clock, burst, burst / calls)
        self._turn, self._turn_of_others = asyncio.Lock(), asyncio.Lock()
        self._is_stopped = False
        self._limited = asyncio.Event()

    def limit(self, calls: int) -> None:
        """Allow so many a second from now on, 0: none; at most the initial number."""
        calls, self._is_stopped = min(calls, self._most), calls == 0
        burst = min(self._burst, max(1, calls))
        self._bucket.limit(burst, burst / max(1, calls))
        self._limited.set()
        self._limited = asyncio.Event()

    async def take(self, *, is_urgent: bool = False) -> None:
        async with contextlib.nullcontext() if is_urgent else self._turn_of_others, self._turn:
            while self._is_stopped or (wait_s := self._bucket.wait_s()):
                await self._clock.wait(self._limited, None if self._is_stopped else wait_s)


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
        while self._since:
            who, since = self._since[0]
            if not self._is_answered(who) and self._clock.monotonic() - since < self._seconds:
                return True
            self._since.popleft()
        return False


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
        self._turns: Recent[Hashable, int] = Recent(KEPT)
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
        self._turns[key] = next(self._numbers)
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


class Recent(dict[K, V]):
    """The `most` entries that were set last."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def __setitem__(self, key: K, value: V) -> None:
        self.pop(key, None)
        super().__setitem__(key, value)
        if len(self) > self._most:
            del self[next(iter(self))]


class TimedMemory(Generic[K, V]):
    """A cache with a lifetime of `seconds`, in this process only."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._answers: Recent[K, tuple[float, V]] = Recent(KEPT)

    def get(self, key: K) -> V | None:
        """Return the cached value, None if expired."""
        until, answer = self._answers.get(key, (0.0, None))
        return answer if until > self._clock.monotonic() else None

    def put(self, key: K, answer: V) -> V:
        self._answers[key] = (self._clock.monotonic() + self._seconds, answer)
        return answer

    def __len__(self) -> int:
        return len(self._answers)
