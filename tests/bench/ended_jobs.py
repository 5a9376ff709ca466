"""A database of a bot that has served for most of a year: many jobs that have ended, with cards, results and ledger.

One job of each kind goes through the store from its request to its end. All others are copies of its rows, made by SQL:
the same columns, with other ids, members, servers and times. All of it is in the past: the last job has just ended.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.domain.models import Card, Job, JobState, Media, MediaKind, new_id
from bot.runtime.clock import SystemClock
from bot.store import Store

DAYS = 300
"""Over which the jobs are spread unless told otherwise; fewer than are kept."""
TOOK_S = 60.0
"""More than any of them takes: the last one ends before now."""
MEMBERS = 500
FIRST_MEMBER = 700_000_000_000_000_000
DAY_S = 86_400.0
PROMPT = "a bronze cannon on a hill above the sea at dawn, long shadows, oil on canvas, in the manner of old masters"
KINDS = (
    ("image.generate", {"prompt": PROMPT, "model": "seedream-4.0", "aspect_ratio": "16:9"}, MediaKind.IMAGE, 5),
    ("video.generate", {"prompt": PROMPT, "model": "seedance-2.0", "duration": "5"}, MediaKind.VIDEO, 50),
    ("narration.generate", {"text": PROMPT, "voice_id": "voice-one"}, MediaKind.AUDIO, 2),
)
_FAST = ("foreign_keys = OFF", "journal_mode = OFF", "synchronous = OFF", "cache_size = -500000")
"""Of a new file that nothing reads yet: no log, and half a gigabyte of its pages in memory."""
TABLES = ("cards", "jobs", "ledger")
"""In the order in which their rows depend on each other."""


class Earlier(SystemClock):
    """A clock that is so many seconds slow."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def wall(self) -> float:
        return super().wall() - self._seconds


async def leave_ended(database: Path, guild_ids: Sequence[int], *, count: int, over_s: float = DAYS * DAY_S) -> None:
    """Fill a new database with `count` ended jobs of these servers: delivered, paid, each on a card of its own.

    The first was requested `over_s` ago, the last has just ended.
    """
    clock = Earlier(over_s + TOOK_S)
    store = await Store.open(database, clock=clock)
    try:
        for number, (operation, values, kind, cost) in enumerate(KINDS):
            await _delivered(store, clock.wall(), guild_ids[0], number, operation, values, kind, Decimal(cost))
    finally:
        await store.close()
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as db:
        for pragma in _FAST:
            db.execute(f"PRAGMA {pragma}")
        db.execute("BEGIN")
        _copy(db, guild_ids, count - len(KINDS), over_s)
        db.execute("COMMIT")


async def _delivered(
    store: Store, now: float, guild_id: int, number: int, operation: str, values: dict[str, Any], kind: MediaKind,
    cost: Decimal,
) -> None:  # fmt: skip
    """Let a job be requested, held, delivered and paid."""
    card = Card(
        id=new_id(), guild_id=guild_id, channel_id=guild_id + 1, author_id=FIRST_MEMBER,
        interaction_id=guild_id + number, created_at=now,
    )  # fmt: skip
    job_id = new_id()
    job = Job(
        id=job_id, card_id=card.id, guild_id=guild_id, position=0, author_id=card.author_id, operation=operation,
        input=values, state=JobState.PROCESSING, idempotency_key=f"cannon-bot-{job_id}", key_id=None, held=cost,
        basis="fixed", price_kind="standard", remote_id=f"req_{job_id}", created_at=now, submitted_at=now + 1,
        next_at=now + 30,
    )  # fmt: skip
    await store.cards.accept(card, [job], lambda _spending: None)
    await store.cards.mark_answered(guild_id, card.id, guild_id + number, card.channel_id)
    url = f"https://cdn.cannonstudio.app/results/{job_id}/result"
    (running,) = await store.jobs.of_card(guild_id, card.id)
    ended = await store.jobs.change(
        running,
        JobState.DELIVERED,
        settle=cost,
        cost=cost,
        started_at=now + 3,
        finished_at=now + 30,
        delivered_at=now + 32,
        message_id=guild_id + number,
        output={"result_url": url, "seed": 123_456},
        media=(Media(url=url, kind=kind, key="result_url"),),
    )
    assert ended is not None


def _copy(db: sqlite3.Connection, guild_ids: Sequence[int], count: int, over_s: float) -> None:
    """Copy the jobs that are there with their cards and ledger, one after the other, `count` times in all."""
    db.execute("CREATE TEMP TABLE copies (n INTEGER PRIMARY KEY, job_id TEXT, guild_id INTEGER, later_s REAL)")
    jobs = [job_id for (job_id,) in db.execute("SELECT id FROM jobs ORDER BY rowid")]
    db.executemany(
        "INSERT INTO copies VALUES (?, ?, ?, ?)",
        ((n, jobs[n % len(jobs)], guild_ids[n % len(guild_ids)], n / count * over_s) for n in range(1, count + 1)),
    )
    for table in TABLES:
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if (table, row[1]) != ("ledger", "id")]
        made = ", ".join(_copied(column) for column in columns)
        source = "cards AS old ON old.id = job.card_id" if table == "cards" else f"{table} AS old ON "
        source += "" if table == "cards" else "old.id = job.id" if table == "jobs" else "old.job_id = job.id"
        db.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {made}"
            f" FROM copies JOIN jobs AS job ON job.id = copies.job_id JOIN {source} ORDER BY n"
        )


def _copied(column: str) -> str:
    """Return how the value of a column follows from the row that is copied, as SQL."""
    if column == "guild_id":
        return "copies.guild_id"
    if column in {"id", "card_id", "job_id", "idempotency_key", "remote_id"}:
        return f"substr(old.{column}, 1, length(old.{column}) - 6) || printf('%06d', n)"
    if column in {"author_id", "member_id"}:
        return f"{FIRST_MEMBER} + n * 7919 % {MEMBERS}"
    if column in {"message_id", "interaction_id"}:
        return f"old.{column} + n * 4096"
    return f"old.{column} + later_s" if column == "at" or column.endswith("_at") else f"old.{column}"
