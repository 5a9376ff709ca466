"""What the bench programs print: a row for each figure, measured against its floor."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    figure: str
    measured: float
    unit: str
    floor: float
    at_least: bool = False
    note: str = ""

    @property
    def met(self) -> bool:
        return self.measured >= self.floor if self.at_least else self.measured <= self.floor

    def cells(self) -> tuple[str, ...]:
        sign = "≥" if self.at_least else "≤"
        floor = f"{sign} {number(self.floor)} {self.unit}".strip()
        return (
            self.figure,
            f"{number(self.measured)} {self.unit}".strip(),
            floor,
            "met" if self.met else "MISSED",
            self.note,
        )


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


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
    lines = [("figure", "measured", "floor", "", "note"), *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
