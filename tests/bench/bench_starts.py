"""How long a start takes until the bot is ready or follows its jobs, and how much memory it has then.

Measured is from starting the process of `cannon-bot run` until Discord has sent READY, which comes after the database
is open, every command is loaded and registered, and the last run's cards are recovered. Memory is the resident set at
that moment. Jobs are followed once the worker has claimed all that an earlier life has left, each on a card of its own;
discord.py waits for its servers as long as it does for a host.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import bench_bot
import bench_polls
import outstanding_rows
from bench_report import Row
from ended_jobs import leave_ended

from bot.runtime.clock import SystemClock
from bot.store import Store

MB = 1_000_000
AGAIN, QUICK_AGAIN = 4, 1
ENDED, QUICK_ENDED = 200_000, 300
OPEN, QUICK_OPEN = 20_000, 200
SERVERS = 20
IN_THE_IMAGE = {"PYTHONOPTIMIZE": "2"}
"""Without docstrings and asserts: 4.5 MB less."""
SPEED = 10.0


@dataclass(frozen=True, slots=True)
class Start:
    seconds: float
    cpu_s: float
    memory_bytes: int


async def rows(*, quick: bool, folder: Path) -> AsyncIterator[Row]:
    """Give the figures of first and later starts, and of starts with many ended or open jobs in the database."""
    again, ended = (QUICK_AGAIN, QUICK_ENDED) if quick else (AGAIN, ENDED)
    async with bench_bot.sandbox(speed=SPEED) as api_url:
        first, *later = await starts(folder / "empty", api_url, times=1 + again)
        yield _start_row("first start to ready", [first], 0.5, "empty folder, commands registered", before=0.70)
        yield _start_row("later start to ready", later, 0.5, f"slowest of {again}", before=0.70)
        yield _memory_row("memory when ready", [first, *later], 90.8)
        lean = await starts(folder / "lean", api_url, times=2, env=IN_THE_IMAGE)
        yield _memory_row("memory when ready, without docstrings", lean, 86.4)
        full = await starts(folder / "full", api_url, times=again, ended=ended)
        size_mb = sum(file.stat().st_size for file in (folder / "full").glob("bot.db*")) / MB
        note = f"slowest of {again}; {size_mb:.0f} MB, memory {full[-1].memory_bytes / MB:.1f} MB"
        yield _start_row(f"start to ready with {ended:,} ended jobs", full, 1.5, note)
        yield await _followed(folder / "open", api_url, QUICK_OPEN if quick else OPEN, times=1 if quick else 3)


async def _followed(folder: Path, api_url: str, jobs: int, *, times: int) -> Row:
    """Start the bot with so many open jobs, and return when it follows them."""
    found = []
    async with bench_bot.stage(folder, api_url) as place:
        await _fill(place.database, jobs)
        for guild_id in range(1, 1 + bench_polls.GUILDS):
            place.wire.backend.create_guild(guild_id)
        note = folder / "followed"
        for _ in range(times):
            note.unlink(missing_ok=True)
            began = time.time()
            async with place.bot(env={"BENCH_FOLLOWED": f"{jobs}"}):
                await place.wire.until(note.exists, bench_bot.PATIENCE_S)
                found.append(float(note.read_text()) - began)
    return Row(
        number=10, figure=f"start to following {jobs:,} jobs", ours=max(found), unit="s", bar=1.2, before=3.3,
        note=f"slowest of {times}, each on a card of its own",
    )  # fmt: skip


def _memory_row(figure: str, starts: Sequence[Start], before: float) -> Row:
    return Row(
        number=10, figure=figure, ours=max(start.memory_bytes for start in starts) / MB, unit="MB", bar=84,
        before=before, note=f"most of {len(starts)} starts; the last {starts[-1].memory_bytes / MB:.1f} MB",
    )  # fmt: skip


def _start_row(figure: str, starts: Sequence[Start], bar: float, note: str, *, before: float | None = None) -> Row:
    slowest = max(starts, key=lambda start: start.seconds)
    return Row(
        number=10,
        figure=figure,
        ours=slowest.seconds,
        unit="s",
        bar=bar,
        before=before,
        note=f"{note}, processor time {slowest.cpu_s:.2f} s",
    )


async def starts(
    folder: Path, api_url: str, *, times: int, ended: int = 0, env: Mapping[str, str] | None = None
) -> list[Start]:
    """Start the bot so many times in one folder, which is empty at first or has `ended` jobs in its database.

    Each is killed when it is ready.
    """
    found = []
    async with bench_bot.stage(folder, api_url) as place:
        if ended:
            guilds = [place.guild.id, *(place.wire.create_guild(f"Server {n}").id for n in range(1, SERVERS))]
            await leave_ended(place.database, guilds, count=ended)
        for _ in range(times):
            began = time.perf_counter()
            async with place.bot(env=env) as bot:
                await bot.online(bench_bot.PATIENCE_S)
                seconds = time.perf_counter() - began
                process_id = place.process_id
                assert "image" in place.wire.commands()
                found.append(Start(seconds, bench_bot.cpu_s(process_id), bench_bot.memory(process_id, "VmRSS")))
    return found


async def _fill(database: Path, jobs: int) -> None:
    """Fill a new database with so many open jobs, each on a card of its own."""
    clock = SystemClock()
    store = await Store.open(database, clock=clock)
    try:
        names = [f"req_model_{number}" for number in range(bench_polls.GUILDS)]
        await bench_polls.fill(store, names, clock)
        await store._database.write(lambda db: outstanding_rows.multiply(db, jobs - len(names)))
    finally:
        await store.close()
