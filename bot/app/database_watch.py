"""Whether the database can be written, asked again and again; without one for good the process ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from bot.app import texts
from bot.errors import DatabaseFailing, StoreError
from bot.runtime.clock import Clock
from bot.store import Store

EVERY_S = 15.0
ROUNDS = 20
"""After so many in a row, five minutes, in which nothing could be written, the process ends."""
PASSING = frozenset({"busy", "full"})
"""What a start would meet as this process does: it goes on by itself once the lock is gone, or there is room."""


class DatabaseWatch:
    """Writes a row each 15 seconds, and so finds out too that the file is not the one any more that was opened.

    `end` is called with what ends the process.
    """

    def __init__(self, store: Store, clock: Clock, *, end: Callable[[StoreError], None]) -> None:
        self._store = store
        self._clock = clock
        self._end = end
        self._lost_rounds = 0

    async def run(self) -> None:
        """Watch until cancelled."""
        never, probe = asyncio.Event(), asyncio.ensure_future(self._probe())
        try:
            while True:
                await self._clock.wait(never, EVERY_S)
                is_kept = probe.done() and probe.result()  # one that hangs is asked nothing more
                if probe.done():
                    probe = asyncio.ensure_future(self._probe())
                if (error := self._judge(is_kept=is_kept)) is not None:
                    self._end(error)
        finally:
            probe.cancel()

    async def _probe(self) -> bool:
        """Return whether a row was kept."""
        with contextlib.suppress(StoreError):  # counted and logged by the store
            await self._store.probe()
            return True
        return False

    def _judge(self, *, is_kept: bool) -> StoreError | None:
        """Return what ends the process after a round, None if it goes on. Rounds, as a process may have been paused."""
        failure = self._store.pulse.failure
        self._lost_rounds = 0 if is_kept else self._lost_rounds + 1
        if failure is not None and failure.kind == "gone":
            return _ending(failure)
        if self._lost_rounds < ROUNDS:
            return None
        if failure is None:
            return StoreError(texts.DATABASE_HANGS)
        return None if failure.kind in PASSING else _ending(failure)


def _ending(failure: DatabaseFailing) -> StoreError:
    return StoreError(failure.for_host, exit_code=failure.exit_code)
