"""`make soak` in two minutes, and its storms in small."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.plan import SHORT
from tests.soak.soak import soak
from tests.soak.storm import storm

SEED = 7
STORMS, KILLS = 8, 25
"""200 kills; each storm can have a worker of its own. The build has one of the eight."""


@pytest.mark.long
@pytest.mark.timeout(1200)  # for a hang: it takes two minutes, and longer only as long as jobs go on
async def test_two_minutes_among_random_faults_leave_exact_books_and_no_complaint(tmp_path: Path) -> None:
    report = await soak(tmp_path, SHORT, SEED)
    assert report.wrong == [], report.lines()


@pytest.mark.long
@pytest.mark.timeout(1200)  # a minute where the machine has nothing else to do
@pytest.mark.parametrize("seed", [pytest.param(1, marks=pytest.mark.build), *range(2, STORMS + 1)])
async def test_a_storm_of_kills_loses_nothing_doubles_nothing_and_breaks_no_promise(tmp_path: Path, seed: int) -> None:
    report = await storm(tmp_path, seed, KILLS)
    assert report.kills == KILLS
    assert report.wrong == [], report.lines()
