"""Looks at files that members link to, seen from the host that serves them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from bot.app.client import CannonBot
from tests.support.rig import Rig
from tests.support.surface import png

HOST = "https://cdn.simcord.invalid"


def link(name: object) -> str:
    """Return a link to a picture on a host that notes each fetch."""
    return f"{HOST}/{name}.png"


class Looks:
    """What the host saw: each fetch, and how many there were at once. While it is closed, no fetch gets an answer."""

    def __init__(self) -> None:
        self.fetched: list[str] = []
        self.at_once = 0
        self.most = 0
        self._open = asyncio.Event()
        self._open.set()

    def close(self) -> None:
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    async def fetch(self, url: str) -> bytes | None:
        self.fetched.append(url)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await self._open.wait()
        finally:
            self.at_once -= 1
        return png()

    async def calm(self, *, turns: int = 400) -> None:
        """Wait until no further fetch begins."""
        before, left = -1, turns
        while left:
            left = left - 1 if before == len(self.fetched) else turns
            before = len(self.fetched)
            await asyncio.sleep(0.001 if left % 20 == 0 else 0)


class WatchedRig(Rig):
    """A rig whose members' links lead to a host that is watched."""

    looks: Looks

    def new_bot(self) -> CannonBot:
        bot = super().new_bot()
        bot._cdn = self.seen_by_host
        return bot

    async def seen_by_host(self, url: str) -> bytes | None:
        return await self.looks.fetch(url) if _is_linked(url) else await super().from_cdn(url)

    async def from_cdn(self, url: str) -> bytes | None:
        return png() if _is_linked(url) else await super().from_cdn(url)


def _is_linked(url: str) -> bool:
    return url.startswith(HOST) and "/attachments/" not in url


@contextlib.asynccontextmanager
async def watched(folder: Path, **settings: Any) -> AsyncIterator[WatchedRig]:
    """Run a bot whose members' links lead to a watched host."""
    rig = WatchedRig(folder, **settings)
    rig.looks = Looks()
    await rig.start()
    try:
        yield rig
    finally:
        rig.looks.open()
        await rig.close()
