"""The quickest scenarios of `make game-day`: what must hold on any machine, however slow."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.game_day.scenarios import POSTGRES, QUICK, SQLITE, play


@pytest.fixture
def open_path() -> Iterator[Path]:
    """Give a folder that other users may enter: one scenario is played by one."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")) as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "database"),
    [
        ("key", SQLITE), ("key", POSTGRES), ("folder", SQLITE), ("database", POSTGRES),
        ("clock-behind", POSTGRES), ("leader", POSTGRES), ("certificate", SQLITE),
    ],
)  # fmt: skip
async def test_nothing_is_lost_or_doubled_and_each_outage_is_a_few_lines(open_path: Path, name: str, database: str):
    row = await play(name, database, open_path, QUICK)
    assert row.wrong == [], row
    assert "; 0 tracebacks" in row.log, row
