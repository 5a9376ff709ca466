"""The Worker alone, on one core: polls a second, and what they write.

It runs in a process of its own: `python bench_polls.py URL JOBS SECONDS SEED` prints what it did as JSON.
Every job is one that Cannon Studio works on for ever, so every poll finds what the one before found. Each guild has
a key of its own, which each poll has to find and decrypt, as in life.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(1, str(Path(__file__).resolve().parents[2]))

import bench_bot
from bench_report import Row

from bot.app.client import CannonBot
from bot.app.parts import open_parts
from bot.cannon.client import CannonClient
from bot.domain.jobs.poll_schedule import next_poll_s
from bot.domain.models import AccountStatus, Card, Job, JobState, new_id
from bot.jobs.follow import lanes
from bot.jobs.turns import polling
from bot.runtime.clock import SystemClock
from bot.runtime.logs import configure_logs
from bot.settings import Settings
from bot.store import Store

KEY = "cs_test_bench_0000000000"
OPERATION = "image.generate"
GUILDS = 20
AGE_S = 8.0
AGAIN_S = 0.5
"""How soon a job is due again at the latest. What is measured is how many polls a core can make; how many are worth
making is the schedule's question, and bench_schedule's."""
SUBMITS_AT_ONCE = 32
SEED = 20_260_101
LIFE = 10.0
"""How much faster than life the sandbox is; these jobs never end."""


async def rows(*, quick: bool, folder: Path) -> AsyncIterator[Row]:
    """Measure 3,000 open jobs for ten seconds."""
    del folder  # the process makes one of its own
    jobs, seconds = (40, 1.2) if quick else (3000, 10.0)
    async with bench_bot.sandbox(speed=LIFE) as api_url:
        process = await asyncio.create_subprocess_exec(
            sys.executable, __file__, api_url, f"{jobs}", f"{seconds}", f"{SEED}", stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"bench_polls.py ended with {process.returncode}")
    found = json.loads(output)
    busy = f"{jobs:,} open jobs, core {found['cpu_s'] / found['wall_s']:.0%} busy"
    rate = found["polls"] / found["wall_s"]
    yield Row(number=6, figure="polls on one core", ours=rate, unit="/s", bar=3000, at_least=True, note=busy)
    yield Row(
        number=6,
        figure="rows written by unchanged polls",
        ours=found["rows_written"],
        unit="",
        bar=0,
        note=f"{found['polls']:,} polls",
    )


class CountingClient(CannonClient):
    """Counts the polls; `warm` is set once each of `jobs` was polled twice: the first poll may change its state."""

    def __init__(self, url: str, clock: SystemClock, jobs: int) -> None:
        super().__init__(url, clock=clock)
        self.gets = 0
        self.warm = asyncio.Event()
        self._jobs = jobs
        self._polled: set[str] = set()
        self._polled_again: set[str] = set()

    async def get(self, key: str, remote_id: str) -> Any:
        progress = await super().get(key, remote_id)
        self.gets += 1
        (self._polled_again if remote_id in self._polled else self._polled).add(remote_id)
        if len(self._polled_again) >= self._jobs:
            self.warm.set()
        return progress


class Nobody:
    async def deliver(self, job: Job) -> int:
        raise AssertionError(f"job {job.id} is never done")

    async def delivered(self, job: Job) -> None: ...

    async def show(self, guild_id: int, card_id: str) -> None: ...

    async def alert(self, guild_id: int, sentence: str) -> None: ...

    async def post_late(self, job: Job) -> None: ...


async def written(store: Store) -> int:
    return await store._database._writer.run(lambda db: db.total_changes)


async def accepted(client: CannonClient, jobs: int) -> list[str]:
    """Make so many requests that never end; return their ids."""
    room = asyncio.Semaphore(SUBMITS_AT_ONCE)

    async def submit(number: int) -> str:
        async with room:
            made = await client.submit(KEY, OPERATION, {"prompt": "#forever"}, idempotency_key=f"bench-{number}")
            return made.remote_id

    return await asyncio.gather(*map(submit, range(jobs)))


async def fill(store: Store, remote_ids: list[str], clock: SystemClock) -> None:
    """Store a processing job for each request, one card for each guild."""
    status = AccountStatus(credits=Decimal(10**6), plan=None, scopes=())
    now = clock.wall()
    for guild_id in range(1, GUILDS + 1):
        key = (await store.keys.set(guild_id, KEY, set_by=1, status=status)).key
        card = Card(
            id=new_id(), guild_id=guild_id, channel_id=1, author_id=1, interaction_id=guild_id, created_at=now
        )  # fmt: skip
        jobs = [
            Job(
                id=new_id(), card_id=card.id, guild_id=guild_id, position=position, author_id=1, operation=OPERATION,
                input={"prompt": "#forever"}, state=JobState.PROCESSING, idempotency_key=f"bench-{remote_id}",
                key_id=key.id, held=Decimal(20), basis="unknown", remote_id=remote_id, created_at=now,
                submitted_at=now - AGE_S, active_s=AGE_S,
            )
            for position, remote_id in enumerate(remote_ids[guild_id - 1 :: GUILDS])
        ]  # fmt: skip
        if jobs:
            await store.cards.accept(card, jobs, lambda _spending: None)
            await store.cards.mark_answered(guild_id, card.id, 1, 1)


async def measure(url: str, jobs: int, seconds: float, seed: int) -> dict[str, Any]:
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        client = await stack.enter_async_context(CountingClient(url, clock, jobs))
        settings = Settings(cannon_api_url=url, database=Path(folder) / "bench.db")
        bot = await stack.enter_async_context(CannonBot(settings, clock=clock, run_worker=False, serve_http=False))
        # The bot's own parts as it puts them together, but for the far end of each poll and for Discord.
        bot.parts = await open_parts(bot.setup)
        store, worker = bot.parts.store, bot.parts.worker
        worker.polling.client, worker.polling.rng = client, random.Random(seed)
        worker.polling.transitions.surface = Nobody()
        polling.next_poll_s = lambda *arguments, **options: min(AGAIN_S, next_poll_s(*arguments, **options))
        polling.least_wait_s = lanes.least_wait_s = lambda *_: AGAIN_S
        await fill(store, await accepted(client, jobs), clock)
        running = asyncio.create_task(worker.run())
        warm = asyncio.create_task(client.warm.wait())
        await asyncio.wait({warm, running}, return_when=asyncio.FIRST_COMPLETED)
        if not warm.done():
            await running  # and raise what ended it
        rows, gets = await written(store), client.gets
        wall, cpu = time.perf_counter(), time.process_time()
        await asyncio.sleep(seconds)
        found = {
            "polls": client.gets - gets,
            "wall_s": time.perf_counter() - wall,
            "cpu_s": time.process_time() - cpu,
            "rows_written": await written(store) - rows,
        }
        await worker.stop()
        await running
        return found


if __name__ == "__main__":
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    configure_logs(level="ERROR", log_format="json", secrets=())
    url, jobs, seconds, seed = sys.argv[1:]
    found = asyncio.run(measure(url, int(jobs), float(seconds), int(seed)))
    sys.stdout.write(json.dumps(found))
