"""Publishes the bot's own changes to the pages that do not show them yet."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

from sandbox.demo.page.preview import DemoPreview
from sandbox.demo.simulation import DemoEnv, SetupError

CHECK_EVERY_S = 0.05
SHARE = 3.0
"""Pause between publications, as a multiple of the last one's duration: the same thread answers presses."""


class Publisher:
    """Publishes what the bot does on its own; `keep_time` sets the simulated clock to now before each check.

    `turn` is held during acts on the simulated Discord: simcord does one thing at a time.
    """

    def __init__(
        self, env: DemoEnv, preview: DemoPreview, *, turn: asyncio.Lock, keep_time: Callable[[], None]
    ) -> None:
        self._env = env
        self._preview = preview
        self._keep_time = keep_time
        self.turn = turn
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Publish changes until canceled."""
        rest_s = CHECK_EVERY_S
        while True:
            await asyncio.sleep(rest_s)
            rest_s = CHECK_EVERY_S
            if not self.turn.locked():
                self._keep_time()
            if self._preview.behind():
                rest_s = max(CHECK_EVERY_S, SHARE * await self.publish())

    @contextlib.asynccontextmanager
    async def acting(self) -> AsyncIterator[None]:
        """Hold the lock, at the current time. The simulated clock stops meanwhile.

        On a slow machine an interaction would expire otherwise: the bot has three seconds for its answer.
        """
        async with self.turn:
            self._keep_time()
            yield

    async def publish(self) -> float:
        """Publish the current state; return the duration in seconds."""
        async with self.turn:
            begun = time.perf_counter()
            try:
                with self._env.glance():
                    await self._preview.catch_up()
            except SetupError:  # the session was ended from the page
                return 0.0
            finally:
                self.tell()
            return time.perf_counter() - begun

    def tell(self) -> None:
        """End every wait for news."""
        self._news.set()
        self._news = asyncio.Event()

    async def news(self, within_s: float) -> None:
        """Wait for the next publication, at most so many seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), within_s)
