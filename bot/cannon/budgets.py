"""How often each API key may be used: without a limit until the API answers 429, then by a budget of that kind of call.

A 429 halves the budget, and each minute without one doubles it. Processes with one key each have a budget of their own,
and a 429 to one halves all. The first 429 may be a stray one: it leaves running jobs the polls that they need. Creates,
polls and the rest have budgets of their own: a refused create must not delay the polls of what is paid.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Final

import structlog

from bot.runtime.clock import Clock
from bot.runtime.pace import ROUNDING_S

log = structlog.get_logger(__name__)

MINUTE_S: Final = 60.0
LEAST_A_MINUTE: Final = 12.0
"""Calls that a key always has: one in 5 s, as for a request that is a minute old."""
WAVE_S: Final = 5.0
"""Several 429s to calls that begin within this time of the first are one."""
FORGOTTEN_S: Final = 10 * MINUTE_S
"""After so long without a 429 there is no limit."""
SHORTEST_S: Final = 10.0
"""A shorter time says nothing of a minute: a burst of calls is no habit."""
GRANTED_S: Final = 10.0
"""A permission that is not used within this time has lapsed: its call came to nothing."""
ASKS_AGAIN_S, GONE_AFTER_S = 15.0, 60.0
"""Who waits asks this often, as budgets change; who did not for longer has ended."""


class Call(Enum):
    """Kind of call that has a pace of its own with each key."""

    CREATE = auto()
    POLL = auto()
    OTHER = auto()
    """Status calls, estimates and the description."""


@dataclass(slots=True)
class _Waiting:
    place: int
    asked_at: float


class Budget:
    """One key's calls of one kind. Times are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self._counted_from = self._known_from = now
        self._before, self._counted = 0, 0
        """Calls of the minute before `_counted_from`, and since."""
        self._limited_at = -math.inf
        self._left = math.inf
        """Calls a minute after the last 429; infinite without one."""
        self._is_stray = False
        """Whether the last 429 was the only one for long."""
        self._callers, self._needed = set[str](), 0.0
        """Who has asked since the first 429, and the calls a minute that they need."""
        self._free_at = -math.inf
        """When the next call may begin."""
        self._places = itertools.count()
        self._queue: OrderedDict[str, _Waiting] = OrderedDict()
        """By caller, in the order of their places."""
        self._granted: deque[float] = deque()
        """When calls were permitted that have not begun."""

    def a_minute(self, now: float) -> float:
        """Return the calls that are allowed a minute; infinite without a limit."""
        if not self.is_limited(now):
            return math.inf
        grown = self._left * 2 ** ((now - self._limited_at) / MINUTE_S)
        return max(grown, self._needed) if self._is_stray else grown

    def used(self, now: float) -> float:
        """Return about how many calls the last minute had; for a key not used for that long, what a minute would have.

        A key's first seconds after a start say how often it is used, not how little of a minute has passed.
        """
        self._roll(now)
        passed_s = now - self._counted_from
        if self._counted_from == self._known_from:
            return self._counted * MINUTE_S / max(passed_s, SHORTEST_S)
        return self._before * (1 - passed_s / MINUTE_S) + self._counted

    def limited(self, began_at: float, now: float) -> bool:
        """Halve, after a 429 to a call that began then; return whether it did: once for a wave of them."""
        if began_at <= self._limited_at + WAVE_S:
            return False
        self._is_stray = not self.is_limited(now)
        if self._is_stray:
            self._callers, self._needed = set(), 0.0
        self._left = max(LEAST_A_MINUTE, min(self.a_minute(now), self.used(now)) / 2)
        self._limited_at = now
        self._free_at = now + MINUTE_S / self._left
        return True

    def wait_s(self, caller: str, now: float, apart_s: float = math.inf) -> float:
        """Return the seconds after which the caller must ask again; 0: it may call now, and then must.

        Callers are served in the order in which they came. `apart_s`: the caller needs a call as often.
        """
        if not self.is_limited(now):
            self._queue.clear()
            return 0.0
        if caller not in self._callers:
            self._callers.add(caller)
            self._needed += MINUTE_S / apart_s
        allowed = self.a_minute(now)
        waiting = self._queue.get(caller)
        if waiting is None:
            waiting = self._queue[caller] = _Waiting(next(self._places), now)
        waiting.asked_at = now
        first = self._first(now)
        left_s = self._free_at - now + (waiting.place - first) * MINUTE_S / allowed
        if left_s > ROUNDING_S:
            return min(left_s, ASKS_AGAIN_S)
        del self._queue[caller]
        self._free_at = max(self._free_at, now - MINUTE_S / allowed) + MINUTE_S / allowed
        self._granted.append(now)
        return 0.0

    def _first(self, now: float) -> int:
        """Return the place of the first who still asks: others have ended meanwhile."""
        while (waiting := next(iter(self._queue.values()))).asked_at < now - GONE_AFTER_S:
            self._queue.popitem(last=False)
        return waiting.place

    def is_limited(self, now: float) -> bool:
        """Whether calls have to wait for their turn."""
        return now - self._limited_at < FORGOTTEN_S

    def is_spent(self, now: float) -> bool:
        """Whether a call now would exceed it."""
        return self._free_at - now > ROUNDING_S and self.is_limited(now)

    def note(self, now: float) -> None:
        """Count a call that begins: one that waited for its turn, or one that delays the others."""
        self._roll(now)
        self._counted += 1
        while self._granted and self._granted[0] < now - GRANTED_S:
            self._granted.popleft()
        if self._granted:
            self._granted.popleft()
        elif not math.isinf(allowed := self.a_minute(now)):
            self._free_at = max(now, self._free_at) + MINUTE_S / allowed

    def _roll(self, now: float) -> None:
        minutes = int((now - self._counted_from) / MINUTE_S)
        if minutes:
            self._before, self._counted = (self._counted if minutes == 1 else 0), 0
            self._counted_from += minutes * MINUTE_S


class KeyBudgets:
    """The budgets of all keys."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.tell: Callable[[str, str, str], None] = lambda _digest, _call, _ago_s: None
        """Called when the API answered 429, with what others' `heard` takes."""
        self._budgets: dict[tuple[str, Call], Budget] = {}
        """By key, which is never logged, stored or sent."""

    def of(self, key: str, call: Call) -> Budget:
        budget = self._budgets.get((key, call))
        if budget is None:
            budget = self._budgets[key, call] = Budget(self._clock.monotonic())
        return budget

    def begin(self, key: str | None, call: Call) -> Callable[[], None]:
        """Count a call that begins now; return what to call if it is answered 429. Calls without a key are free."""
        if key is None:
            return _nothing
        now = self._clock.monotonic()
        self.of(key, call).note(now)
        return partial(self._limited, key, call, now)

    def wait_s(self, key: str, call: Call, caller: str, apart_s: float = math.inf) -> float:
        """Return the seconds until the caller may use the key; 0: now, and then it must."""
        return self.of(key, call).wait_s(caller, self._clock.monotonic(), apart_s)

    def is_limited(self, key: str, call: Call) -> bool:
        """Whether such calls with the key have to wait for their turn."""
        return self.of(key, call).is_limited(self._clock.monotonic())

    def is_spent(self, key: str) -> bool:
        """Whether an estimate should be left out."""
        return self.of(key, Call.OTHER).is_spent(self._clock.monotonic())

    def _limited(self, key: str, call: Call, began_at: float) -> None:
        """Halve the key's budget: a call that began then was answered 429."""
        now, budget = self._clock.monotonic(), self.of(key, call)
        if budget.limited(began_at, now):
            log.info("key.limited", call=call.name, calls_a_minute=round(budget.a_minute(now), 1))
            self.tell(_digest(key), call.name, f"{now - began_at:.3f}")

    def heard(self, digest: str, call: str, ago_s: str) -> None:
        """Halve the budget of the key with this digest: a call that began so many seconds ago was answered 429."""
        now = self._clock.monotonic()
        for (key, kind), budget in self._budgets.items():
            if kind.name == call and _digest(key) == digest:
                budget.limited(now - float(ago_s), now)


def _nothing() -> None: ...


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]
