"""How long a start takes until the bot is ready, and how much memory it has then.

Measured is from starting the process of `cannon-bot run` until Discord has sent READY, which comes after the database
is open, every command is loaded and registered, and the last run's cards are recovered. Memory is the resident set at
that moment.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import bench_bot
from bench_report import Row
from ended_jobs import leave_ended

MB = 1_000_000
AGAIN, QUICK_AGAIN = 4, 1
ENDED, QUICK_ENDED = 200_000, 300
SERVERS = 20
START_BAR_S, MEMORY_BAR_MB, FULL_BAR_S = 0.6, 90, 1.5
SPEED = 10.0


@dataclass(frozen=True, slots=True)
class Start:
    seconds: float
    cpu_s: float
    memory_bytes: int


async def rows(*, quick: bool, folder: Path) -> list[Row]:
    """Return the figures of first and later starts, and of starts with a year of jobs in the database."""
    again, ended = (QUICK_AGAIN, QUICK_ENDED) if quick else (AGAIN, ENDED)
    async with bench_bot.sandbox(speed=SPEED) as api_url:
        first, *later = await starts(folder / "empty", api_url, times=1 + again)
        full = await starts(folder / "full", api_url, times=again, ended=ended)
    size_mb = sum(file.stat().st_size for file in (folder / "full").glob("bot.db*")) / MB
    return [
        _start_row("first start to ready", [first], START_BAR_S, "empty folder, commands registered"),
        _start_row("later start to ready", later, START_BAR_S, f"slowest of {again}"),
        Row(
            number=10,
            figure="memory when ready",
            ours=max(start.memory_bytes for start in (first, *later)) / MB,
            unit="MB",
            bar=MEMORY_BAR_MB,
            note=f"most of {1 + again} starts; later ones {later[-1].memory_bytes / MB:.1f} MB",
        ),
        _start_row(
            f"start to ready with {ended:,} ended jobs",
            full,
            FULL_BAR_S,
            f"slowest of {again}; {size_mb:.0f} MB, memory {full[-1].memory_bytes / MB:.1f} MB",
        ),
    ]


def _start_row(figure: str, starts: Sequence[Start], bar: float, note: str) -> Row:
    slowest = max(starts, key=lambda start: start.seconds)
    return Row(
        number=10,
        figure=figure,
        ours=slowest.seconds,
        unit="s",
        bar=bar,
        note=f"{note}, processor time {slowest.cpu_s:.2f} s",
    )


async def starts(folder: Path, api_url: str, *, times: int, ended: int = 0) -> list[Start]:
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
            async with place.bot() as bot:
                await bot.online(bench_bot.PATIENCE_S)
                seconds = time.perf_counter() - began
                process_id = place.process_id
                assert "image" in place.wire.commands()
                found.append(Start(seconds, bench_bot.cpu_s(process_id), bench_bot.memory(process_id, "VmRSS")))
    return found
