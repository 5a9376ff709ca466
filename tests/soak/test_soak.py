"""`make soak` in two minutes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.plan import SHORT
from tests.soak.soak import soak

SEED = 7


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_two_minutes_among_random_faults_leave_exact_books_and_no_complaint(tmp_path: Path) -> None:
    report = await soak(tmp_path, SHORT, SEED)
    assert report.wrong == [], report.lines()
