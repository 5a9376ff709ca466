"""docs/architecture.md against the code: files and names that it gives are there, and a job takes the road it draws."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tools.refusals import parsed

ROOT = Path(__file__).resolve().parents[2]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def part(name: str) -> str:
    """Return what is between the document's two markers of that name."""
    (found,) = re.findall(rf"^<!-- {name} -->\n(.*?)^<!-- /{name} -->$", ARCHITECTURE, re.MULTILINE | re.DOTALL)
    return str(found)


def table(name: str) -> list[list[str]]:
    """Return the rows of the table between two markers, without its head."""
    lines = part(name).strip().splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def bare(cell: str) -> str:
    """Return what a cell has in backticks."""
    (found,) = re.findall(r"^`([^`]+)`$", cell)
    return str(found)


def names_in(path: Path) -> set[str]:
    """Return the names that a module defines, and those of its classes as `Class.name`."""
    found: set[str] = set()
    pending: list[tuple[str, ast.stmt]] = [("", node) for node in parsed(path.read_text(encoding="utf-8")).body]
    while pending:
        above, node = pending.pop()
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(f"{above}{node.name}")
        if isinstance(node, ast.ClassDef):
            pending += [(f"{node.name}.", each) for each in node.body]
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        found |= {f"{above}{each.id}" for each in targets if isinstance(each, ast.Name)}
    return found


@pytest.mark.parametrize(("table_name", "file", "symbol"), [("where", 1, 2), ("road", 1, 2)])
def test_every_file_has_what_the_document_says_it_has(table_name: str, file: int, symbol: int) -> None:
    rows = table(table_name)
    assert [row for row in rows if bare(row[symbol]) not in names_in(ROOT / bare(row[file]))] == []


def test_the_types_of_the_vocabulary_are_where_it_says() -> None:
    missing = []
    for words, _, where in table("words"):
        place = ROOT / bare(where)
        modules = [place] if place.is_file() else sorted(place.rglob("*.py"))
        defined = set().union(*map(names_in, modules))
        missing += [name for name in re.findall(r"`(\w+)`", words) if name not in defined]
    assert missing == []
