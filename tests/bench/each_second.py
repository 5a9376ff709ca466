"""The real bot, as tests/support/wire/child.py runs it, but that it polls each waiting job every second.

So a given number of jobs makes a given number of polls a second, whatever the bot has learned of durations; and it
makes as many of them as the naive bot.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from tests.support.wire.child import allow_downloads_from, point_discord_at

PERIOD_S = 1.0


def poll_each_second() -> None:
    from bot.jobs.turns.polling import Polling

    take_turn = Polling.take_turn

    async def taken(self: Polling, *arguments: Any, **named: Any) -> float | None:
        wait_s = await take_turn(self, *arguments, **named)
        return None if wait_s is None else PERIOD_S

    Polling.take_turn = taken  # type: ignore[method-assign]  # the same, at another time


if __name__ == "__main__":
    server = os.environ["WIRE_DISCORD_URL"]
    point_discord_at(server)
    allow_downloads_from(server)
    poll_each_second()
    from bot.cli import main

    sys.exit(main(sys.argv[1:]))
