"""The real bot, as tests/support/wire/child.py runs it, with what the bench wants of it by its environment.

BENCH_POLL_S polls each waiting job so often, whatever the bot has learned of durations: so a number of jobs makes a
number of polls. BENCH_FOLLOWED=20000 writes the moment at which so many jobs are followed into `followed`.
The files are in the working directory, the bot's folder.

discord.py's own wait for its servers stays what it is for a host.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Any

from bot.runtime.machine import keep_little, permanent
from cannon_bot import keep_out
from tests.support.wire.child import allow_downloads_from, point_discord_at

CHECK_EVERY_S = 0.005


def poll_each(period_s: float) -> None:
    from bot.jobs.turns.polling import Polling

    take_turn = Polling.take_turn

    async def taken(self: Polling, *arguments: Any, **named: Any) -> float | None:
        wait_s = await take_turn(self, *arguments, **named)
        return None if wait_s is None else period_s

    Polling.take_turn = taken  # type: ignore[method-assign]  # the same, at another time


def note_followed(jobs: int) -> None:
    from bot.jobs.worker import Worker

    run = Worker.run

    async def note(worker: Worker) -> None:
        while worker.followed < jobs:  # noqa: ASYNC110 - the worker announces no number
            await asyncio.sleep(CHECK_EVERY_S)
        Path("followed").write_text(f"{time.time()}")  # noqa: ASYNC240 - a moment, once

    async def watched(self: Worker) -> None:
        noting = asyncio.create_task(note(self))
        try:
            await run(self)
        finally:
            noting.cancel()

    Worker.run = watched  # type: ignore[method-assign]  # the same, and a note


def _main() -> int:
    if "BENCH_POLL_S" in os.environ:
        poll_each(float(os.environ["BENCH_POLL_S"]))
    if "BENCH_FOLLOWED" in os.environ:
        note_followed(int(os.environ["BENCH_FOLLOWED"]))
    from bot.cli import main

    return main(sys.argv[1:])


if __name__ == "__main__":
    keep_out()
    server = os.environ["WIRE_DISCORD_URL"]
    keep_little()
    with permanent():  # as everything that `cannon-bot run` imports
        point_discord_at(server, ready_after_s=None)
    allow_downloads_from(server)
    sys.exit(_main())
