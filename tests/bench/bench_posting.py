"""How long a picture of 2 MB takes from the poll that saw it until it is in the channel: download and upload."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench_beside import NAIVE, OURS, Kind, side
from bench_report import Row, percentile


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    pictures: int = 60
    per_s: float = 4.0
    speed: float = 10.0
    """How much faster than life the sandbox is: the wait for the poll is left out."""
    picture_bytes: int = 2_000_000


QUICK = Sizes(pictures=4, per_s=20.0, speed=50.0)


async def rows(*, quick: bool, folder: Path) -> AsyncIterator[Row]:
    """Measure both bots, one after the other, so that neither takes the other's core."""
    sizes = QUICK if quick else Sizes()
    naive = await _posting_s(NAIVE, folder / "naive", sizes)
    ours = await _posting_s(OURS, folder / "ours", sizes)
    size = f"{sizes.picture_bytes / 1_000_000:.0f} MB"
    slow = f"{percentile(ours, 99) * 1000:.0f} and {percentile(naive, 99) * 1000:.0f} ms"
    yield Row(
        number=8,
        figure=f"from the poll that sees a success to a picture of {size} in the channel, median",
        ours=median(ours) * 1000,
        naive=median(naive) * 1000,
        unit="ms",
        bar=150,
        note=f"p99 {slow}, {len(ours)} pictures",
    )


async def _posting_s(kind: Kind, folder: Path, sizes: Sizes) -> list[float]:
    async with side(kind, folder, commands=sizes.pictures, speed=sizes.speed, big_bytes=sizes.picture_bytes) as bot:
        await bot.warm_up(sizes.per_s)
        asked = await bot.ask([f"heron {number} #big" for number in range(sizes.pictures)], sizes.per_s)
        await bot.until_posted(asked)
        return [wait.posting_s for wait in bot.waits(asked)]
