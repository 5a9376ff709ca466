"""How late the event loop is: what blocks it delays every answer to Discord, of which each has three seconds."""

from __future__ import annotations

import asyncio

from bot.runtime.clock import Clock
from bot.runtime.metrics import Metrics

EVERY_S = 1.0


class LoopLag:
    """Sleeps, and notes by how much it woke up too late."""

    def __init__(self, clock: Clock, metrics: Metrics) -> None:
        self._clock = clock
        self._metrics = metrics

    async def run(self) -> None:
        """Run until cancelled."""
        pause = asyncio.Event()  # never set: the clock ends each wait
        while True:
            due = self._clock.monotonic() + EVERY_S
            await self._clock.wait(pause, EVERY_S)
            self._metrics.loop_lag(self._clock.monotonic() - due)
