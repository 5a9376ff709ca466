"""What the bench programs print: a row for each figure, compared with its bar."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

HEADINGS = ("", "figure", "ours", "naive", "limit", "bar", "", "slower", "note")


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
    limit: str = ""
    """What no program could beat here, and why: `0.2 ms: an fsync of this disk`."""
    note: str = ""
    slowness: float = 1.0
    """How many times slower than with nothing beside it the machine was, before and after: the mean."""

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
        bar = f"{_number(self.bar)} × naive" if self.times_naive else _with_unit(self.bar, self.unit)
        ratio = f"{_number(self.compared)} ×" if self.times_naive else ""
        return (
            str(self.number),
            self.figure,
            _with_unit(self.ours, self.unit),
            "" if self.naive is None else _with_unit(self.naive, self.unit),
            self.limit,
            f"{sign} {bar}",
            self.verdict,
            f"{self.slowness:.1f} ×",
            "; ".join(filter(None, (ratio, self.note))),
        )


def _with_unit(value: float, unit: str) -> str:
    return f"{_number(value)} {unit}".strip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def told(rows: Sequence[Row], *, as_json: bool) -> str:
    """Return the rows and the machine as a table, or as JSON."""
    machine = _machine()
    if as_json:
        return json.dumps({"machine": machine, "rows": [asdict(row) | {"met": row.met} for row in rows]}, indent=2)
    return f"{_table(rows)}\n\n{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}"


def _machine() -> dict[str, str]:
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "cpu": models[0].partition(":")[2].strip() if models else platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "python": platform.python_version(),
    }


def _table(rows: Sequence[Row]) -> str:
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
