"""How late the event loop is: what blocks it delays every answer to Discord, of which each has three seconds."""

from __future__ import annotations

import asyncio

from bot.jobs.progress import WorkerProgress
from bot.runtime.clock import Clock
from bot.runtime.metrics import Metrics

EVERY_S = 1.0
LATE_S = 5.0
"""By how much it may be late and still be said to go on."""


class LoopLag:
    """Sleeps, and notes by how much it woke up too late."""

    def __init__(self, clock: Clock, metrics: Metrics) -> None:
        self._clock = clock
        self._metrics = metrics
        self._beat = clock.monotonic()

    @property
    def progress(self) -> WorkerProgress:
        """How far the loop is, for the watchdog of a process without a worker."""
        beat = self._beat
        return WorkerProgress(beat=beat, next_beat=beat + EVERY_S + LATE_S, turned=beat, startable_at=None)

    async def run(self) -> None:
        """Run until cancelled."""
        pause = asyncio.Event()  # never set: the clock ends each wait
        while True:
            due = self._clock.monotonic() + EVERY_S
            await self._clock.wait(pause, EVERY_S)
            self._beat = self._clock.monotonic()
            self._metrics.loop_lag(self._clock.monotonic() - due)
