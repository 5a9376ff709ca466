"""The one source of time, injected everywhere so that tests can move it.

Wall time is what is stored and shown; monotonic time is what waits are measured in, so that a
clock that jumps (NTP, leap second, suspended machine) neither fires nor loses a deadline.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Protocol


class Clock(Protocol):
    """What the bot needs from a clock. Both readings are in seconds."""

    def wall(self) -> float:
        """Return the Unix time, in seconds: for what is stored and shown."""
        ...

    def monotonic(self) -> float:
        """Return a reading that never goes back, in seconds: for waits and deadlines."""
        ...

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Return when `event` is set or `seconds` of monotonic time have passed, whichever is first."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def wall(self) -> float:
        """Return the Unix time, in seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Return the machine's monotonic reading, in seconds."""
        return time.monotonic()

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Return when `event` is set or `seconds` have passed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
