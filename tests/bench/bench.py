"""The bot's speed, memory and calls against their bars, beside a naive bot: `make bench`.

Everything runs on loopback. Options: `--only 6,7` for the rows of these numbers; `--json` for machines; `--quick` runs
everything with tiny sizes, which shows that it works and proves nothing about the bars. Exit code 1 if a bar is missed.
Needs Linux: memory and processor time are read from /proc.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

HERE = Path(__file__).resolve().parent
sys.path.insert(1, str(HERE.parents[1]))

from bench_report import Row, told  # noqa: E402 - found by the line above

from bot.runtime.logs import configure_logs  # noqa: E402 - the same
from tests.support.machine import mean_slowness  # noqa: E402 - the same

MODULES = {
    "bench_answers": {1},
    "bench_jobs": {2, 3},
    "bench_cards": {3},
    "bench_posting": {8},
    "bench_schedule": {4},
    "bench_waits": {5, 14},
    "bench_polls": {6},
    "bench_outstanding": {7},
    "bench_files": {9},
    "bench_starts": {10},
    "bench_commits": {11},
    "bench_autocomplete": {12},
    "bench_drain": {13},
    "bench_work": {15},
}
"""Each has `async def rows(*, quick: bool, folder: Path) -> list[Row]`, whose rows have these numbers."""
NUMBERS = frozenset().union(*MODULES.values())

Measure: TypeAlias = Callable[..., Awaitable[list[Row]]]


async def _rows(only: Collection[int], folder: Path, *, quick: bool) -> list[Row]:
    """Let each module that has one of the numbers measure in a folder of its own, one after the other."""
    found: list[Row] = []
    this = asyncio.current_task()
    assert this is not None
    # Or an end by `timeout` would leave the bots and sandboxes running.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    for name, numbers in MODULES.items():
        if numbers.isdisjoint(only):
            continue
        measure: Measure = importlib.import_module(name).rows
        own = folder / name
        own.mkdir()
        before = mean_slowness()
        rows = await measure(quick=quick, folder=own)
        slower = (before + mean_slowness()) / 2
        found += [replace(row, slowness=slower) for row in rows]
    return sorted((row for row in found if row.number in only), key=lambda row: row.number)


def _numbers(text: str) -> frozenset[int]:
    numbers = frozenset(map(int, text.split(",")))
    if unknown := numbers - NUMBERS:
        raise argparse.ArgumentTypeError(f"no such number: {', '.join(map(str, sorted(unknown)))}")
    return numbers


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the bot's speed, memory and calls against their bars.")
    parser.add_argument("--only", type=_numbers, default=NUMBERS, metavar="6,7", help="the rows of these numbers")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: whether it runs, not how fast")
    arguments = parser.parse_args()
    if not Path("/proc/self/status").exists():
        sys.exit("make bench needs Linux: it reads memory and processor time from /proc.")
    configure_logs(level="ERROR", log_format="json")  # to standard error: what is printed here is the table alone
    with tempfile.TemporaryDirectory(prefix="cannon-bot-bench-") as folder:
        rows = asyncio.run(_rows(arguments.only, Path(folder), quick=arguments.quick))
    sys.stdout.write(f"{told(rows, as_json=arguments.json)}\n")
    return int(not arguments.quick and not all(row.met for row in rows))


if __name__ == "__main__":
    sys.exit(main())
