"""What the bench programs print: a row for each figure, compared with its bar, as soon as it is measured."""

from __future__ import annotations

import json
import math
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

HEADINGS = ("", "figure", "ours", "naive", "before", "bar", "", "slower", "note")
WIDTHS = (3, 78, 11, 10, 9, 15, 16, 7, 0)
"""Of the columns: a row that is printed at once cannot wait for the widths of later ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure of the bench. Several rows may share a number."""

    number: int
    """Which of the bench's questions it answers: `make bench ARGS="--only 6,7"` runs by these."""
    figure: str
    ours: float
    unit: str
    """Of `ours` and `naive`, and of `bar` unless that is a multiple."""
    bar: float
    """The most that `ours` may be."""
    at_least: bool = False
    """Whether the bar is the least that `ours` may be instead."""
    naive: float | None = None
    """The same figure of what ours is compared with, in the same run: the naive bot, a fixed interval."""
    times_naive: bool = False
    """Whether the bar is a multiple of `naive`."""
    before: float | None = None
    """What is compared with the bar, as it was when the bar was set (commit f1ca1791, docs/performance.md)."""
    limit: str = ""
    """What no program could beat here, and why: `0.2 ms: an fsync of this disk`."""
    note: str = ""
    slowness: float = 1.0
    """How many times slower than with nothing beside it the machine was, before and after: the mean."""
    runs: tuple[float, ...] = ()
    """What was compared in each of several runs, of which this row is the middle."""

    def __post_init__(self) -> None:
        if self.times_naive and self.naive is None:
            raise ValueError(f"{self.figure}: the bar is a multiple of a figure that is not there")

    @property
    def compared(self) -> float:
        """What is held against the bar: `ours`, or its ratio to `naive`."""
        if not self.times_naive or self.naive is None:
            return self.ours
        return self.ours / self.naive if self.naive else float("inf")

    @property
    def met(self) -> bool:
        return self.compared >= self.bar if self.at_least else self.compared <= self.bar

    @property
    def verdict(self) -> str:
        """`met`, or by how much it is missed."""
        if self.met:
            return "met"
        distance = abs(self.compared - self.bar)
        return f"MISSED by {distance / self.bar:.0%}" if self.bar else f"MISSED by {_with_unit(distance, self.unit)}"

    def cells(self) -> tuple[str, ...]:
        sign = "≥" if self.at_least else "≤"
        unit = "× naive" if self.times_naive else self.unit
        ratio = f"{_number(self.compared)} ×" if self.times_naive else ""
        spread = f"{_number(min(self.runs))} to {_number(max(self.runs))} in {len(self.runs)} runs" if self.runs else ""
        return (
            str(self.number),
            self.figure,
            _with_unit(self.ours, self.unit),
            "" if self.naive is None else _with_unit(self.naive, self.unit),
            "" if self.before is None else _with_unit(self.before, "×" if self.times_naive else self.unit),
            f"{sign} {_with_unit(self.bar, unit)}",
            self.verdict,
            f"{self.slowness:.1f} ×",
            "; ".join(filter(None, (ratio, spread, self.note, self.limit and f"limit {self.limit}"))),
        )


def middle(runs: Sequence[Row]) -> Row:
    """Return the row of the middle run, with what was compared in each."""
    compared = [row.compared for row in runs]
    chosen = min(runs, key=lambda row: abs(row.compared - median(compared)))
    return replace(chosen, runs=tuple(compared))


def _with_unit(value: float, unit: str) -> str:
    return f"{_number(value)} {unit}".strip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


class Table:
    """Prints rows, each at once: an end by a time limit loses none. As JSON: one object a line, the machine first."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        machine = _machine()
        if as_json:
            self._print(json.dumps({"machine": machine}))
        else:
            self._print(f"{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}\n")
            self._print(_line(HEADINGS))

    def add(self, row: Row, *, run: int | None = None) -> None:
        """Print a row; `run` is the number of one of several, of which a row of their middle follows."""
        if self._as_json:
            self._print(json.dumps(asdict(row) | {"met": row.met, "run": run}))
        else:
            self._print(_line(row.cells()) + ("" if run is None else f"; run {run}"))

    def tell(self, text: str) -> None:
        """Print what is no row, unless machines read it."""
        if not self._as_json:
            self._print(text)

    def _print(self, text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def _line(cells: Sequence[str]) -> str:
    return "  ".join(map(str.ljust, cells, WIDTHS)).rstrip()


def _machine() -> dict[str, str]:
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "cpu": models[0].partition(":")[2].strip() if models else platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "python": platform.python_version(),
    }
