"""One worker of a fleet, for bench_fleet.py: `python fleet_worker.py WHAT DATABASE SECONDS SERVERS AWAY_S`.

WHAT is `polls`, `claims` or `writes`. It prints when it has its lease, how many jobs it follows once that number rests,
and what it did, each as a line of JSON, and waits for a line before it goes on. The API is out of the way: each poll is
answered at once, in this process.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

sys.path.insert(1, str(Path(__file__).resolve().parents[2]))

import bench_polls
import bench_writes
import psycopg
from bench_writes import guild_ids

from bot.app.client import new_client
from bot.app.parts import open_parts
from bot.cannon.wire import Progress, RemoteStatus
from bot.domain.jobs.poll_schedule import next_poll_s
from bot.domain.models import new_id
from bot.jobs.follow import lanes
from bot.jobs.follow.claims import CLAIMED_MAX
from bot.jobs.turns import polling
from bot.runtime.clock import SystemClock
from bot.runtime.logs import configure_logs
from bot.settings import PostgresUrl, SecretStr, Settings
from bot.store import Store

SECRET_KEY = "k" * 32
RESTS_S = 2.5
"""A worker that shares takes after a second what others have left."""
AGAIN_S = 0.05
"""How soon a job is due again at the latest, so that there is always more to poll than two workers can."""
CLAIMED_AT_ONCE = 2000
WRITERS = 20
"""How many write at the same time in each process."""


class AtOnce:
    """An API that answers each poll without a call: it is being worked on."""

    def __init__(self) -> None:
        self.gets = 0

    async def get(self, _key: str, remote_id: str) -> Progress:
        self.gets += 1
        return Progress(remote_id=remote_id, status=RemoteStatus.PROCESSING)


async def line() -> str:
    return await asyncio.to_thread(sys.stdin.readline)


def tell(found: Any) -> None:
    sys.stdout.write(f"{json.dumps(found)}\n")
    sys.stdout.flush()


async def polls(url: str, seconds: float) -> None:
    async with AsyncExitStack() as stack:
        settings = Settings(
            cannon_api_url="http://127.0.0.1:9", database=PostgresUrl(url), secret_keys=(SecretStr(SECRET_KEY),)
        )
        bot = await stack.enter_async_context(
            new_client(settings, clock=SystemClock(), run_worker=False, serve_http=False)
        )
        bot.parts = await open_parts(bot.setup)
        worker, api = bot.parts.worker, AtOnce()
        worker.polling.client, worker.polling.rng = api, random.Random(os.getpid())  # type: ignore[assignment]
        worker.polling.transitions.surface = bench_polls.Nobody()  # type: ignore[assignment]
        polling.next_poll_s = lambda *arguments, **options: min(AGAIN_S, next_poll_s(*arguments, **options))
        polling.least_wait_s = lanes.least_wait_s = lambda *_: AGAIN_S
        claims = worker.claims  # it has no shards: it claims of all
        claims.claim_free = lambda: claims.store.leases.claim(claims.lease, limit=CLAIMED_MAX)  # type: ignore[method-assign]
        await claims.renew()
        tell("leased")  # what it claims it shares with the others that have a lease by then
        await line()
        running = asyncio.create_task(worker.run())
        rests_at, followed = time.monotonic() + RESTS_S, 0
        while time.monotonic() < rests_at or not followed:
            await asyncio.sleep(0.05)
            if worker.followed != followed:
                rests_at, followed = time.monotonic() + RESTS_S, worker.followed
        tell({"followed": followed})
        await line()
        gets, wall, cpu = api.gets, time.perf_counter(), time.process_time()
        await asyncio.sleep(seconds)
        wall = time.perf_counter() - wall
        tell({"polls": api.gets - gets, "wall_s": wall, "busy": (time.process_time() - cpu) / wall})
        await line()
        await worker.stop()
        await running


async def claims(url: str) -> None:
    clock = SystemClock()
    store = await Store.open(PostgresUrl(url), clock=clock, secret_keys=[SECRET_KEY])
    try:
        token, claimed = new_id(), []
        await store.leases.hold(token, 600)
        tell({"followed": 0})
        await line()
        began = time.time()
        while found := await store.leases.claim(token, limit=CLAIMED_AT_ONCE):
            claimed += [each.id for each in found]
        tell({"began": began, "ended": time.time(), "claimed": claimed})
        await line()
    finally:
        await store.close()


def go_away(away_s: float) -> None:
    """Let each round trip to the database take that much longer, in seconds."""

    def later(call: Any) -> Any:
        def wait(*arguments: Any, **options: Any) -> Any:
            time.sleep(away_s)  # on the connection's own thread
            return call(*arguments, **options)

        return wait

    psycopg.Cursor.execute = later(psycopg.Cursor.execute)  # type: ignore[method-assign]
    psycopg.Cursor.executemany = later(psycopg.Cursor.executemany)  # type: ignore[method-assign]


async def writes(url: str, seconds: float, guilds: int, away_s: float) -> None:
    """Take one job after another through its states in `WRITERS` tasks: each write waits for its commit.

    They are of random servers of so many, which have keys of their own.
    """
    store = await Store.open(PostgresUrl(url), clock=SystemClock(), secret_keys=[SECRET_KEY])
    keys = {guild_id: key.id for guild_id in guild_ids(guilds) if (key := await store.keys.current(guild_id))}
    waits: list[float] = []
    rng = random.Random(os.getpid())
    if away_s:
        go_away(away_s)

    async def timed(writing: Awaitable[Any]) -> Any:
        began = time.perf_counter()
        done = await writing
        waits.append(time.perf_counter() - began)
        return done

    async def write(until: float) -> None:
        while time.perf_counter() < until:
            guild_id = rng.choice(list(keys))
            card, job = bench_writes.card_with_job(guild_id, rng.getrandbits(60), keys[guild_id])
            await timed(store.cards.accept(card, [job], lambda _: None))
            await timed(store.cards.mark_answered(guild_id, card.id, rng.getrandbits(60), 55))
            for state, changes in bench_writes.STATES:
                job = (await timed(store.jobs.change(job, state, **changes))) or job

    try:
        tell("ready")
        await line()
        began = time.perf_counter()
        await asyncio.gather(*(write(began + seconds) for _ in range(WRITERS)))
        tell(
            {
                "writes": len(waits),
                "wall_s": time.perf_counter() - began,
                "waits_s": sorted(waits)[-len(waits) // 100 :],
            }
        )
        await line()
    finally:
        await store.close()


def main() -> None:
    configure_logs(level="ERROR", log_format="json", secrets=())
    what, url, seconds, guilds, away_s = sys.argv[1:]
    work: Any = {
        "polls": lambda: polls(url, float(seconds)),
        "claims": lambda: claims(url),
        "writes": lambda: writes(url, float(seconds), int(guilds), float(away_s)),
    }[what]()
    asyncio.run(work)


if __name__ == "__main__":
    main()
