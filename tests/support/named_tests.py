"""Tests that documents name as `tests/….py::test_name`, and which of them there are not."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_TEST = re.compile(r"tests/[\w/]+\.py(?:::\w+)?")


@cache
def _names_in(path: str) -> frozenset[str]:
    if not (ROOT / path).is_file():
        return frozenset()
    nodes = list(ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))))
    functions = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    cases = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return frozenset(name for name in functions | cases if name.startswith(("test_", "Test")))


def named(text: str) -> list[str]:
    """Return the tests that a text names; a file without a name is all of its tests."""
    return _TEST.findall(text)


def missing(text: str) -> list[str]:
    """Return which of them are not there."""
    found = []
    for each in named(text):
        path, _, name = each.partition("::")
        if not _names_in(path) or (name and name not in _names_in(path)):
            found.append(each)
    return found
