"""How long members wait for the list of results while they type, on a server with 50,000 results, and who waits for it.

Ten members each type words that no result has, letter by letter, each letter 0.1 s after the one before or as soon as
its list is there; meanwhile settings are read again and again, as every command does. The naive search is one `LIKE`
over the same rows.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from pathlib import Path
from statistics import median

from bench_report import Row, percentile

from bot.domain.models import Card, Job, JobState, Media, MediaKind
from bot.generation.visible_jobs import VisibleJobs
from bot.runtime.clock import SystemClock
from bot.store import Store
from bot.store.jobs.rows import insert_card, insert_job
from tests.support.viewers import seeing

GUILD, SEED, MS = 700, 20_260_101, 1000
MEMBERS = 10
LETTER_S = 0.1
OTHERS_S = 0.005
BATCH = 1000
TYPED = ("zeppelin zq", "xylophone", "#quagga 7", "Жираф")
LETTERS = "abcdefghijklmnoprstuvwy"
"""Those of the prompts: q, x and z are in none."""


async def rows(*, quick: bool, folder: Path) -> AsyncIterator[Row]:
    """Measure ten members who each type these words several times."""
    results, times = (500, 1) if quick else (50_000, 3)
    store = await Store.open(folder / "bot.db", clock=SystemClock())
    try:
        await _fill(store, results)
        searches, reads = await _typing(store, times)
    finally:
        await store.close()
    naive = [_naive(folder / "bot.db", typed) for typed in TYPED]
    yield Row(
        number=12,
        figure=f"a keystroke among {results:,} results that finds nothing, 99th percentile",
        ours=percentile(searches, 99) * MS,
        naive=max(naive) * MS,
        unit="ms",
        bar=30,
        note=f"{MEMBERS} members, {len(searches):,} letters, median {median(searches) * MS:.2g} ms",
    )
    yield Row(
        number=12,
        figure="another read meanwhile, 99th percentile",
        ours=percentile(reads, 99) * MS,
        unit="ms",
        bar=10,
        note=f"{len(reads):,} reads, median {median(reads) * MS:.2g} ms",
    )


async def _typing(store: Store, times: int) -> tuple[list[float], list[float]]:
    """Return the seconds of each keystroke's list and of each other read."""
    visible, searches, reads, is_over = VisibleJobs(store), list[float](), list[float](), asyncio.Event()

    async def type_all(member_id: int) -> None:
        viewer = seeing(GUILD, member_id)
        await asyncio.sleep(LETTER_S * member_id / MEMBERS)
        for word in TYPED * times:
            for end in range(1, len(word) + 1):
                begun = time.perf_counter()
                found = await visible.results(viewer, kinds=[MediaKind.IMAGE], typed=word[:end])
                searches.append(took := time.perf_counter() - begun)
                assert end < 3 or found == []
                await asyncio.sleep(max(0.0, LETTER_S - took))

    async def read() -> None:
        while not is_over.is_set():
            begun = time.perf_counter()
            await store.meta.get("bench")
            reads.append(time.perf_counter() - begun)
            await asyncio.sleep(OTHERS_S)

    reading = asyncio.create_task(read())
    await asyncio.gather(*(type_all(member_id) for member_id in range(MEMBERS)))
    is_over.set()
    await reading
    return searches, reads


def _naive(path: Path, typed: str) -> float:
    """Return the seconds of one search without an index."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        begun = time.perf_counter()
        db.execute(
            "SELECT id, input FROM jobs WHERE guild_id = ? AND state = 'delivered' AND input LIKE ?"
            " ORDER BY created_at DESC LIMIT 25",
            (GUILD, f"%{typed}%"),
        ).fetchall()
        return time.perf_counter() - begun


async def _fill(store: Store, count: int) -> None:
    """Let the server have so many results, each of 25 made-up words."""
    chance = random.Random(SEED)
    words = ["".join(chance.choices(LETTERS, k=chance.randint(2, 9))) for _ in range(4000)]
    for start in range(0, count, BATCH):
        numbers = range(start, min(count, start + BATCH))
        prompts = [" ".join(chance.choices(words, k=25)) for _ in numbers]
        await store._database.write(functools.partial(_insert_all, store, list(zip(numbers, prompts, strict=True))))


def _insert_all(store: Store, pairs: Sequence[tuple[int, str]], db: sqlite3.Connection) -> None:
    for number, prompt in pairs:
        _insert(db, store, number, prompt)


def _insert(db: sqlite3.Connection, store: Store, number: int, prompt: str) -> None:
    at = 1_000_000.0 + number
    card = Card(
        id=f"C{number:09}", guild_id=GUILD, channel_id=55, author_id=number % 100, interaction_id=number, token=None,
        token_expires_at=0, created_at=at,
    )  # fmt: skip
    job = Job(
        id=f"K{number:09}", card_id=card.id, guild_id=GUILD, position=0, author_id=card.author_id,
        operation="image.generate", input={"prompt": prompt, "model": "flux"},
        state=JobState.DELIVERED, idempotency_key=f"k{number}", key_id=None, held=Decimal(1), basis="fixed",
        created_at=at, media=(Media(url=f"https://media.test/{number}.png", kind=MediaKind.IMAGE, key="image_url"),),
    )  # fmt: skip
    insert_card(db, card, store._box)
    insert_job(db, job)
