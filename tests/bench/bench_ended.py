"""What a million ended jobs cost a fleet: decisions and lists on a PostgreSQL that has them, and on one that has few.

Both databases are on one real server with fsync and are visited in turn, so that what slows the machine slows both.
Options as of bench.py, and `--jobs`. Exit code 1 if a bar is missed. `make bench OF=ended` runs it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import TypeAlias

import psycopg

HERE = Path(__file__).resolve().parent
sys.path.insert(1, str(HERE.parents[1]))

from bench_history import EMPTY_LISTS, GUILD, PLENTY, REPORTS, new_request  # noqa: E402 - found by the line above
from bench_report import Row, Table  # noqa: E402 - the same
from ended_jobs import FIRST_MEMBER, leave_ended_on_server  # noqa: E402 - the same

from bot.domain.models import Job, JobState  # noqa: E402 - the same
from bot.domain.money.spending_policy import decide  # noqa: E402 - the same
from bot.domain.server.guild_rules import Limit, Period, Scope  # noqa: E402 - the same
from bot.runtime.clock import SystemClock  # noqa: E402 - the same
from bot.runtime.logs import configure_logs  # noqa: E402 - the same
from bot.settings import PostgresUrl  # noqa: E402 - the same
from bot.store import Store  # noqa: E402 - the same
from tests.support import postgres  # noqa: E402 - the same
from tests.support.machine import slowness  # noqa: E402 - the same

SECRET_KEY = "k" * 32
FEW, MANY, TIMES = 10_000, 1_000_000, 200
FEW_QUICK, MANY_QUICK, TIMES_QUICK = 300, 1200, 5
MS, MB = 1000, 1_000_000
LEASE = "bench"
SLOWER_BAR = 1.1
"""The most that a decision may be slower by: with this much noise between two runs."""
READ_BAR_MS = 50.0
Timed: TypeAlias = Callable[[Store, int], Awaitable[Mapping[str, float]]]


async def filled(server: postgres.Server, name: str, jobs: int) -> tuple[Store, str]:
    """Make a database with so many ended jobs, half of them of one server with two limits; tell its size."""
    url = server.new_database(name)
    began = time.perf_counter()
    others = [GUILD + 10 * number for number in range(1, 20)]
    await leave_ended_on_server(url, [*(GUILD for _ in others), *others], count=jobs, secret_key=SECRET_KEY)
    store = await Store.open(PostgresUrl(url), clock=SystemClock(), secret_keys=[SECRET_KEY])
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("VACUUM ANALYZE")
    for scope in (Scope.SERVER, Scope.EVERYONE):
        limit = Limit(scope=scope, period=Period.MONTH, credits=PLENTY)
        await store.limits.set(GUILD, limit, by_id=FIRST_MEMBER)
    await store.leases.hold(LEASE, 86_400)
    size = f"{jobs:,} jobs: {server.size_of(name) / MB:,.0f} MB, filled in {time.perf_counter() - began:.0f} s"
    return store, size


async def decided(store: Store, number: int) -> Mapping[str, float]:
    """Let a job be accepted under two limits, claimed, sent and paid; return the milliseconds of each write."""
    wanted, card, job = new_request(number)
    took = {}
    began = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal began
        took[name] = (time.perf_counter() - began) * MS
        began = time.perf_counter()

    await store.cards.accept(card, [job], lambda spending: decide(wanted, spending))
    lap("accept")
    await store.cards.mark_answered(GUILD, card.id, number + 1, card.channel_id)
    lap("answered")
    (claimed,) = await store.leases.claim(LEASE, limit=10)
    assert isinstance(claimed.job, Job)
    lap("claim")
    sent = await store.jobs.change(claimed.job, JobState.PROCESSING, remote_id=f"req_{job.id}")
    assert sent is not None
    lap("sent")
    ended = await store.jobs.change(sent, JobState.DELIVERED, settle=Decimal(5), cost=Decimal(5))
    assert ended is not None
    lap("settled")
    await store.queue.start_waiting(GUILD)
    lap("queue")
    return took


async def read(store: Store, _number: int) -> Mapping[str, float]:
    """Read what members and moderators see; return the milliseconds of each."""
    reads: Mapping[str, Callable[[Store], Awaitable[object]]] = {
        **{f"/usage of {name}": look for name, look in REPORTS.items()},
        **{f"/jobs by {name}": look for name, look in EMPTY_LISTS.items()},
        "/jobs": lambda store: store.job_lists.page(GUILD, limit=8),
        "words that many have": lambda store: store.job_lists.search(GUILD, ["bronze"], limit=8),
        "balance": lambda store: store.ledger.balance(GUILD),
        "open jobs": lambda store: store.job_lists.counts(GUILD),
        "figures": lambda store: store.figures.now(),
        "costs": lambda store: store.true_costs.all(GUILD, None),
    }
    took = {}
    for name, look in reads.items():
        began = time.perf_counter()
        await look(store)
        took[name] = (time.perf_counter() - began) * MS
    return took


async def in_turn(stores: tuple[Store, Store], timed: Timed, times: int) -> list[dict[str, float]]:
    """Return the median of each figure of each store."""
    found: list[dict[str, list[float]]] = [{}, {}]
    for number in range(times):
        for place, store in enumerate(stores):
            for name, took in (await timed(store, number)).items():
                found[place].setdefault(name, []).append(took)
    return [{name: median(each) for name, each in figures.items()} for figures in found]


async def rows(server: postgres.Server, *, few: int, many: int, times: int) -> AsyncIterator[Row]:
    """Give each row as soon as it is measured."""
    async with contextlib.AsyncExitStack() as opened:
        made = [await filled(server, name, jobs) for name, jobs in (("few", few), ("many", many))]
        stores = made[0][0], made[1][0]
        for store in stores:
            opened.push_async_callback(store.close)
        await in_turn(stores, decided, 3)
        small, large = await in_turn(stores, lambda store, number: decided(store, number + 3), times)
        each = ", ".join(f"{name} {small[name]:.2g} → {large[name]:.2g}" for name in small)
        yield Row(
            number=1, figure=f"a job's decisions with {many:,} ended jobs to {few:,}",
            ours=sum(large.values()) / sum(small.values()), unit="×", bar=SLOWER_BAR,
            note=f"ms, medians of {times}: {each}; {made[0][1]}; {made[1][1]}",
        )  # fmt: skip
        small, large = await in_turn(stores, read, max(3, times // 10))
        each = ", ".join(f"{name} {small[name]:.2g} → {large[name]:.2g}" for name in small)
        yield Row(
            number=2, figure=f"slowest read with {many:,} ended jobs", ours=max(large.values()), unit="ms",
            bar=READ_BAR_MS, note=f"ms: {each}",
        )  # fmt: skip


async def printed(server: postgres.Server, table: Table, *, few: int, many: int, times: int) -> bool:
    """Print the rows; return whether all bars are met."""
    is_met = True
    async for row in rows(server, few=few, many=many, times=times):
        table.add(row)
        is_met &= row.met
    return is_met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only see that it runs")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--jobs", type=int, default=MANY, help="ended jobs of the large database")
    options = parser.parse_args()
    configure_logs(level="ERROR", log_format="json", secrets=())
    few, many, times = (FEW_QUICK, MANY_QUICK, TIMES_QUICK) if options.quick else (FEW, options.jobs, TIMES)
    before = slowness()
    with postgres.running() as server:
        table = Table(as_json=options.json)
        is_met = asyncio.run(printed(server, table, few=few, many=many, times=times))
    table.tell(f"The machine was {before:.1f} to {slowness():.1f} × slower; load now {os.getloadavg()[0]:.1f}")
    return 0 if options.quick or is_met else 1


if __name__ == "__main__":
    sys.exit(main())
