"""Whether a download makes progress: a host that drips must not hold a delivery for minutes."""

from __future__ import annotations

from collections import deque
from typing import Final

from bot.errors import MediaSlow
from bot.media import texts
from bot.runtime.clock import Clock

FLOOR_BYTES_S: Final = 4 * 1024
"""A download with fewer bytes per second, as the mean over a window, is given up; it is tried again later."""
FLOOR_WINDOW_S: Final = 20.0
_STEPS: Final = 20
"""In how many steps a window moves: it holds so few points whatever the chunks are."""


class DownloadPace:
    """Counts one download's bytes as they come over the wire."""

    def __init__(self, clock: Clock, window_s: float = FLOOR_WINDOW_S) -> None:
        self._clock = clock
        self._window_s = window_s
        self._points = deque([(clock.monotonic(), 0)])
        """When (monotonic seconds) how many bytes had come, oldest first; the first is the window's start."""
        self._bytes = 0

    def add(self, count: int) -> None:
        """Note `count` more bytes. Raises MediaSlow if the last window brought too few."""
        now = self._clock.monotonic()
        while len(self._points) > 1 and self._points[1][0] <= now - self._window_s:
            self._points.popleft()
        self._bytes += count
        since, before = self._points[0]
        if now - since >= self._window_s and self._bytes - before < FLOOR_BYTES_S * (now - since):
            raise MediaSlow(texts.TOO_SLOW)
        if now - self._points[-1][0] >= self._window_s / _STEPS:
            self._points.append((now, self._bytes))
