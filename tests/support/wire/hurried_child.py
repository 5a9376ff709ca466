"""The real bot, as child.py runs it, which reports a lost database after seconds instead of half a minute."""

from __future__ import annotations

import os
import sys

from tests.support.wire.child import allow_downloads_from, point_discord_at

if __name__ == "__main__":
    server = os.environ["WIRE_DISCORD_URL"]
    point_discord_at(server)
    allow_downloads_from(server)
    from bot.app import duties, health
    from bot.cli import main
    from bot.delivery.host import reports
    from bot.store.engine import pulse

    duties.COMPARED_BY_S = health.EVERY_S = reports.EVERY_S = reports.CLEAR_S = 0.2
    pulse.WELL_S = reports.WELL_S = 2.0
    if "postgres" in os.environ.get("DATABASE", ""):
        from bot.fleet.host import reports as fleet_reports

        fleet_reports.OTHERS_WAIT_S = 1.0
    health.ROUNDS = 1_000_000  # of these short ones: else it would end before it reports
    sys.exit(main(sys.argv[1:]))
