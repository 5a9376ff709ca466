"""A process's share of Discord's 50 calls a second, leased for some seconds at a time.

The database is asked every few seconds, not for each call (`bot.fleet.rows`).
"""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

from bot.errors import StoreError
from bot.fleet.rows import SHARE_S
from bot.runtime.clock import Clock
from bot.runtime.pace import Pace

log = structlog.get_logger(__name__)

BUDGET = "discord"
TOTAL = 42
"""Leased calls a second; a bot of one process makes 47. The rest is for processes without a share, and bursts."""
WITHOUT_SHARE = 1
"""Calls a second without a share: at the start, if nothing is left, or without the database."""
RENEW_S, SOONEST_S, CHECK_S = 5.0, 2.0, 0.5
"""Renewal interval; the one while calls wait; how often that is checked."""
ANSWER_S = 1.0
"""After a longer wait for the database, only the minimum is used: others may have the rest."""


class BudgetRows(Protocol):
    """The store's part: `bot.fleet.rows.RateBudgets`."""

    async def acquire(self, budget: str, process: str, *, wanted: float, total: int) -> int: ...

    async def give_up(self, budget: str, process: str) -> None: ...


class CallBudget:
    """Sets the pace to the leased share."""

    def __init__(self, pace: Pace, rows: BudgetRows, *, process: str, clock: Clock) -> None:
        self._pace = pace
        self._rows = rows
        self._process = process
        self._clock = clock
        self._calls = WITHOUT_SHARE
        self._until = 0.0
        """End of the lease, monotonic seconds."""
        self._asked_at = clock.monotonic()
        self._taken = pace.taken
        pace.limit(WITHOUT_SHARE)

    async def run(self) -> None:
        """Renew until cancelled."""
        pause, never = SOONEST_S, asyncio.Event()
        await self.turn()
        while True:
            await self._clock.wait(never, CHECK_S)
            since_s = self._clock.monotonic() - self._asked_at
            is_short = self._pace.waiting > 0
            if since_s < (pause if is_short else RENEW_S):
                self._end_if_over()
                continue
            before = self._calls
            await self.turn()
            # A process with all there is asks less often.
            pause = SOONEST_S if self._calls > before or not is_short else min(RENEW_S, pause * 2)

    async def turn(self) -> None:
        """Renew once, and set the pace."""
        asked_at = self._clock.monotonic()
        made, self._taken = self._pace.taken - self._taken, self._pace.taken
        passed_s = max(asked_at - self._asked_at, 1.0)
        self._asked_at = asked_at
        wanted = made / passed_s + self._pace.waiting
        answer = asyncio.ensure_future(self._rows.acquire(BUDGET, self._process, wanted=wanted, total=TOTAL))
        answered = asyncio.Event()
        answer.add_done_callback(lambda _: answered.set())
        try:
            await self._clock.wait(answered, ANSWER_S)
            if not answer.done():
                self._pace.limit(WITHOUT_SHARE)
            self._calls = max(WITHOUT_SHARE, await answer)
        except StoreError as error:  # whether it was stored is unknown
            log.warning("calls.not_rented", error=error)
            self._calls = WITHOUT_SHARE
        finally:
            answer.cancel()
        self._until = asked_at + SHARE_S
        self._pace.limit(self._calls)
        self._end_if_over()

    async def stop(self) -> None:
        """Release the share. `run` has ended."""
        self._pace.limit(WITHOUT_SHARE)
        try:
            await self._rows.give_up(BUDGET, self._process)
        except StoreError as error:  # the lease expires
            log.warning("calls.not_given_up", error=error)

    def _end_if_over(self) -> None:
        if self._clock.monotonic() >= self._until and self._calls > WITHOUT_SHARE:
            self._calls = WITHOUT_SHARE
            self._pace.limit(WITHOUT_SHARE)
