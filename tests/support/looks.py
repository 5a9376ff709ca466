"""Checks of files that members link to, seen from the host that serves them."""

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
    """What the host saw: each fetch. It answers each after `takes_s` seconds of the simulated time."""

    def __init__(self) -> None:
        self.fetched: list[str] = []
        self.takes_s = 0.0


class WatchedRig(Rig):
    """A rig whose members' links lead to a host that is watched."""

    looks: Looks

    def new_bot(self) -> CannonBot:
        bot = super().new_bot()
        bot._cdn = self.seen_by_host
        return bot

    async def seen_by_host(self, url: str) -> bytes | None:
        if not _is_linked(url):
            return await super().from_cdn(url)
        self.looks.fetched.append(url)
        if self.looks.takes_s:
            await self.env.external_wait(asyncio.sleep(self.looks.takes_s), reason="a slow host")
        return png()

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
        await rig.close()
