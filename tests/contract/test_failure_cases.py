"""docs/failure-cases.md is true: every one of the cases is there, with tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.named_tests import missing, named

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "failure-cases.md"

_CASE = re.compile(r"^(\d+)\. (.+(?:\n   .+)*)", re.MULTILINE)


def cases() -> dict[int, str]:
    """The text of each case: a line `7. what happens: what must hold. `tests/….py::test_name`` and its continuation."""
    return {int(number): text for number, text in _CASE.findall(DOCUMENT.read_text(encoding="utf-8"))}


def test_every_case_is_there_once_and_in_order() -> None:
    numbers = [int(number) for number, _ in _CASE.findall(DOCUMENT.read_text(encoding="utf-8"))]
    assert numbers == list(range(1, len(numbers) + 1))


def test_each_case_is_shown_by_tests_that_exist() -> None:
    assert {number for number, text in cases().items() if not any("::" in each for each in named(text))} == set()
    assert {number: missing(text) for number, text in cases().items() if missing(text)} == {}
