"""How often the store is visited for a picture, on the simulated Discord in virtual time: counts that hold anywhere."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(1, str(HERE.parents[1]))

from bench_report import Row  # noqa: E402 - found by the line above

PICTURES, PICTURES_QUICK = 100, 5
BARS = {
    "synced commits of a picture": ("commits", 5, 9),
    "visits to the store's threads": ("hops", 8, 21.3),
    "statements of a picture": ("statements", 60, 130),
}


async def rows(*, quick: bool, folder: Path) -> AsyncIterator[Row]:
    """Count in a process of its own: the simulated Discord changes parts of the program that other rows measure."""
    count = PICTURES_QUICK if quick else PICTURES
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, str(count), str(folder), stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"counting ended with {process.returncode}")
    counts = json.loads(printed)
    for figure, (name, bar, before) in BARS.items():
        yield Row(number=15, figure=figure, ours=counts[name] / count, unit="", bar=bar, before=before)


async def _count(count: int, folder: Path) -> None:
    from tests.support.rig import running
    from tests.support.work_counts import work_of_pictures

    with tempfile.TemporaryDirectory(dir=folder) as own:
        async with running(Path(own)) as rig:
            counts = await work_of_pictures(rig, count)
    print(json.dumps({name: getattr(counts, name) for name, *_ in BARS.values()}))  # noqa: T201 - read by `rows`


if __name__ == "__main__":
    from bot.runtime.logs import configure_logs

    configure_logs(level="ERROR", log_format="json")
    asyncio.run(_count(int(sys.argv[1]), Path(sys.argv[2])))
