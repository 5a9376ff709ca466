"""The real bot, as tests/support/wire/child.py runs it, whose event loop hangs for good soon after it follows jobs.

Its watchdog waits for a second only.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time

from tests.support.wire.child import allow_downloads_from, point_discord_at

HANGS_AFTER_S = 0.3


def hang() -> None:
    time.sleep(600)


def hang_once_watched() -> None:
    from bot.app import health as watchdog
    from bot.jobs.follow import claims

    watchdog.STILL_S, watchdog.CHECK_EVERY_S = 1.0, 0.1
    claims.CLAIM_EVERY_S = 0.2  # or its next round could be seconds away when it hangs
    start = watchdog.Watchdog.start

    def start_and_hang(self: watchdog.Watchdog) -> None:
        start(self)
        asyncio.get_running_loop().call_later(HANGS_AFTER_S, hang)

    watchdog.Watchdog.start = start_and_hang  # type: ignore[method-assign]  # the same, and what follows


if __name__ == "__main__":
    server = os.environ["WIRE_DISCORD_URL"]
    point_discord_at(server)
    allow_downloads_from(server)
    hang_once_watched()
    from bot.cli import main

    sys.exit(main(sys.argv[1:]))
