"""`make soak` in two minutes, and the storms and the hour without faults in small."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.soak.plan import SHORT
from tests.soak.soak import soak
from tests.soak.steady import SAMPLES, Report, Vitals, steady
from tests.soak.storm import storm

SEED = 7
STORMS, KILLS = int(os.environ.get("STORMS", "8")), 25
"""200 kills; each storm can have a worker of its own. The build has one of the eight."""


@pytest.mark.long
@pytest.mark.timeout(1200)  # for a hang: it takes two minutes, and longer only as long as jobs go on
async def test_two_minutes_among_random_faults_leave_exact_books_and_no_complaint(tmp_path: Path) -> None:
    report = await soak(tmp_path, SHORT, SEED)
    assert report.wrong == [], report.lines()


@pytest.mark.long
@pytest.mark.timeout(1200)  # a minute where the machine has nothing else to do
@pytest.mark.parametrize("seed", range(1, STORMS + 1))
async def test_a_storm_of_kills_loses_nothing_doubles_nothing_and_breaks_no_promise(tmp_path: Path, seed: int) -> None:
    report = await storm(tmp_path, seed, KILLS)
    assert report.kills == KILLS
    assert report.wrong == [], report.lines()


@pytest.mark.long
async def test_without_faults_a_short_while_leaves_exact_books_and_every_figure(tmp_path: Path) -> None:
    """Whether figures are flat shows after 20 minutes: what is judged here is a made-up hour."""
    said: list[str] = []
    report = await steady(tmp_path, SEED, 0.4, said.append)
    assert report.wrong == [], report.lines()
    assert len(report.samples) == len(said) == SAMPLES + 1
    last = report.samples[-1]
    figures = ("jobs", "memory", "objects", "tasks", "handles", "threads", "database", "log", "cpu_s")
    assert all(getattr(last, name) > 0 for name in figures), last


def an_hour(**more_an_hour: float) -> Report:
    """Return the report of an hour in which these figures grow by so much, besides what grows by design."""
    level = {"memory": 100_000_000, "tasks": 40, "handles": 30, "threads": 14, "wal": 30_000_000}
    samples = []
    for number in range(SAMPLES + 1):
        share = number / SAMPLES
        jobs = round(10_000 * share)
        growing = {"database": 2000.0 * jobs, "log": 400.0 * jobs, **level}
        values = {name: round(value + more_an_hour.get(name, 0) * share**2) for name, value in growing.items()}
        samples.append(Vitals(at_s=3600 * share, jobs=jobs, under_way=3, objects=40_000, cpu_s=200 * share, **values))
    return Report(samples)


def test_an_hour_that_only_grows_by_design_is_flat() -> None:
    report = an_hour()
    report.judge()
    assert report.wrong == []


@pytest.mark.parametrize(
    ("figure", "more"),
    [
        ("memory", 20_000_000), ("tasks", 60), ("handles", 20), ("threads", 6), ("wal", 60_000_000),
        ("database", 10_000_000), ("log", 1_000_000),
    ],
)  # fmt: skip
def test_an_hour_in_which_a_figure_grows_is_wrong(figure: str, more: float) -> None:
    report = an_hour(**{figure: more})
    report.judge()
    assert len(report.wrong) == 1, report.lines()


def test_what_grows_only_while_caches_fill_is_flat() -> None:
    hour = an_hour(memory=200_000_000, tasks=600)
    full = next(each for each in hour.samples if each.at_s >= 1200)
    filled = [replace(each, memory=full.memory, tasks=full.tasks) for each in hour.samples if each.at_s >= 1200]
    report = Report([each for each in hour.samples if each.at_s < 1200] + filled)
    report.judge()
    assert report.wrong == []
