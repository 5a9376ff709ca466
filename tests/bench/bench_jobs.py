"""What a job costs: processor time and calls to Discord, of the same pictures through both bots at the same time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import bench_bot
from bench_beside import LIFE, NAIVE, OURS, Kind, side
from bench_report import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    jobs: int = 200
    per_s: float = 10.0
    speed: float = LIFE


QUICK = Sizes(jobs=40, per_s=20.0, speed=50.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one job, on average; times in seconds."""

    cpu_s: float
    calls: float
    polls: float
    lag_s: float


async def rows(*, quick: bool, folder: Path) -> list[Row]:
    """Measure a job from its command until its picture is posted, reactions included."""
    sizes = QUICK if quick else Sizes()
    ours, naive = await asyncio.gather(*(_cost(kind, folder / kind.name, sizes) for kind in (OURS, NAIVE)))
    return [
        Row(
            number=2,
            figure="processor time of a picture",
            ours=ours.cpu_s * 1000,
            naive=naive.cpu_s * 1000,
            unit="ms",
            bar=1.2,
            times_naive=True,
            note=f"{sizes.jobs} jobs; polls {ours.polls:.1f} and {naive.polls:.1f}, "
            f"lag {ours.lag_s:.2f} and {naive.lag_s:.2f} s",
        ),
        Row(
            number=3,
            figure="Discord calls of a picture",
            ours=ours.calls,
            naive=naive.calls,
            unit="",
            bar=3,
            limit="2: an answer and its picture",
        ),
    ]


async def _cost(kind: Kind, folder: Path, sizes: Sizes) -> Cost:
    async with side(kind, folder, commands=sizes.jobs, speed=sizes.speed) as bot:
        await bot.warm_up(sizes.per_s)
        cpu_s, calls = bench_bot.cpu_s(bot.place.process_id), len(bot.wire.calls())
        asked = await bot.ask([f"heron {number}" for number in range(sizes.jobs)], sizes.per_s)
        await bot.until_posted(asked)
        waits = bot.waits(asked)
        return Cost(
            cpu_s=(bench_bot.cpu_s(bot.place.process_id) - cpu_s) / sizes.jobs,
            calls=(len(bot.wire.calls()) - calls) / sizes.jobs,
            polls=mean(wait.polls for wait in waits),
            lag_s=mean(wait.lag_s for wait in waits),
        )
