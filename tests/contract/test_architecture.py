"""docs/architecture.md against the code: files and names that it gives are there, and a job takes the road it draws."""

from __future__ import annotations

import ast
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Self

import pytest

from tests.support.rig import running
from tools.refusals import parsed

ROOT = Path(__file__).resolve().parents[2]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
QUESTIONS_MIN, QUESTIONS_MAX = 10, 30
WORDS_MAX = 1600
"""One page: about 500 words of prose and three tables."""
FILES_MAX = 7


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


def test_questions_of_a_newcomer_have_one_file_each() -> None:
    rows = table("where")
    assert len({question for question, _, _ in rows}) == len(rows)
    assert QUESTIONS_MIN <= len(rows) <= QUESTIONS_MAX
    assert all(question.endswith("?") and (ROOT / bare(file)).is_file() for question, file, _ in rows)


def test_the_document_stays_one_page() -> None:
    assert len(ARCHITECTURE.split()) <= WORDS_MAX


def test_the_types_of_the_vocabulary_are_where_it_says() -> None:
    missing = []
    for words, _, where in table("words"):
        place = ROOT / bare(where)
        modules = [place] if place.is_file() else sorted(place.rglob("*.py"))
        defined = set().union(*map(names_in, modules))
        missing += [name for name in re.findall(r"`(\w+)`", words) if name not in defined]
    assert missing == []


# ---------------------------------------------------------------------- one job in seven files


class Trace:
    """The calls of some functions, by file and qualified name, in every thread, in their order."""

    def __init__(self, wanted: set[tuple[str, str]]) -> None:
        self.calls: list[tuple[str, str]] = []
        self._wanted = {(str(ROOT / file), name): (file, name) for file, name in wanted}
        self._files = {file for file, _ in self._wanted}
        self._seen: list[FrameType] = []

    def __enter__(self) -> Self:
        threading.setprofile(self._profile)
        sys.setprofile(self._profile)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        threading.setprofile(None)

    def _profile(self, frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event != "call" or code.co_filename not in self._files:
            return
        called = self._wanted.get((code.co_filename, code.co_qualname))
        # A coroutine that goes on after a wait is the same frame again.
        if called is not None and not any(frame is each for each in self._seen):
            self._seen.append(frame)
            self.calls.append(called)


def steps(name: str) -> Iterator[tuple[str, str]]:
    for row in table(name):
        yield bare(row[1]), bare(row[2])


async def test_an_image_takes_the_road_of_the_document(tmp_path: Path) -> None:
    road = list(steps("road"))
    assert len({file for file, _ in road}) == len(road) <= FILES_MAX
    with Trace(set(road)) as trace:  # before the store starts its threads
        async with running(tmp_path) as rig:
            await rig.member.slash(rig.channel, "image generate", prompt="a fox in fog")
            await rig.work()
    assert [call for call in road if call not in trace.calls] == []
    # Some come more than once: a card is drawn for each state. The last call of each is the order of the table.
    last = {call: place for place, call in enumerate(trace.calls)}
    assert sorted(road, key=last.__getitem__) == road


def test_the_steps_of_the_road_are_numbered() -> None:
    numbers = [row[0] for row in table("road")]
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
