"""The bot as a process whose wall clock the soak sets: `python -m tests.soak.soaked_bot run`.

It is tests/support/wire/child.py with one thing more. SOAK_CLOCK names a file of doubles, the first of them the seconds
by which the bot's wall clock is off; it is mapped into memory, so that a reading costs no system call. Monotonic time
stays true, as when NTP steps a machine's clock. MEDIA_FROM names one more server that it may download from.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import time
from pathlib import Path

from tests.support.wire.child import allow_downloads_from, point_discord_at

CLOCK, MEDIA_FROM = "SOAK_CLOCK", "MEDIA_FROM"
_DOUBLE = struct.Struct("d")


class ClockError:
    """By how many seconds the bot's wall clock is off, in a file that outlives its processes."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(_DOUBLE.pack(0.0))
        with file.open("r+b") as opened:
            self._memory = mmap.mmap(opened.fileno(), _DOUBLE.size)

    @property
    def seconds(self) -> float:
        return float(_DOUBLE.unpack_from(self._memory)[0])

    @seconds.setter
    def seconds(self, value: float) -> None:
        _DOUBLE.pack_into(self._memory, 0, value)


def follow(error: ClockError) -> None:
    """Let the bot's own clock be off by that; nothing else of the process sees it."""
    from bot.runtime.clock import SystemClock

    SystemClock._machine = lambda _self: time.time() + error.seconds  # type: ignore[method-assign]


if __name__ == "__main__":
    server = os.environ["WIRE_DISCORD_URL"]
    point_discord_at(server)
    allow_downloads_from(server)
    if media := os.environ.get(MEDIA_FROM):
        allow_downloads_from(media)
    follow(ClockError(Path(os.environ[CLOCK])))
    from bot.cli import main

    sys.exit(main(sys.argv[1:]))
