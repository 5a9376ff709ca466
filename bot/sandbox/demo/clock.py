"""The clock of the bot in the demo."""

from __future__ import annotations

import time

from bot.runtime.clock import SystemClock


class DemoClock(SystemClock):
    """One monotonic time for the whole bot.

    While simcord runs, `time.monotonic` answers with the simulation's time in what handles an event of Discord, and
    with the machine's in the worker. A command that wakes the worker would name a time that the worker never reaches.
    `time.perf_counter` is the machine's everywhere.
    """

    def monotonic(self) -> float:
        """Return the machine's monotonic reading, in seconds."""
        return time.perf_counter()
