"""The bench programs are run with tiny sizes, so that they cannot rot unseen."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).with_name("bench.py")
NEIGHBOURS = Path(__file__).with_name("bench_neighbours.py")
FAR_S = 10.0
"""More than a loaded machine adds, and less than what the noise takes: files drip for 20 s, calls hang for 30."""
FIGURES = [
    "first start to ready",
    "later start to ready",
    "memory when ready",
    "acknowledgement p99, 4 commands at once",
    "polls on one core",
    "rows written by unchanged polls",
    "more memory while a video of 2 MB is delivered",
]


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from Linux's /proc")
def test_the_bench_runs_and_prints_every_figure():
    """No figure is judged here."""
    run = subprocess.run(
        [sys.executable, BENCH, "--quick", "--json"], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert [row["figure"] for row in found["rows"]] == FIGURES
    by_name = {row["figure"]: row["measured"] for row in found["rows"]}
    assert by_name.pop("rows written by unchanged polls") == 0
    by_name.pop("more memory while a video of 2 MB is delivered")
    assert all(value > 0 for value in by_name.values())
    assert set(found["machine"]) == {"cpu", "cores", "python"}


@pytest.mark.long
def test_no_server_waits_for_the_trouble_of_another():
    run = subprocess.run(
        [sys.executable, NEIGHBOURS, "--quick", "--json"], capture_output=True, text=True, timeout=600, check=False
    )
    assert run.stdout, run.stderr
    rows = json.loads(run.stdout)["rows"]
    assert len(rows) == 8
    assert {row["figure"]: row["measured"] for row in rows if row["measured"] > FAR_S} == {}
