"""The shape of the house: how many rooms, how large a class may be, and a picture that shows what is there."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.refusals import parsed, walked

ROOT = Path(__file__).resolve().parents[2]
LOOSE_MODULES = {"__init__", "__main__", "cli", "settings", "errors"}
PACKAGES_MAX = 17
ROOMS_INSIDE_MAX = 12
CLASS_METHODS_MAX = 25
CLASS_LINES_MAX = 300
REASON = "Large on purpose:"
"""What the docstring of a class says that is larger than the bounds, with the reason after it."""


def modules() -> Iterator[Path]:
    for package in ("bot", "cogs", "sandbox"):
        yield from (ROOT / package).rglob("*.py")


def packages(folder: str) -> list[str]:
    return sorted(path.parent.name for path in (ROOT / folder).glob("*/__init__.py"))


@pytest.mark.parametrize("folder", ["bot", "cogs", "sandbox"])
def test_a_folder_has_few_rooms(folder: str) -> None:
    assert 0 < len(packages(folder)) <= PACKAGES_MAX


def test_an_inside_view_has_at_most_twelve_rooms() -> None:
    inside = [path.parent for path in modules() if path.name == "__init__.py" and path.parents[1] != ROOT]
    rooms = {
        str(folder.relative_to(ROOT)): [
            each.stem
            for each in folder.iterdir()
            if (each.suffix == ".py" and each.stem != "__init__") or (each / "__init__.py").is_file()
        ]
        for folder in inside
    }
    assert {folder: names for folder, names in rooms.items() if len(names) > ROOMS_INSIDE_MAX} == {}


def test_no_loose_modules_but_the_named_ones() -> None:
    assert {path.stem for path in (ROOT / "bot").glob("*.py")} == LOOSE_MODULES
    assert {path.stem for path in (ROOT / "cogs").glob("*.py")} == {"__init__", "surface"}


def large_classes(source: str) -> list[str]:
    """The classes of a module that pass a bound and do not say why."""
    found = []
    for node in walked(parsed(source)):
        if not isinstance(node, ast.ClassDef):
            continue
        methods = [each.name for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
        public = [name for name in methods if not name.startswith("_")]
        lines = (node.end_lineno or 0) - node.lineno + 1
        is_large = len(public) > CLASS_METHODS_MAX or lines > CLASS_LINES_MAX
        if is_large and REASON not in (ast.get_docstring(node) or ""):
            found.append(f"{node.name}: {len(public)} public methods, {lines} lines")
    return found


def test_no_class_does_everything() -> None:
    assert {str(path): found for path in modules() if (found := large_classes(path.read_text()))} == {}


def test_a_test_file_has_a_name_of_its_own() -> None:
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert names
    assert [name for name, number in names.items() if number > 1] == []
