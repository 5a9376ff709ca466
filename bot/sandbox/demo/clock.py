"""The clock of the bot in the demo."""

from __future__ import annotations

import time

from bot.runtime.clock import SystemClock


class DemoClock(SystemClock):
    """One time for the whole bot, which may begin in the past and is led to the present.

    While simcord runs, `time.monotonic` answers with the simulation's time in what handles an event of Discord, and
    with the machine's in the worker. A command that wakes the worker would name a time that the worker never reaches.
    `time.perf_counter` is the machine's everywhere.
    """

    def __init__(self, *, behind_s: float = 0.0) -> None:
        self._behind_s = behind_s
        self._skipped_s = 0.0

    def wall(self) -> float:
        """Return the Unix time, in seconds: the machine's, or an earlier one while the past is told."""
        return super().wall() - self._behind_s

    def monotonic(self) -> float:
        """Return the machine's monotonic reading, in seconds, with what was skipped."""
        return time.perf_counter() + self._skipped_s

    def skip(self, seconds: float) -> None:
        """Let so much time pass at once, but never more than leads to the present."""
        skipped_s = min(max(seconds, 0.0), self._behind_s)
        self._behind_s -= skipped_s
        self._skipped_s += skipped_s

    def skip_to(self, ago_s: float) -> None:
        """Let time pass until so many seconds before the present; 0 is the present."""
        self.skip(self._behind_s - ago_s)
