"""The bench programs are run with tiny sizes, so that they cannot rot unseen; what is a ratio is held to a bound."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(1, str(Path(__file__).parent))  # its programs find each other so

from bench_report import Row, Table, middle
from ended_jobs import DAY_S, DAYS, leave_ended

BENCH = Path(__file__).with_name("bench.py")
ENDED = Path(__file__).with_name("bench_ended.py")
NEIGHBOURS = Path(__file__).with_name("bench_neighbours.py")
FAR_S = 10.0
"""More than a loaded machine adds, and less than what the noise takes: files drip for 20 s, calls hang for 30."""
MOST_TIMES_NAIVE = 4.2
"""Half as much again as a job's processor time was beside the naive bot's when this was written."""
MOST_CALLS = {"a picture": 2.6, "a batch of 4": 5, "a recipe of 4 steps": 7}
"""Calls to Discord, with a little room for a machine so slow that cards are corrected."""
MOST_OF_BAR = 1.1
"""Of a bar of polls, which a few jobs of one seed miss by chance."""

needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the bench reads Linux's /proc")


def rows_of(only: str) -> list[dict[str, Any]]:
    """Return the rows of these numbers, and see that none is missing."""
    run = subprocess.run(
        [sys.executable, BENCH, "--quick", "--json", "--only", only],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    machine, *rows = map(json.loads, run.stdout.splitlines())
    assert set(machine["machine"]) == {"cpu", "cores", "python"}
    assert {row["number"] for row in rows} == set(map(int, only.split(",")))
    assert all(row["ours"] >= 0 for row in rows)
    return list(rows)


def measured(only: str) -> dict[str, Any]:
    """Return the rows of these numbers by figure."""
    return {row["figure"]: row for row in rows_of(only)}


@needs_proc
def test_a_row_is_printed_at_once_and_the_middle_of_several_runs_has_their_spread(capsys: pytest.CaptureFixture[str]):
    table = Table(as_json=True)
    rows = [
        Row(number=2, figure="time", ours=ours, naive=10, unit="ms", bar=2, times_naive=True) for ours in (31, 12, 15)
    ]
    for number, row in enumerate(rows, 1):
        table.add(row, run=number)
        assert json.loads(capsys.readouterr().out.splitlines()[-1])["run"] == number
    table.add(middle(rows))
    told = json.loads(capsys.readouterr().out)
    assert (told["ours"], told["runs"], told["met"]) == (15, [3.1, 1.2, 1.5], True)
    Table(as_json=False).add(middle(rows))
    assert "1.5 ×; 1.2 to 3.1 in 3 runs" in capsys.readouterr().out


async def test_a_made_history_is_all_in_the_past(tmp_path: Path):
    """What reads the last month finds something."""
    await leave_ended(tmp_path / "bot.db", [700], count=300)
    with contextlib.closing(sqlite3.connect(tmp_path / "bot.db")) as db:
        [(first, last)] = db.execute("SELECT min(at), max(at) FROM ledger").fetchall()
        [(latest,)] = db.execute("SELECT max(delivered_at) FROM jobs").fetchall()
        [(this_month,)] = db.execute(
            "SELECT count(*) FROM jobs WHERE created_at > ?", (time.time() - 30 * DAY_S,)
        ).fetchall()
    now = time.time()
    assert now - (DAYS + 1) * DAY_S < first < last <= now
    assert now - DAY_S * 2 < latest <= now
    assert 25 <= this_month <= 35


@pytest.mark.long
@needs_proc
@pytest.mark.parametrize("only", ["1", "5,14", "7", "8", "9", "10", "11", "12", "13", "15", "16"])
def test_the_bench_runs_and_prints_every_figure(only: str):
    """No figure is judged here: what is a time wanders with the machine."""
    measured(only)


@pytest.mark.long
@needs_proc
def test_a_jobs_processor_time_and_calls_stay_in_proportion():
    rows = measured("2,3")
    time = rows["processor time of a picture"]
    assert time["ours"] / time["naive"] <= MOST_TIMES_NAIVE
    assert rows["Discord calls of a picture"]["naive"] == 2
    for what, most in MOST_CALLS.items():
        assert rows[f"Discord calls of {what}"]["ours"] <= most


@pytest.mark.long
@needs_proc
def test_the_schedule_polls_as_seldom_as_its_bars_say():
    """In virtual time and with a fixed seed: no machine changes it."""
    rows = rows_of("4")
    by_figure = {row["figure"]: row["ours"] for row in rows}
    assert by_figure["nearest polls of a request, of the wait that holds then"] >= 1
    assert by_figure["calls in a minute of a key that answers 429, of its budget"] <= 1.05
    assert by_figure["ended of its 20 videos at once"] == 20
    polls = {row["figure"]: row["ours"] / row["bar"] for row in rows if row["figure"].startswith("polls a job")}
    assert len(polls) == 3
    assert {figure: ratio for figure, ratio in polls.items() if ratio > MOST_OF_BAR} == {}


@pytest.mark.long
@needs_proc
def test_unchanged_polls_write_nothing():
    assert measured("6")["rows written by unchanged polls"]["ours"] == 0


@pytest.mark.long
def test_the_bench_of_ended_jobs_runs() -> None:
    run = subprocess.run(
        [sys.executable, ENDED, "--quick", "--json"], capture_output=True, text=True, timeout=600, check=False
    )
    assert run.returncode == 0, run.stderr
    _, *rows = map(json.loads, run.stdout.splitlines())
    assert {row["number"] for row in rows} == {1, 2}


@pytest.mark.long
def test_no_server_waits_for_the_trouble_of_another():
    run = subprocess.run(
        [sys.executable, NEIGHBOURS, "--quick", "--json"], capture_output=True, text=True, timeout=600, check=False
    )
    assert run.stdout, run.stderr
    _, *rows = map(json.loads, run.stdout.splitlines())
    assert len(rows) == 9
    assert {row["figure"]: row["ours"] for row in rows if row["ours"] > FAR_S} == {}
