"""The real bot, as child.py runs it, which reports what it has loaded once it follows jobs.

LOADED names the file, a JSON object: the modules, and how many objects the garbage collector leaves alone.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path

from bot.runtime.machine import keep_little, permanent
from cannon_bot import keep_out
from tests.support.wire.child import allow_downloads_from, point_discord_at


def tell() -> None:
    modules = sorted(name for name, module in sys.modules.items() if module is not None)
    found = {"modules": modules, "frozen": gc.get_freeze_count(), "collects": gc.isenabled()}
    unfinished = Path(f"{os.environ['LOADED']}.new")
    unfinished.write_text(json.dumps(found))
    unfinished.rename(os.environ["LOADED"])


def tell_before_connecting() -> None:
    from bot.app.connection.start import StartBackoff

    take = StartBackoff.take

    async def take_and_tell(self: StartBackoff, *, shards: int = 1) -> None:
        await take(self, shards=shards)
        tell()

    StartBackoff.take = take_and_tell  # type: ignore[method-assign]  # the last call before the gateway


if __name__ == "__main__":
    keep_out()
    keep_little()
    with permanent():
        point_discord_at(os.environ["WIRE_DISCORD_URL"])
    allow_downloads_from(os.environ["WIRE_DISCORD_URL"])
    from bot.cli import main

    with permanent():
        tell_before_connecting()
    sys.exit(main(sys.argv[1:]))
