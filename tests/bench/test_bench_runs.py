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


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from Linux's /proc")
def test_the_bench_runs_and_prints_every_figure():
    """No figure is judged here."""
    run = subprocess.run(
        [sys.executable, BENCH, "--quick", "--json"], capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert {row["number"] for row in found["rows"]} <= set(range(1, 15))
    by_name = {row["figure"]: row["ours"] for row in found["rows"]}
    assert len(by_name) == len(found["rows"])
    assert by_name["rows written by unchanged polls"] == 0
    assert set(found["machine"]) == {"cpu", "cores", "python"}


@pytest.mark.long
def test_no_server_waits_for_the_trouble_of_another():
    run = subprocess.run(
        [sys.executable, NEIGHBOURS, "--quick", "--json"], capture_output=True, text=True, timeout=600, check=False
    )
    assert run.stdout, run.stderr
    rows = json.loads(run.stdout)["rows"]
    assert len(rows) == 8
    assert {row["figure"]: row["ours"] for row in rows if row["ours"] > FAR_S} == {}
