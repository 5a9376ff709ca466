"""docs/cannon-api.md is true: every unknown is there, with all that is to be said of it and tests that exist."""

from __future__ import annotations

from pathlib import Path

from tests.support.named_tests import missing, named

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "cannon-api.md"
COLUMNS = ["unknown", "what the bot does", "how it learns", "what is read if the guess was wrong", "test"]
UNKNOWNS = (
    "form of the live OpenAPI document",
    "document needs a key",
    "leave the API",
    "operations that no page names",
    "answers of the keyless tools",
    "ids of the Sora character operations",
    "`prompt.enhance.location`",
    "fields of the Sora character operations",
    "ids of models",
    "`model` is required",
    "video needs a prompt",
    "`upscale_factor`",
    "fields that no page names",
    "`voice_id`",
    "`control_mode`",
    "square 4K",
    "`three_d.model.generate`",
    "body of an error",
    "401 and 403",
    "402",
    "404",
    "409",
    "429",
    "idempotency key",
    "webhook",
    "`poll_after_ms`",
    "status answer",
    "prices",
    "failed request is charged",
    "fractions of a credit",
    "estimate tool",
    "outputs of the 3D operations",
    "words for a state",
    "seven days",
    "files behind the links",
    "never ends",
)
"""Words of each unknown's own row, in the order of the page."""


def table() -> list[list[str]]:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if row != COLUMNS and not set("".join(row)) <= set("-|")]


def test_each_unknown_has_its_row() -> None:
    rows = [row[0] for row in table()]
    assert len(rows) == len(UNKNOWNS)
    assert [words for words, row in zip(UNKNOWNS, rows, strict=True) if words not in row] == []


def test_each_row_says_everything_and_names_tests_that_exist() -> None:
    rows = table()
    assert [row for row in rows if len(row) != len(COLUMNS) or not all(row)] == []
    assert [row[0] for row in rows if not any("::" in each for each in named(row[-1]))] == []
    assert {row[0]: missing(row[-1]) for row in rows if missing(row[-1])} == {}
