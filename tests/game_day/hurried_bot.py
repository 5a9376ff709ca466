"""The bot as a process whose time the game day sets: `python -m tests.game_day.hurried_bot run`.

It is tests/soak/soaked_bot.py, and its whole time can hurry: the bot's clock and the event loop's timers, so that an
hour without Discord takes a minute. Sockets, disks and processors do not hurry.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import sys
import time
from pathlib import Path
from typing import Any

from tests.soak.soaked_bot import CLOCK, ClockError
from tests.support.wire.child import allow_downloads_from, point_discord_at

LOOKS_AGAIN_S = 0.25
"""How soon a waiting loop notices that time has begun to hurry."""


class HurriedSelector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]  # which class it is depends on the system
    """Waits for as long as the loop's time says."""

    def __init__(self, clock: ClockError) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> Any:
        longest = LOOKS_AGAIN_S if timeout is None else min(timeout / self._clock.speed, LOOKS_AGAIN_S)
        return super().select(longest)


class HurriedLoop(asyncio.SelectorEventLoop):
    """An event loop whose timers hurry."""

    def __init__(self, clock: ClockError) -> None:
        super().__init__(HurriedSelector(clock))
        self._game_clock = clock

    def time(self) -> float:
        return time.monotonic() + self._game_clock.lead_s


def hurry(clock: ClockError) -> None:
    """Let the bot's clock and its event loop follow."""
    from bot import cli
    from bot.runtime.clock import SystemClock

    correct = SystemClock.correct
    SystemClock._machine = lambda _self: time.time() + clock.seconds + clock.lead_s  # type: ignore[method-assign]
    SystemClock.correct = lambda self, wall: correct(self, wall + clock.lead_s)  # type: ignore[method-assign]
    SystemClock.monotonic = lambda _self: time.monotonic() + clock.lead_s  # type: ignore[method-assign]
    cli._new_loop = lambda: lambda: HurriedLoop(clock)


if __name__ == "__main__":
    server = os.environ["WIRE_DISCORD_URL"]
    point_discord_at(server)
    allow_downloads_from(server)
    clock = ClockError(Path(os.environ[CLOCK]))
    hurry(clock)
    from bot.cli import main

    sys.exit(main(sys.argv[1:]))
