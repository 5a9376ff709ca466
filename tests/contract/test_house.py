"""The shape of the house: how many rooms, how large a class may be, and a picture that shows what is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES_MAX = 17
ROOMS_INSIDE_MAX = 12


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


def test_a_test_file_has_a_name_of_its_own() -> None:
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert names
    assert [name for name, number in names.items() if number > 1] == []
