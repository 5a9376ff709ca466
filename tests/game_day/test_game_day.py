"""The quickest scenarios of `make game-day`: what must hold on any machine, however slow."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.game_day.game_day import write
from tests.game_day.scenarios import POSTGRES, QUICK, SQLITE, Row, play
from tests.game_day.stage import plain


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


def test_a_page_has_both_databases_next_to_each_other(tmp_path: Path):
    rows = [
        Row("Disk full", SQLITE, trouble="no byte left", health="all: 200", books="3 delivered; books equal"),
        Row("Disk full", POSTGRES, trouble="no byte left", member=["a | b", "c"], books="equal"),
        Row("Clock ahead", SQLITE, end=["not played on both"]),
    ]
    page = tmp_path / "build" / "page.md"
    write(page, rows)
    assert page.read_text().splitlines() == [
        "# Game day", "",
        "## Disk full", "",
        "| | SQLite | PostgreSQL |", "|---|---|---|",
        "| trouble | no byte left | no byte left |", "| health | all: 200 | - |", "| members read | - | a / b<br>c |",
        "| books | 3 delivered; books equal | equal |", "",
    ]  # fmt: skip


def test_words_of_a_message_are_plain():
    said = "**Generate** > fox \\#fast <t:1795976695:R>\n-# 12 credits · [made from this](https://discord.com/x) | [cut](https://dis"
    assert plain(said) == "Generate > fox #fast (time) 12 credits · made from this / cut"
