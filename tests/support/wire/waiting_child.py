"""The real bot, as child.py runs it, which waits shorter for a Discord that lets no session begin."""

from __future__ import annotations

import os
import sys

from tests.support.wire.child import allow_downloads_from, point_discord_at

if __name__ == "__main__":
    server = os.environ["WIRE_DISCORD_URL"]
    point_discord_at(server)
    allow_downloads_from(server)
    from bot.app import duties
    from bot.app.connection import start
    from bot.cli import main

    duties.COMPARED_BY_S = start.ASK_AGAIN_S = 0.2
    sys.exit(main(sys.argv[1:]))
