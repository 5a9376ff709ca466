"""The real bot, as child.py runs it, which tries its database several times a second."""

from __future__ import annotations

import os
import sys

from tests.support.wire.child import allow_downloads_from, point_discord_at

if __name__ == "__main__":
    server = os.environ["WIRE_DISCORD_URL"]
    point_discord_at(server)
    allow_downloads_from(server)
    from bot.app import health as database_watch

    database_watch.EVERY_S = 0.2
    from bot.cli import main

    sys.exit(main(sys.argv[1:]))
