"""The one source of time, injected so that tests can move it.

Wall time is stored and shown; waits use monotonic time, so that a clock that jumps (NTP, leap second, suspended
machine) neither fires nor loses a deadline.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Protocol


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
    """The machine's own clocks."""

    def wall(self) -> float:
        """Return the Unix time, in seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Return the machine's monotonic time, in seconds."""
        return time.monotonic()

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Return when `event` is set or after `seconds`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
