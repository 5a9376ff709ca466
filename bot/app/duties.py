"""A process's background tasks, by its role."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Any

import structlog

from bot.app import texts
from bot.app.connection.recovery import Spawn
from bot.app.health import DatabaseWatch, Watchdog, end_process
from bot.app.parts import Parts, Role
from bot.errors import StoreError
from bot.jobs.follow.agenda import WorkerProgress
from bot.runtime.clock import Clock
from bot.runtime.metrics import Metrics

EVERY_S = 1.0
LATE_S = 5.0
"""How late the loop may be and still count as running."""


class LoopLag:
    """Sleeps, and measures how late it wakes."""

    def __init__(self, clock: Clock, metrics: Metrics) -> None:
        self._clock = clock
        self._metrics = metrics
        self._beat = clock.monotonic()

    @property
    def progress(self) -> WorkerProgress:
        """The loop's progress, for the watchdog of a process without a worker."""
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


log = structlog.get_logger(__name__)

COMPARED_BY_S = 30.0
"""How long jobs wait for the gateway after a start: finished results must not wait longer."""
LEADING_LOOK_S = 2.0
"""Leadership check interval of the leader."""


@dataclass(frozen=True)
class Duties:
    """Starts them. `compared` is set once servers that removed the bot are known.

    `end` ends the process with an error.
    """

    parts: Parts
    role: Role
    _: KW_ONLY
    clock: Clock
    metrics: Metrics
    compared: asyncio.Event
    spawn: Spawn
    end: Callable[[StoreError], None]

    def begin(self) -> None:
        """Start everything; it runs until cancelled."""
        for name, work in self._works():
            self.spawn(work, name)

    def _works(self) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
        parts, lag = self.parts, LoopLag(self.clock, self.metrics)
        yield "database", DatabaseWatch(parts.store, self.clock, end=self.end).run()
        yield "watch", parts.watch.run()
        yield "upkeep", parts.upkeep.run()
        if self.role.answers:
            yield "welcomes", parts.welcomes.run()
        if not self.role.works:
            yield "loop-lag", self._watched(lambda: lag.progress, lag.run())
            return
        yield "loop-lag", lag.run()
        yield "worker", self._follow_jobs()
        yield "ticker", parts.delivery.keep_true()
        yield "openapi", parts.catalogue_refresh.run()
        if parts.store.signals.is_shared:
            yield "leader", self._lead()

    async def _follow_jobs(self) -> None:
        """Follow jobs once servers that removed the bot are known: nothing new starts for those."""
        if self.role.answers:  # else the processes that do store it
            await self.clock.wait(self.compared, COMPARED_BY_S)
        self.spawn(self.parts.maintenance.run(), "maintenance")
        worker = self.parts.worker
        await self._watched(lambda: worker.progress, worker.run())

    async def _watched(self, progress: Callable[[], WorkerProgress], work: Coroutine[Any, Any, None]) -> None:
        """Do the work, and end the process if it makes no progress."""
        watchdog = Watchdog(progress, self.clock, end=partial(end_process, texts.NOTHING_MOVES))
        watchdog.start()
        try:
            await work
        finally:
            watchdog.stop()

    async def _lead(self) -> None:
        pause = asyncio.Event()  # never set: the clock ends each wait
        parts, leadership = self.parts, self.parts.store.leadership
        while True:
            await leadership.wait()
            log.info("leader.begins")
            try:
                await parts.practice.recover()
            except StoreError as error:
                log.info("leader.practice_later", error=error.sentence)
            parts.maintenance.wake()
            parts.watch.wake()
            while leadership.is_leader:
                await self.clock.wait(pause, LEADING_LOOK_S)
            log.info("leader.ends")
