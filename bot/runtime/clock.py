"""The one source of time, injected so that tests can move it.

Wall time is stored and shown; waits use monotonic time, so that a clock that jumps (NTP, leap second, suspended
machine) neither fires nor loses a deadline.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Protocol

import structlog

log = structlog.get_logger(__name__)

TOLERATED_S = 5.0
"""How far wall clocks may be apart: other machines' network and load are within it."""


class Clock(Protocol):
    """Clock interface. Both readings are in seconds."""

    def wall(self) -> float:
        """Return the Unix time, in seconds, to store and show."""
        ...

    def monotonic(self) -> float:
        """Return the monotonic time, in seconds, for waits and deadlines."""
        ...

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Return when `event` is set or after `seconds` of monotonic time."""
        ...


class SystemClock:
    """The machine's own clocks, and the time of the database's server where the machine's is wrong."""

    _off_s = 0.0

    def wall(self) -> float:
        """Return the Unix time, in seconds."""
        return self._machine() + self._off_s

    def correct(self, wall: float) -> None:
        """Go by another clock that says `wall` now, Unix seconds, if the machine's is far from it."""
        if abs(wall - self.wall()) <= TOLERATED_S:
            return
        off_s = wall - self._machine()
        self._off_s = off_s if abs(off_s) > TOLERATED_S else 0.0
        log.warning("clock.corrected", machine_is_ahead_s=round(-off_s))

    def _machine(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        """Return the machine's monotonic time, in seconds."""
        return time.monotonic()

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Return when `event` is set or after `seconds`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
