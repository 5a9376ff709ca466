"""A process of a fleet makes its part of Discord's 50 calls a second: it rents that for some seconds at a time.

The database is asked every few seconds, not for each call (`bot.store.host.fleet`); the pace follows what it says.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

from bot.errors import StoreError
from bot.runtime.clock import Clock
from bot.runtime.pace import Pace
from bot.store.host.fleet import RENT_S

log = structlog.get_logger(__name__)

BUDGET = "discord"
TOTAL = 45
"""Calls in a window of `bot.app.connection.gate` that are rented; a bot of one process makes 49. The others are for
those that have no rent."""
UNRENTED = 1
"""Calls in a window of a process without a rent: it begins, there is nothing left, or the database does not answer."""
RENEW_S, SOONEST_S, LOOK_S = 5.0, 2.0, 0.5
"""How often a rent is renewed; how soon if calls wait; how often it is looked whether any do."""
ANSWER_S = 1.0
"""Once an answer takes longer, the new part may be smaller, and others may have the rest: only the least is used."""


class RentRows(Protocol):
    """What is asked of the store: `bot.store.host.fleet.Rents`."""

    async def rent(self, budget: str, process: str, *, wanted: float, total: int) -> int:
        """Return how many calls in a window the process may make."""
        ...

    async def give_up(self, budget: str, process: str) -> None:
        """Let others have the part."""
        ...


class CallRent:
    """Sets the pace to what this process has rented."""

    def __init__(self, pace: Pace, rows: RentRows, *, process: str, clock: Clock) -> None:
        self._pace = pace
        self._rows = rows
        self._process = process
        self._clock = clock
        self._calls = UNRENTED
        self._until = 0.0
        """When the rent ends, monotonic seconds."""
        self._asked_at = clock.monotonic()
        self._taken = pace.taken
        pace.limit(UNRENTED)

    async def run(self) -> None:
        """Rent until cancelled."""
        pause, never = SOONEST_S, asyncio.Event()
        await self.turn()
        while True:
            await self._clock.wait(never, LOOK_S)
            since_s = self._clock.monotonic() - self._asked_at
            is_short = self._pace.waiting > 0
            if since_s < (pause if is_short else RENEW_S):
                self._end_if_over()
                continue
            before = self._calls
            await self.turn()
            # Whoever has got all that there is asks less often.
            pause = SOONEST_S if self._calls > before or not is_short else min(RENEW_S, pause * 2)

    async def turn(self) -> None:
        """Ask once, and set the pace."""
        asked_at = self._clock.monotonic()
        made, self._taken = self._pace.taken - self._taken, self._pace.taken
        passed_s = max(asked_at - self._asked_at, self._pace.window_s)
        self._asked_at = asked_at
        wanted = made / passed_s * self._pace.window_s + self._pace.waiting
        answer = asyncio.ensure_future(self._rows.rent(BUDGET, self._process, wanted=wanted, total=TOTAL))
        answered = asyncio.Event()
        answer.add_done_callback(lambda _: answered.set())
        try:
            await self._clock.wait(answered, ANSWER_S)
            if not answer.done():
                self._pace.limit(UNRENTED)
            self._calls = max(UNRENTED, await answer)
        except StoreError as error:  # whether it was noted is not known
            log.warning("calls.not_rented", error=error.sentence)
            self._calls = UNRENTED
        finally:
            answer.cancel()
        self._until = asked_at + RENT_S
        self._pace.limit(self._calls)
        self._end_if_over()

    async def stop(self) -> None:
        """Let others have the part. `run` has ended."""
        self._pace.limit(UNRENTED)
        try:
            await self._rows.give_up(BUDGET, self._process)
        except StoreError as error:  # the rent ends by itself
            log.warning("calls.not_given_up", error=error.sentence)

    def _end_if_over(self) -> None:
        if self._clock.monotonic() >= self._until and self._calls > UNRENTED:
            self._calls = UNRENTED
            self._pace.limit(UNRENTED)
