"""The bench runs in small sizes, and its counts, which no machine changes, are held to their bounds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).with_name("bench.py")
NEIGHBOURS = Path(__file__).with_name("bench_neighbours.py")
FAR_S = 10.0
"""More than a loaded machine adds, and less than what the noise takes: files drip for 20 s, calls hang for 30."""
MOST_CALLS = {"a picture": 2.6, "a batch of 4": 5, "a recipe of 4 steps": 7}
"""Calls to Discord, with a little room for a machine so slow that cards are corrected."""
MOST_OF_BAR = 1.1
"""Of a bar of polls, which a few jobs of one seed miss by chance."""

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the bench reads Linux's /proc"),
]


def measured(only: str, program: Path = BENCH) -> list[dict[str, Any]]:
    """Return the rows of these numbers, and see that none is missing; of a program without numbers all."""
    chosen = ["--only", only] if only else []
    run = subprocess.run(
        [sys.executable, program, "--quick", "--json", *chosen], capture_output=True, text=True, check=False
    )
    assert run.stdout, run.stderr
    _, *rows = map(json.loads, run.stdout.splitlines())
    assert not only or {row["number"] for row in rows} == set(map(int, only.split(",")))
    assert all(row["ours"] >= 0 for row in rows)
    return list(rows)


def test_the_bench_runs_and_prints_every_figure() -> None:
    """No time is judged here: it changes with the machine."""
    rows = {row["figure"]: row["ours"] for row in measured("1,2,3,6")}
    assert {what for what, most in MOST_CALLS.items() if rows[f"Discord calls of {what}"] > most} == set()
    assert rows["rows written by unchanged polls"] == 0


def test_the_schedule_polls_as_seldom_as_its_bars_say() -> None:
    """In virtual time and with a fixed seed: no machine changes it."""
    rows = measured("4")
    by_figure = {row["figure"]: row["ours"] for row in rows}
    assert by_figure["nearest polls of a request, of the wait that holds then"] >= 1
    assert by_figure["calls in a minute of a key that answers 429, of its budget"] <= 1.05
    assert by_figure["ended of its 20 videos at once"] == 20
    polls = {row["figure"]: row["ours"] / row["bar"] for row in rows if row["figure"].startswith("polls a job")}
    assert len(polls) == 3
    assert {figure: ratio for figure, ratio in polls.items() if ratio > MOST_OF_BAR} == {}


def test_no_server_waits_for_the_trouble_of_another() -> None:
    rows = measured("", NEIGHBOURS)
    assert len(rows) == 9
    assert {row["figure"]: row["ours"] for row in rows if row["ours"] > FAR_S} == {}
