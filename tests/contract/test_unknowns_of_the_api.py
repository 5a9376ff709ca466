"""docs/cannon-api.md is true: every unknown is there, with all that is to be said of it and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.named_tests import missing, named
from tools.words import messages

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "cannon-api.md"
COLUMNS = [
    "unknown",
    "source",
    "what the bot does",
    "how it learns",
    "free call that answers it",
    "what is read if the guess was wrong",
    "test",
]
SOURCES = ("vendor's page", "tool text", "inference", "upstream", "no source")


FACTS = "## What the sources say"


def rows(text: str, columns: list[str]) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if row != columns and not set("".join(row)) <= set("-|")]


def table() -> list[list[str]]:
    return rows(PAGE.read_text(encoding="utf-8").partition(FACTS)[0], COLUMNS)


def test_each_row_says_everything_and_names_tests_that_exist() -> None:
    found = table()
    assert [row for row in found if len(row) != len(COLUMNS) or not all(row)] == []
    assert [row[0] for row in found if not any("::" in each for each in named(row[-1]))] == []
    assert {row[0]: missing(row[-1]) for row in found if missing(row[-1])} == {}


def test_each_fact_has_its_source_and_a_file_that_exists() -> None:
    facts = rows(PAGE.read_text(encoding="utf-8").partition(FACTS)[2], ["fact", "source", "where the bot rests on it"])
    assert len(facts) > 20
    assert [row for row in facts if len(row) != 3 or not any(each in row[1] for each in SOURCES)] == []
    files = [name for row in facts for name in re.findall(r"`([^`]+)`", row[2])]
    assert [name for name in files if not (ROOT / name).is_file()] == []


SENTENCE_CHARS_MIN = 16
"""Of a message's own, without what it fills in: a label alone is no sentence."""


def said(quote: str) -> bool:
    """Whether a message of the bot begins so; “…” at the quote's end is what it leaves out, within it a value."""
    start = quote.removesuffix("…").rstrip()
    return any(begins(each, start, is_cut=start != quote) for each in messages())


def begins(message: str, start: str, *, is_cut: bool) -> bool:
    own = re.split(r"\{\w+\}", message)
    if sum(map(len, own)) < SENTENCE_CHARS_MIN or not start.startswith(own[0][: len(start)]):
        return False
    ends = [match.start() for match in re.finditer(r"[\s,.]|$", message)] if is_cut else [len(message)]
    return any(re.fullmatch(".+".join(map(re.escape, re.split(r"\{\w+\}", message[:end]))), start) for end in ends)


def test_what_the_page_says_that_members_read_is_what_they_read() -> None:
    quotes = re.findall(r'"([A-Z][^"]{12,200})"', PAGE.read_text(encoding="utf-8"))
    assert len(quotes) > 10
    assert [quote for quote in quotes if not said(quote)] == []
    assert not said("Cannon Studio is on holiday.")
