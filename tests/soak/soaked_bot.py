"""The bot as a process whose wall clock the soak sets: `python -m tests.soak.soaked_bot run`.

It is tests/support/wire/child.py with one thing more. SOAK_CLOCK names a file of doubles, the first of them the seconds
by which the bot's wall clock is off; it is mapped into memory, so that a reading costs no system call. Monotonic time
stays true, as when NTP steps a machine's clock. At SIGUSR1 it writes its tasks and objects next to that file.
MEDIA_FROM names one more server that it may download from.
"""

from __future__ import annotations

import asyncio
import gc
import mmap
import os
import struct
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.support.vitals import answer_signals
from tests.support.wire.child import allow_downloads_from, point_discord_at

CLOCK, MEDIA_FROM = "SOAK_CLOCK", "MEDIA_FROM"
VITALS = "vitals.json"
_DOUBLE = struct.Struct("d")
_HURRY = struct.Struct("3d")


class ClockError:
    """By how many seconds the bot's wall clock is off, in a file that outlives its processes.

    All of a bot's time can hurry, too, where its process follows that (tests/game_day/hurried_bot.py).
    """

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(_DOUBLE.pack(0.0) + _HURRY.pack(0.0, 0.0, 1.0))
        with file.open("r+b") as opened:
            self._memory = mmap.mmap(opened.fileno(), _DOUBLE.size + _HURRY.size)

    @property
    def seconds(self) -> float:
        return float(_DOUBLE.unpack_from(self._memory)[0])

    @seconds.setter
    def seconds(self, value: float) -> None:
        _DOUBLE.pack_into(self._memory, 0, value)

    @property
    def speed(self) -> float:
        """How many seconds of the bot's pass in one."""
        return float(_HURRY.unpack_from(self._memory, _DOUBLE.size)[2])

    @speed.setter
    def speed(self, value: float) -> None:
        _HURRY.pack_into(self._memory, _DOUBLE.size, time.monotonic(), self.lead_s, value)

    @property
    def lead_s(self) -> float:
        """By how many seconds its time, monotonic and wall, is ahead of the machine's."""
        since, gained, speed = _HURRY.unpack_from(self._memory, _DOUBLE.size)
        return float(gained + (time.monotonic() - since) * (speed - 1.0))


def follow(error: ClockError) -> None:
    """Let the bot's own clock be off by that; nothing else of the process sees it."""
    from bot.runtime.clock import SystemClock

    SystemClock._machine = lambda _self: time.time() + error.seconds  # type: ignore[method-assign]


def vitals() -> dict[str, Any]:
    """Return how many tasks there are, by what they run, and how many objects, by their types."""
    tasks = Counter(getattr(task.get_coro(), "__qualname__", "?") for task in asyncio.all_tasks())
    objects = Counter(f"{type(each).__module__}.{type(each).__qualname__}" for each in gc.get_objects())
    return {"tasks": dict(tasks.most_common()), "objects": objects}


if __name__ == "__main__":
    server = os.environ["WIRE_DISCORD_URL"]
    point_discord_at(server)
    allow_downloads_from(server)
    if media := os.environ.get(MEDIA_FROM):
        allow_downloads_from(media)
    clock = Path(os.environ[CLOCK])
    follow(ClockError(clock))
    answer_signals(clock.with_name(VITALS), vitals)
    from bot.cli import main

    sys.exit(main(sys.argv[1:]))
