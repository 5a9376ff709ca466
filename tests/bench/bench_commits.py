"""How many durable writes a second the store takes from 200 writers at once, and how long each waits for its commit.

Each writer is a task that marks its own card as answered, as the bot does after each command, and begins anew once that
is committed: `synchronous=FULL`, on the disk of the folder. The naive store is the same statement with a commit of its
own, one after the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from statistics import median

from bench_report import Row, percentile

from bot.domain.models import Card
from bot.runtime.clock import SystemClock
from bot.store import Store
from bot.store.jobs.rows import insert_card

GUILD = 700
WRITERS = 200
WARM_UP = 2000
"""Writes before those that count: the first of a new file make its log longer."""
MS = 1000


async def rows(*, quick: bool, folder: Path) -> AsyncIterator[Row]:
    """Measure 60,000 writes."""
    writes, syncs = (1000, 20) if quick else (60_000, 300)
    sync_s = median(_syncs(folder / "sync", syncs))
    naive_s = sorted(_alone(folder / "naive.db", syncs))
    waits, seconds = await _together(folder / "bot.db", writes)
    yield Row(
        number=11,
        figure="durable writes of 200 writers",
        ours=writes / seconds,
        naive=len(naive_s) / sum(naive_s),
        unit="/s",
        bar=10_000,
        at_least=True,
        limit=f"{1 / sync_s:,.0f} syncs/s of this disk",
        note=f"{writes:,} writes",
    )
    yield Row(
        number=11,
        figure="wait for a commit, 99th percentile of 200 writers",
        ours=percentile(waits, 99) * MS,
        naive=sum(naive_s) / len(naive_s) * WRITERS * MS,  # each waits for all others
        unit="ms",
        bar=10,
        limit=f"{sync_s * MS:.2g} ms: a sync of this disk",
        note=f"median {median(waits) * MS:.2g} ms, longest {max(waits) * MS:.3g} ms",
    )


def _syncs(path: Path, count: int) -> Iterator[float]:
    """Write a page over another and sync it, so many times; give the seconds of each."""
    page = b"x" * 4096
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.pwrite(file, page * count, 0)
        os.fsync(file)
        for place in range(count):
            begun = time.perf_counter()
            os.pwrite(file, page, place * len(page))
            os.fdatasync(file)
            yield time.perf_counter() - begun
    finally:
        os.close(file)


def _alone(path: Path, count: int) -> Iterator[float]:
    """Give the seconds of so many writes that each have a commit of their own."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE cards (id TEXT PRIMARY KEY, answered INTEGER, message_id INTEGER)")
        db.executemany("INSERT INTO cards VALUES (?, 0, 0)", [(f"C{number:09}",) for number in range(WRITERS)])
        for number in range(count):
            begun = time.perf_counter()
            db.execute(
                "UPDATE cards SET answered = 1, message_id = ? WHERE id = ?", (number, f"C{number % WRITERS:09}")
            )
            yield time.perf_counter() - begun


async def _together(path: Path, count: int) -> tuple[list[float], float]:
    """Return how long each of so many writes took and how long all did, in seconds."""
    store = await Store.open(path, clock=SystemClock())
    try:
        await store._database.write(lambda db: [insert_card(db, _card(n), store._box) for n in range(WRITERS)])
        await _wait_for(store, WARM_UP)
        begun = time.perf_counter()
        waits = await _wait_for(store, count)
        return waits, time.perf_counter() - begun
    finally:
        await store.close()


async def _wait_for(store: Store, count: int) -> list[float]:
    left, waits = iter(range(count)), list[float]()

    async def write(card_id: str) -> None:
        for number in left:
            begun = time.perf_counter()
            await store.cards.mark_answered(GUILD, card_id, number, 55)
            waits.append(time.perf_counter() - begun)

    await asyncio.gather(*(write(_card(n).id) for n in range(WRITERS)))
    return waits


def _card(number: int) -> Card:
    return Card(
        id=f"C{number:09}", guild_id=GUILD, channel_id=55, author_id=42, interaction_id=number, token=None,
        token_expires_at=0, created_at=1_000_000.0 + number,
    )  # fmt: skip
