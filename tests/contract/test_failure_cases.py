"""docs/failure-cases.md is true: every one of the 131 cases is there, with tests that exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "failure-cases.md"
CASES = range(1, 132)

_CASE = re.compile(r"^(\d+)\. (.+(?:\n   .+)*)", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def cases() -> dict[int, str]:
    """The text of each case: a line `7. what happens: what must hold. `tests/….py::test_name`` and its continuation."""
    return {int(number): text for number, text in _CASE.findall(DOCUMENT.read_text(encoding="utf-8"))}


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


def test_every_case_is_there_once_and_in_order() -> None:
    numbers = [int(number) for number, _ in _CASE.findall(DOCUMENT.read_text(encoding="utf-8"))]
    assert numbers == list(CASES)


@pytest.mark.parametrize("number", CASES)
def test_a_case_is_shown_by_tests_that_exist(number: int) -> None:
    text = cases()[number]
    shown = _TEST.findall(text)
    assert shown, f"no test is named: {text}"
    for path, name in shown:
        assert (ROOT / path).is_file(), path
        assert name in names_in(path), f"{path} has no {name}"
