"""Reads the pictures, clips and tracks that the page shows, in threads of this process."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from simcord.preview._media import MediaInfo, MediaWorker, _process_media

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
