"""docs/failure-cases.md and docs/security.md name tests that exist, for each failure case and each threat."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_TEST = re.compile(r"tests/[\w/]+\.py(?:::\w+)?")
_CASE = re.compile(r"^(\d+)\. (.+(?:\n   .+)*)", re.MULTILINE)
_ROW = re.compile(r"^\|(?!\s*-)(.+)\|$", re.MULTILINE)


@cache
def _tests_in(path: str) -> frozenset[str]:
    if not (ROOT / path).is_file():
        return frozenset()
    nodes = list(ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))))
    functions = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    cases = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return frozenset(name for name in functions | cases if name.startswith(("test_", "Test")))


def missing(text: str) -> list[str]:
    """Return the tests that a text names and that there are not; a file without a name is all of its tests."""
    found = []
    for each in _TEST.findall(text):
        path, _, name = each.partition("::")
        if not _tests_in(path) or (name and name not in _tests_in(path)):
            found.append(each)
    return found


def test_each_failure_case_is_shown_by_tests_that_exist() -> None:
    found = _CASE.findall((ROOT / "docs/failure-cases.md").read_text(encoding="utf-8"))
    assert [int(number) for number, _ in found] == list(range(1, len(found) + 1))
    assert [number for number, text in found if not any("::" in each for each in _TEST.findall(text))] == []
    assert {number: missing(text) for number, text in found if missing(text)} == {}


def test_every_threat_has_tests_that_exist() -> None:
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    for name, least in (("threats", 20), ("held", 12)):
        part = re.search(rf"<!-- {name} -->(.*?)<!-- /{name} -->", page, re.DOTALL)
        assert part is not None
        rows = _ROW.findall(part[1])[1:]
        assert len(rows) >= least
        assert [row for row in rows if not _TEST.search(row)] == []
    assert missing(page) == []
