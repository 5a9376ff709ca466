"""What a long history costs: a command in a server with limits, and opening, reports and lists of a large database.

All jobs of the history are in the past, those of the first row in this month. Half of the large database is of one
server.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import TypeAlias

from bench_report import Row, percentile
from ended_jobs import DAY_S, FIRST_MEMBER, leave_ended

from bot.domain.models import Card, Job, JobState, new_id
from bot.domain.money.spend_request import SpendRequest
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
    """Measure an acceptance with 50,000 jobs this month and two limits, and the rest with a million jobs."""
    month, jobs, times = (300, 600, 5) if quick else (50_000, 1_000_000, 50)
    yield await _accept_row(folder / "month.db", month, times)
    large = folder / "large.db"
    yield await _open_row(large, jobs)
    store = await Store.open(large, clock=SystemClock(), alone=True)
    try:
        yield await _read_row("longest first read after a start", FIRST_READS, store, jobs, bar=50, before=870)
        for figure, reads, before in (("/usage", REPORTS, 570), ("/jobs that finds nothing", EMPTY_LISTS, 310)):
            yield await _read_row(f"{figure} of {jobs // 2:,} jobs", reads, store, jobs, bar=20, before=before)
    finally:
        await store.close()


Read: TypeAlias = Callable[[Store], Awaitable[object]]

FIRST_READS: Mapping[str, Read] = {
    "figures": lambda store: store.figures.now(),
    "cards being made": lambda store: store.cards.being_made(CARDS),
    "undrawn cards": lambda store: store.cards.undrawn(CARDS),
    "costs of an operation": lambda store: store.true_costs.all(GUILD, None, operation="image.generate"),
    "costs": lambda store: store.true_costs.all(GUILD, None),
    "balance": lambda store: store.ledger.balance(GUILD),
}
CARDS = 5000


def _report(days: int) -> Read:
    """Return the read of a report of so many days, which end in the middle of an hour as those of some zones do."""
    end = SystemClock().wall() // DAY_S * DAY_S + DAY_S + 1800
    spans = [(end - (back + 1) * DAY_S, end - back * DAY_S) for back in reversed(range(days))]
    return lambda store: store.reports.totals(GUILD, spans)


REPORTS: Mapping[str, Read] = {
    "a day": _report(1),
    "a week": _report(7),
    "a month": _report(30),
    "a quarter": _report(90),
}
EMPTY_LISTS: Mapping[str, Read] = {
    "a state": lambda store: store.job_lists.page(GUILD, states={JobState.REFUSED}, limit=PAGE),
    "all that fails": lambda store: store.job_lists.page(
        GUILD, states={JobState.FAILED, JobState.EXPIRED, JobState.CANCELLED, JobState.REFUSED}, limit=PAGE
    ),
    "a member's": lambda store: store.job_lists.page(
        GUILD, author_id=FIRST_MEMBER, states={JobState.FAILED}, limit=PAGE
    ),
    "words": lambda store: store.job_lists.search(GUILD, ["zeppelin"], limit=PAGE),
}
PAGE = 8


async def _read_row(
    figure: str, reads: Mapping[str, Read], store: Store, jobs: int, *, bar: float, before: float
) -> Row:
    """Measure each of the reads once, as the first of its kind, and tell the longest."""
    took = {}
    for name, read in reads.items():
        began = time.process_time()
        await read(store)
        took[name] = (time.process_time() - began) * MS
    each = ", ".join(f"{name} {ms:.2g}" for name, ms in took.items())
    return Row(
        number=16,
        figure=f"{figure}, {jobs:,} ended jobs in all",
        ours=max(took.values()),
        unit="ms",
        bar=bar,
        before=before,
        note=f"processor time of the longest; {each}",
    )


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
    wanted, card, job = new_request(number)
    began = time.process_time()
    await store.cards.accept(card, [job], lambda spending: decide(wanted, spending))
    return time.process_time() - began


def new_request(number: int) -> tuple[SpendRequest, Card, Job]:
    """Return a member's request for a picture as it is decided on and stored."""
    now, member_id, operation = SystemClock().wall(), FIRST_MEMBER + number, "image.generate"
    card = Card(
        id=new_id(), guild_id=GUILD, channel_id=GUILD + 1, author_id=member_id, interaction_id=number + 1,
        created_at=now,
    )  # fmt: skip
    job_id = new_id()
    job = Job(
        id=job_id, card_id=card.id, guild_id=GUILD, position=0, author_id=member_id, operation=operation,
        input={"prompt": "a heron"}, state=JobState.SUBMITTING, idempotency_key=f"bench-{job_id}", key_id=None,
        held=Decimal(5), basis="fixed", created_at=now,
    )  # fmt: skip
    return request(5, member_id=member_id, channel_ids=frozenset({card.channel_id})), card, job


async def _open_row(database: Path, jobs: int) -> Row:
    began = time.perf_counter()
    others = [GUILD + 10 * number for number in range(1, 20)]
    await leave_ended(database, [*(GUILD for _ in others), *others], count=jobs)
    took_s = time.perf_counter() - began
    unclean_s, _ = await _opened(database)
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
        note=f"slowest of {len(found)} after a clean end, processor time {cpu_s:.2f} s; after any other, all pages are "
        f"read: {unclean_s:.2g} s; {size}",
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
