"""The quickest scenarios of `make game-day`: what must hold on any machine, however slow. See docs/game-day.md."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.game_day.game_day import BEGIN, END, PAGE, write
from tests.game_day.scenarios import POSTGRES, QUICK, SCENARIOS, SQLITE, Row, play
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


def test_a_page_has_both_databases_next_to_each_other_and_keeps_other_sections(tmp_path: Path):
    rows = [
        Row("Disk full", SQLITE, trouble="no byte left", health="all: 200", books="3 delivered; books equal"),
        Row("Disk full", POSTGRES, trouble="no byte left", member=["a | b", "c"], books="equal"),
        Row("Clock ahead", SQLITE, end=["not played on both"]),
    ]
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n{BEGIN}\n\n## Disk full\n\nold\n\n## Clock ahead\n\nkept\n\n{END}\nrest\n")
    write(page, rows)
    assert page.read_text().splitlines() == [
        "# Page", BEGIN, "",
        "## Disk full", "",
        "| | SQLite | PostgreSQL |", "|---|---|---|",
        "| trouble | no byte left | no byte left |", "| health | all: 200 | - |", "| members read | - | a / b<br>c |",
        "| books | 3 delivered; books equal | equal |", "",
        "## Clock ahead", "", "kept", "",
        END, "rest",
    ]  # fmt: skip


def test_words_of_a_message_are_plain():
    said = "**Generate** > fox \\#fast <t:1795976695:R>\n-# 12 credits · [made from this](https://discord.com/x) | [cut](https://dis"
    assert plain(said) == "Generate > fox #fast (time) 12 credits · made from this / cut"


def test_the_page_has_every_scenario():
    page = PAGE.read_text(encoding="utf-8")
    assert [each.title for each in SCENARIOS.values() if f"\n## {each.title}\n" not in page] == []
