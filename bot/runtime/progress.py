"""Progress of long work, in occasional lines."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import TextIO

import structlog

from bot.runtime import texts
from bot.runtime.clock import Clock

Progress = Callable[[str, int, int], None]
"""Progress callback: what is done, how much, and of how much; 0 of 0 if unknown. May be called often and from any
thread; never raises."""
QUIET_S = 1.0
"""Shorter work is not worth a line."""
LINE_EVERY_S = 10.0

log = structlog.get_logger(__name__)


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Report nothing."""


class Meter:
    """Measures each piece of work and reports at most every `LINE_EVERY_S` seconds.

    `show` gets the task, percent (None: unknown), the elapsed seconds, and those left (None: unknown).
    """

    def __init__(self, clock: Clock, show: Callable[[str, int | None, float, float | None], None]) -> None:
        self._clock = clock
        self._show = show
        self._lock = threading.Lock()
        self._what = ""
        self._began = self._next = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        """Note the progress, as `Progress`."""
        with self._lock:
            now = self._clock.monotonic()
            if total and done >= total:
                self._what = ""  # the same work again is a new piece
                return
            if what != self._what:
                self._what, self._began, self._next = what, now, now + QUIET_S
            if now < self._next:
                return
            self._next = now + LINE_EVERY_S
            since = now - self._began
            share = min(1.0, done / total) if total else None
            left = since / share - since if share else None
            self._show(what, None if share is None else int(share * 100), since, left)


def meter_to(stream: TextIO, clock: Clock) -> Progress:
    """Return a progress reporter that prints lines."""
    return Meter(clock, lambda *counts: print(texts.progress(*counts), file=stream, flush=True))


def logged(clock: Clock) -> Progress:

    def show(what: str, percent: int | None, since_s: float, left_s: float | None) -> None:
        left = None if left_s is None else math.ceil(left_s)
        log.info("progress", what=what, percent=percent, since_s=round(since_s), left_s=left)

    return Meter(clock, show)
