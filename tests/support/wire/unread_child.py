"""The real bot, as child.py runs it, which keeps few lines for an unread log.

Its event loop hangs for good at SIGUSR1, and its watchdog waits for three seconds only.
"""

from __future__ import annotations

import os
import signal
import sys

from tests.support.wire.child import allow_downloads_from, point_discord_at
from tests.support.wire.hanging_child import hang

KEPT_LINES = 3

if __name__ == "__main__":
    server = os.environ["WIRE_DISCORD_URL"]
    point_discord_at(server)
    allow_downloads_from(server)
    from bot.app import health as watchdog
    from bot.cli import main
    from bot.jobs.follow import claims
    from bot.runtime import output

    output.LINES_MAX = KEPT_LINES
    watchdog.STILL_S, watchdog.CHECK_EVERY_S, claims.CLAIM_EVERY_S = 3.0, 0.1, 0.2
    signal.signal(signal.SIGUSR1, lambda *_: hang())
    sys.exit(main(sys.argv[1:]))
