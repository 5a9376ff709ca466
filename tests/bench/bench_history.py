"""What a long history costs: accepting a command in a server with limits, and opening a large database.

All jobs of the history are in the past, those of the first row in this month.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from statistics import median

from bench_report import Row, percentile
from ended_jobs import FIRST_MEMBER, leave_ended

from bot.domain.models import Card, Job, JobState, new_id
from bot.domain.money.spending_policy import decide
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.runtime.clock import SystemClock
from bot.store import Store
from tests.support.spending import request

GUILD = 700_000_000_000_000_700
MS, MB = 1000, 1_000_000
LEAST_MONTH_S = 3600.0
PLENTY = Decimal(900_000_000)


async def rows(*, quick: bool, folder: Path) -> AsyncIterator[Row]:
    """Measure an acceptance with 50,000 jobs this month and two limits, and an opening with a million jobs."""
    month, jobs, times = (300, 600, 5) if quick else (50_000, 1_000_000, 50)
    yield await _accept_row(folder / "month.db", month, times)
    yield await _open_row(folder / "large.db", jobs)


async def _accept_row(database: Path, jobs: int, times: int) -> Row:
    clock = SystemClock()
    now = clock.wall()
    this_month_s = max(LEAST_MONTH_S, now - Period.MONTH.start(now, dt.UTC))
    await leave_ended(database, [GUILD], count=jobs, over_s=this_month_s)
    store = await Store.open(database, clock=clock)
    try:
        without = [await _accept(store, number) for number in range(times)]
        for scope in (Scope.SERVER, Scope.EVERYONE):
            limit = Limit(scope=scope, period=Period.MONTH, credits=PLENTY)
            await store.limits.set(GUILD, limit, by_id=FIRST_MEMBER)
        limited = [await _accept(store, times + number) for number in range(times)]
    finally:
        await store.close()
    return Row(
        number=16,
        figure=f"accept in a server with {jobs:,} jobs this month and two limits",
        ours=median(limited) * MS,
        unit="ms",
        bar=2,
        before=70.7,
        note=f"processor time, median of {times}; without limits {median(without) * MS:.2g} ms, "
        f"p99 {percentile(limited, 99) * MS:.3g} ms",
    )


async def _accept(store: Store, number: int) -> float:
    """Let a member request a picture; return the seconds of processor time."""
    now, member_id, operation = SystemClock().wall(), FIRST_MEMBER + number, "image.generate"
    card = Card(
        id=new_id(), guild_id=GUILD, channel_id=GUILD + 1, author_id=member_id, interaction_id=number + 1,
        created_at=now,
    )  # fmt: skip
    job = Job(
        id=new_id(), card_id=card.id, guild_id=GUILD, position=0, author_id=member_id, operation=operation,
        input={"prompt": "a heron"}, state=JobState.SUBMITTING, idempotency_key=f"bench-{number}", key_id=None,
        held=Decimal(5), basis="fixed", created_at=now,
    )  # fmt: skip
    wanted = request(5, member_id=member_id, channel_ids=frozenset({card.channel_id}))
    began = time.process_time()
    await store.cards.accept(card, [job], lambda spending: decide(wanted, spending))
    return time.process_time() - began


async def _open_row(database: Path, jobs: int) -> Row:
    began = time.perf_counter()
    await leave_ended(database, [GUILD + 10 * number for number in range(20)], count=jobs)
    took_s = time.perf_counter() - began
    found = [await _opened(database) for _ in range(3)]
    size = f"{_size(database) / MB:,.0f} MB, filled in {took_s:.0f} s"
    seconds, cpu_s = max(found)
    return Row(
        number=16,
        figure=f"Store.open with {jobs:,} ended jobs",
        ours=seconds,
        unit="s",
        bar=0.3,
        before=4.6,
        note=f"slowest of {len(found)}, processor time {cpu_s:.2f} s; {size}",
    )


def _size(database: Path) -> int:
    return database.stat().st_size


async def _opened(database: Path) -> tuple[float, float]:
    """Open a database that was closed in order; return the seconds and those of processor time."""
    began, busy = time.perf_counter(), time.process_time()
    store = await Store.open(database, clock=SystemClock(), alone=True)
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    await store.close()
    return seconds, busy
