"""The bot's speed and memory against its floors, on loopback, with a fixed seed: `make bench`.

Options: `--json` for machines; `--quick` runs everything in a few seconds with tiny sizes, which shows that it works
and proves nothing about the floors. Exit code 1 if a floor is missed. Needs Linux: memory is read from /proc.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(1, str(HERE.parents[1]))

import bench_bot  # noqa: E402 - found by the line above
from bench_report import Row, told  # noqa: E402 - the same

from bot.runtime.logs import configure_logs  # noqa: E402 - the same

SEED = 20_260_101
MB = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    starts_again: int = 4
    burst: int = 50
    rounds: int = 6
    jobs: int = 3000
    polling_s: float = 10.0
    clip_bytes: int = 50 * MB
    speed: float = 10.0
    """How much faster than life the sandbox is while it serves commands."""


QUICK = Sizes(starts_again=1, burst=4, rounds=1, jobs=40, polling_s=1.2, clip_bytes=2 * MB, speed=200.0)


async def _rows(sizes: Sizes, folder: Path) -> list[Row]:
    async with bench_bot.sandbox(speed=sizes.speed, big_bytes=sizes.clip_bytes) as api_url:
        return [
            *_start_rows(await bench_bot.starts(folder / "starts", api_url, again=sizes.starts_again)),
            _answer_row(
                sizes,
                await bench_bot.acknowledgements(folder / "burst", api_url, burst=sizes.burst, rounds=sizes.rounds),
            ),
            *_poll_rows(await _polls(sizes, api_url)),
            _video_row(await bench_bot.video(folder / "video", api_url)),
        ]


def _start_rows(starts: Sequence[bench_bot.Start]) -> list[Row]:
    first, *again = starts
    slowest = max(again, key=lambda start: start.seconds)
    heaviest = max(start.memory_bytes for start in starts)
    return [
        Row(
            figure="first start to ready",
            measured=first.seconds,
            unit="s",
            floor=2,
            note="empty folder, commands registered",
        ),
        Row(
            figure="later start to ready", measured=slowest.seconds, unit="s", floor=2, note=f"slowest of {len(again)}"
        ),
        Row(figure="memory when ready", measured=heaviest / MB, unit="MB", floor=110, note=f"most of {len(starts)}"),
    ]


def _answer_row(sizes: Sizes, seconds: Sequence[float]) -> Row:
    ordered = sorted(seconds)
    ninety_nine = ordered[max(0, -(-len(ordered) * 99 // 100) - 1)]
    return Row(
        figure=f"acknowledgement p99, {sizes.burst} commands at once",
        measured=ninety_nine * 1000,
        unit="ms",
        floor=100,
        note=f"median {median(ordered) * 1000:.0f} ms, {len(ordered)} commands",
    )


async def _polls(sizes: Sizes, api_url: str) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, HERE / "bench_polls.py", api_url, f"{sizes.jobs}", f"{sizes.polling_s}", f"{SEED}",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"bench_polls.py ended with {process.returncode}")
    found: dict[str, Any] = json.loads(output)
    return found | {"jobs": sizes.jobs}


def _poll_rows(found: dict[str, Any]) -> list[Row]:
    rate = found["polls"] / found["wall_s"]
    busy = found["cpu_s"] / found["wall_s"]
    return [
        Row(
            figure="polls on one core",
            measured=rate,
            unit="/s",
            floor=1000,
            at_least=True,
            note=f"{found['jobs']:,} open jobs, core {busy:.0%} busy",
        ),
        Row(
            figure="rows written by unchanged polls",
            measured=found["rows_written"],
            unit="",
            floor=0,
            note=f"{found['polls']:,} polls",
        ),
    ]


def _video_row(delivery: bench_bot.Delivery) -> Row:
    return Row(
        figure=f"more memory while a video of {delivery.size_bytes / MB:.0f} MB is delivered",
        measured=max(0, delivery.peak_bytes - delivery.before_bytes) / MB,
        unit="MB",
        floor=20,
        note=f"peak {delivery.peak_bytes / MB:.0f} MB",
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the bot's speed and memory against its floors.")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: whether it runs, not how fast")
    arguments = parser.parse_args()
    if not Path("/proc/self/status").exists():
        sys.exit("make bench needs Linux: it reads memory from /proc.")
    configure_logs(level="ERROR", log_format="json")  # to standard error: what is printed here is the table alone
    with tempfile.TemporaryDirectory(prefix="cannon-bot-bench-") as folder:
        rows = asyncio.run(_rows(QUICK if arguments.quick else Sizes(), Path(folder)))
    sys.stdout.write(f"{told(rows, as_json=arguments.json)}\n")
    return int(not arguments.quick and not all(row.met for row in rows))


if __name__ == "__main__":
    sys.exit(main())
