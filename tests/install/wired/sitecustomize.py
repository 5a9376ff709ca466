"""Lead the installed bot to a Discord on this machine: Python loads a module of this name by itself at its start.

It stands on the path of a started bot alone, next to a copy of the one module of the tests that it needs. So what runs
is the installed program, by the very command of the README.
"""

from __future__ import annotations

import os

if url := os.environ.get("WIRE_DISCORD_URL"):
    from tests.support.wire.child import allow_downloads_from, point_discord_at

    point_discord_at(url)
    allow_downloads_from(url)
