"""Clocks for what waits by itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from bot.runtime.background import Round, Rounds
from tests.support.rig import ManualClock


class SteppedClock(ManualClock):
    """Records each requested wait, and ends it when the test says so or its event is set."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted: asyncio.Queue[float | None] = asyncio.Queue()
        self.over = asyncio.Event()

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        self.wanted.put_nowait(seconds)
        ends = [asyncio.ensure_future(each.wait()) for each in (event, self.over)]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for each in ends:
            each.cancel()
        self.over.clear()


@contextlib.asynccontextmanager
async def kept(clock: ManualClock, each: Round) -> AsyncIterator[None]:
    """Let a round run again and again."""
    rounds = Rounds(clock)
    rounds.add(each)
    running = asyncio.create_task(rounds.keep(each.name))
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
