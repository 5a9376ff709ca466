"""Publishing: the page shows what was published last, and each publication draws all of its messages again."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from typing import Any

from simcord.preview._media import MediaInfo, MediaWorker, _process_media

from bot.sandbox.demo.simulation import DemoEnv, SetupError

LOOK_EVERY_S = 0.4
SHARE = 3.0
"""How many times as long as a publication took the next one waits: presses are answered by the same thread."""
UNSEEN = frozenset({"TYPING_START", "PRESENCE_UPDATE", "INTERACTION_CREATE"})
"""Events of the gateway that change nothing on the page."""


class Publisher:
    """Publishes what the bot does on its own; `keep_time` sets the simulated clock to now before each look.

    `turn` is held while something acts on the simulated Discord: simcord does one thing at a time.
    """

    def __init__(self, env: DemoEnv, preview: Any, *, turn: asyncio.Lock, keep_time: Callable[[], None]) -> None:
        self._env = env
        self._preview = preview
        self._keep_time = keep_time
        self.turn = turn
        self._seen = 0
        """How much of the record of the simulated Discord was published."""

    async def run(self) -> None:
        """Look for something new, and publish it, until cancelled."""
        rest_s = LOOK_EVERY_S
        while True:
            await asyncio.sleep(rest_s)
            rest_s = LOOK_EVERY_S
            if not self.turn.locked():
                self._keep_time()
            if self._something_new():
                rest_s = max(LOOK_EVERY_S, SHARE * await self.publish())

    @contextlib.asynccontextmanager
    async def acting(self) -> AsyncIterator[None]:
        """Hold the turn, at the time of now. The simulated clock stands still meanwhile.

        On a slow machine an interaction would expire else: the bot has three seconds for its answer.
        """
        async with self.turn:
            self._keep_time()
            yield

    async def publish(self) -> float:
        """Publish what there is now; return how many seconds that took."""
        async with self.turn:
            begun, self._seen = time.perf_counter(), len(self._env.backend.transcript)
            self._env.glancing = True
            try:
                await self._preview.refresh()
            except SetupError:  # the session was ended from the page
                return 0.0
            finally:
                self._env.glancing = False
            return time.perf_counter() - begun

    def _something_new(self) -> bool:
        """Whether a call that changes something, or an event that shows, was recorded since."""
        for source, what, _ in self._env.backend.transcript[self._seen :]:
            if (source == "HTTP" and not what.startswith("GET ")) or (source == "GATEWAY" and what not in UNSEEN):
                return True
        return False


KEPT = 64
"""How many files it remembers having read: a page that is opened again shows the same ones."""


class PageMedia(MediaWorker):
    """Reads files like simcord's own worker, without a new interpreter for each.

    simcord guards against files that would harm a decoder. What stands on this page was made by the sandbox or was
    uploaded by the visitor, whose machine it is; and a channel with a dozen pictures would open as many seconds later.
    """

    def __init__(self) -> None:
        super().__init__()
        self._read: OrderedDict[tuple[str, float | None], MediaInfo] = OrderedDict()

    async def _decode(self, key: str, blob: bytes, media_time: float | None) -> MediaInfo:
        place = (key, media_time)
        if place not in self._read:
            self._read[place] = await asyncio.to_thread(_process_media, blob, media_time)
            while len(self._read) > KEPT:
                self._read.popitem(last=False)
        return self._read[place]
