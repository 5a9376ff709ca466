"""The bot's worker with all that the bot loads, but Discord: `python outstanding_bot.py URL DATABASE JOBS SECONDS`.

It prints a line once it follows so many jobs, goes on polling for so many seconds, and prints what it measured as JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(1, str(Path(__file__).resolve().parents[2]))

if TYPE_CHECKING:  # at run time what is imported is what the bot imports, and as late as it does
    from bot.jobs.worker import Worker

FOLLOWED = b"followed\n"
TICK_S = 0.005


class Nobody:
    """A surface for jobs that are never done."""

    async def show(self, guild_id: int, card_id: str) -> None: ...

    async def alert(self, guild_id: int, sentence: object) -> None: ...


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def peak_bytes() -> int:
    line = next(each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


async def note_lags(found: list[float]) -> None:
    """Note by how many seconds the event loop wakes a sleeper too late, until cancelled."""
    while True:
        slept = time.perf_counter()
        await asyncio.sleep(TICK_S)
        found.append(max(0.0, time.perf_counter() - slept - TICK_S))


async def until_followed(worker: Worker, jobs: int) -> None:
    while worker.followed < jobs:  # noqa: ASYNC110 - the worker announces no number
        await asyncio.sleep(TICK_S)


async def live(url: str, database: Path, jobs: int, seconds: float) -> dict[str, Any]:
    from bot.app.client import CannonBot
    from bot.app.parts import open_parts
    from bot.runtime.clock import SystemClock
    from bot.settings import Settings

    claiming, polling = list[float](), list[float]()
    began = time.perf_counter()
    async with contextlib.AsyncExitStack() as stack:
        settings = Settings(cannon_api_url=url, database=database)
        bot = await stack.enter_async_context(
            CannonBot(settings, clock=SystemClock(), run_worker=False, serve_http=False)
        )
        bot.parts = await open_parts(bot.setup)
        worker = bot.parts.worker
        worker.polling.transitions.surface = Nobody()  # type: ignore[assignment]  # never asked to deliver
        opened, before, busy = time.perf_counter(), resident_bytes(), time.process_time()
        ticking, running = asyncio.create_task(note_lags(claiming)), asyncio.create_task(worker.run())
        await until_followed(worker, jobs)
        followed, busy = time.perf_counter(), time.process_time() - busy
        ticking.cancel()
        sys.stdout.buffer.write(FOLLOWED)
        sys.stdout.buffer.flush()
        ticking = asyncio.create_task(note_lags(polling))
        await asyncio.sleep(seconds)
        ticking.cancel()
        memory, peak = resident_bytes(), peak_bytes()
        polls = sum(worker.agenda.turns_last_minute().values())
        await worker.stop()
        await running
    return {
        "opened_s": opened - began,
        "followed_s": followed - opened,
        "followed_cpu_s": busy,
        "claiming_s": claiming,
        "polling_s": polling,
        "before_bytes": before,
        "memory_bytes": memory,
        "peak_bytes": peak,
        "polls": polls,
    }


def main() -> None:
    from cannon_bot import keep_out

    keep_out()
    from bot.runtime.logs import configure_logs
    from bot.runtime.machine import keep_little, permanent

    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    if "BENCH_PROFILE" in os.environ:
        from tests.bench.sampler import Sampler

        Sampler(Path("profile-bot.json")).start()
    configure_logs(level="ERROR", log_format="json", secrets=())
    keep_little()
    with permanent():  # as `cannon-bot run` does
        from bot.app.entry_points import import_surface

        import_surface()
    url, database, jobs, seconds = sys.argv[1:]
    sys.stdout.write(json.dumps(asyncio.run(live(url, Path(database), int(jobs), float(seconds)))))


if __name__ == "__main__":
    main()
