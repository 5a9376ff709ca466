"""What a process keeps in memory of what others may change: it reads that again when told, and now and then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from bot.runtime.background import BackgroundTasks
from bot.runtime.clock import Clock
from bot.runtime.quiet_errors import QuietErrors
from bot.store.signals import Signals

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAgain:
    """Something that is read again at a signal, and after `every_s` seconds in case that one was lost."""

    signal: str
    again: Callable[[], Awaitable[None]]
    every_s: float


class SharedMemory:
    """Does nothing where this process is the only one."""

    def __init__(self, signals: Signals, kept: list[ReadAgain], clock: Clock) -> None:
        self._kept = kept if signals.is_shared else []
        self._clock = clock
        self._quiet = QuietErrors(clock)
        self._tasks = BackgroundTasks()
        self._due = {each.signal: clock.monotonic() + each.every_s for each in self._kept}
        for each in self._kept:
            signals.listen(each.signal, lambda each=each: self._tasks.start(self._read(each), each.signal))

    async def run_once(self) -> None:
        """Read again what was not for a while; what fails is logged, and read the next time."""
        for each in self._kept:
            if self._clock.monotonic() >= self._due[each.signal]:
                await self._read(each)

    async def _read(self, kept: ReadAgain) -> None:
        try:
            await kept.again()
        except Exception as error:  # noqa: BLE001 - the others are still read; it is logged there
            self._quiet.note(log, "shared_memory.failed", kept.signal, error, what=kept.signal)
        else:
            self._due[kept.signal] = self._clock.monotonic() + kept.every_s

    async def aclose(self) -> None:
        """Stop reading."""
        await self._tasks.stop()
