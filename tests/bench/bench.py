"""The bot's speed, memory and calls against their bars, beside a naive bot: `make bench`.

Everything runs on loopback. Options: `--only 6,7` for the rows of these numbers; `--runs 3` for each row's middle and
spread; `--json` for machines; `--quick` runs everything with
tiny sizes, which shows that it works and proves nothing about the bars. Exit code 1 if a bar is missed. Needs Linux:
memory and processor time are read from /proc.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import signal
import sys
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

HERE = Path(__file__).resolve().parent
sys.path.insert(1, str(HERE.parents[1]))

from bench_report import Row, Table, middle  # noqa: E402 - found by the line above

from bot.runtime.logs import configure_logs  # noqa: E402 - the same
from tests.support.machine import mean_slowness  # noqa: E402 - the same

MODULES = {
    "bench_answers": {1},
    "bench_jobs": {2, 3},
    "bench_schedule": {4},
    "bench_polls": {6},
    "bench_starts": {10},
    "bench_commits": {11},
    "bench_drain": {13},
    "bench_work": {15},
    "bench_history": {16},
}
"""Each has `async def rows(*, quick: bool, folder: Path) -> AsyncIterator[Row]`, whose rows have these numbers."""
NUMBERS = frozenset().union(*MODULES.values())

Measure: TypeAlias = Callable[..., AsyncIterator[Row]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    only: Collection[int]
    runs: int
    quick: bool


async def _measure_all(options: Options, folder: Path, table: Table) -> bool:
    """Let each module that has one of the numbers measure, one after the other; return whether all bars are met.

    One that fails does not keep the others from being measured: its error is raised at the end.
    """
    this = asyncio.current_task()
    assert this is not None
    # Or an end by `timeout` would leave the bots and sandboxes running.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    is_met, errors = True, list[Exception]()
    for name, numbers in MODULES.items():
        if numbers.isdisjoint(options.only):
            continue
        try:
            is_met &= await _measure(name, options, folder / name, table)
        except Exception as error:  # noqa: BLE001 - raised below
            table.tell(f"{name} failed: {error}".splitlines()[0])
            errors.append(error)
    if errors:
        raise ExceptionGroup("some rows were not measured", errors)
    return is_met


async def _measure(name: str, options: Options, folder: Path, table: Table) -> bool:
    """Let a module measure once or several times; print each row at once, and the middle of several."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    folder.mkdir()  # noqa: ASYNC240 - nothing runs yet that could wait for it
    for run in range(1, options.runs + 1):
        async for row in _rows(name, options, folder / f"{run}"):
            found[row.figure].append(row)
            table.add(row, run=run if options.runs > 1 else None)
    rows = [middle(each) if options.runs > 1 else each[0] for each in found.values()]
    if options.runs > 1:
        for row in rows:
            table.add(row)
    return all(row.met for row in rows)


async def _rows(name: str, options: Options, folder: Path) -> AsyncIterator[Row]:
    """Give each row as soon as it is measured."""
    folder.mkdir()  # noqa: ASYNC240 - the same
    measure: Measure = importlib.import_module(name).rows
    before = mean_slowness()
    async for row in measure(quick=options.quick, folder=folder):
        after = mean_slowness()
        if row.number in options.only:
            yield replace(row, slowness=(before + after) / 2)


def _numbers(text: str) -> frozenset[int]:
    numbers = frozenset(map(int, text.split(",")))
    if unknown := numbers - NUMBERS:
        raise argparse.ArgumentTypeError(f"no such number: {', '.join(map(str, sorted(unknown)))}")
    return numbers


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the bot's speed, memory and calls against their bars.")
    parser.add_argument("--only", type=_numbers, default=NUMBERS, metavar="6,7", help="the rows of these numbers")
    parser.add_argument("--runs", type=int, default=1, metavar="3", help="measure each row so often; print its spread")
    parser.add_argument("--json", action="store_true", help="as JSON, an object a line")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: whether it runs, not how fast")
    arguments = parser.parse_args()
    if not Path("/proc/self/status").exists():
        sys.exit("make bench needs Linux: it reads memory and processor time from /proc.")
    configure_logs(level="ERROR", log_format="json")  # to standard error: what is printed here is the table alone
    options = Options(only=arguments.only, runs=max(1, arguments.runs), quick=arguments.quick)
    with tempfile.TemporaryDirectory(prefix="cannon-bot-bench-") as folder:
        is_met = asyncio.run(_measure_all(options, Path(folder), Table(as_json=arguments.json)))
    return int(not arguments.quick and not is_met)


if __name__ == "__main__":
    sys.exit(main())
