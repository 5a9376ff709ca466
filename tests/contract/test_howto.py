"""The recipes of docs/howto are followed, word for word, in a copy of the project, and their own commands must pass."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.store.engine.schema import migrations

ROOT = Path(__file__).resolve().parents[2]
HOWTO = ROOT / "docs" / "howto"
RECIPES = sorted(path.name for path in HOWTO.glob("*.md") if path.name != "README.md")
COPIED = (".github", "bot", "cogs", "sandbox", "deploy", "docs", "requirements", "tests", "tools")
NEXT_MIGRATION = f"{len(migrations()) + 1:03}_"
BLOCK = re.compile(r"(?P<intro>[^\n]*)\n\n```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
TARGET = re.compile(r"(?P<new>In the new file )?(?:In )?`(?P<path>[\w./]+)`:$")


@dataclass(frozen=True)
class Block:
    """One block of code: commands (`path` is None), a new file, or a change of one that exists."""

    kind: str
    text: str
    path: str | None
    is_new: bool


def blocks(recipe: str) -> Iterator[Block]:
    """Give the blocks of a recipe in order. `NNN_` in a path becomes the number of the next migration."""
    text = (HOWTO / recipe).read_text(encoding="utf-8")
    fences = re.findall(r"^```", text, re.MULTILINE)
    assert len(fences) == 2 * len(BLOCK.findall(text)), "a block has a kind, and an empty line before it"
    for match in BLOCK.finditer(text):
        target = TARGET.search(match["intro"])
        assert (target is None) == (match["kind"] == "sh"), f"which file is it? {match['intro']!r}"
        path = None if target is None else target["path"].replace("NNN_", NEXT_MIGRATION)
        yield Block(match["kind"], match["text"], path, is_new=target is not None and target["new"] is not None)


def changed(text: str, diff: str) -> str:
    """Return `text` with every place of a diff block changed; fail where a place is not there exactly once.

    An unchanged line that ends in `…` is any line that begins so.
    """
    lines = text.splitlines()
    for place in re.split(r"^@@\n", diff, flags=re.MULTILINE):
        marked = [(line[:1] or " ", line[1:]) for line in place.splitlines()]
        assert {sign for sign, _ in marked} <= set("+- "), f"a line starts with +, - or a space:\n{place}"
        old = [line for sign, line in marked if sign != "+"]
        found = [at for at in range(len(lines)) if old and _is_at(lines[at : at + len(old)], old)]
        assert len(found) == 1, f"fits {len(found)} times:\n{place}"
        there = iter(lines[found[0] : found[0] + len(old)])
        read = [(sign, line if sign == "+" else next(there)) for sign, line in marked]
        lines[found[0] : found[0] + len(old)] = [line for sign, line in read if sign != "-"]
    return "".join(f"{line}\n" for line in lines)


def _is_at(lines: list[str], old: list[str]) -> bool:
    return len(lines) == len(old) and all(
        line.startswith(each[:-1]) if each.endswith("…") else line == each
        for line, each in zip(lines, old, strict=True)
    )


def copy_project(folder: Path) -> None:
    """Copy the project, with the installed packages of this one."""
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name)
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy2(path, folder)
    (folder / ".venv").mkdir()
    for path in Path(sys.prefix).iterdir():
        if path.name != ".ready":
            (folder / ".venv" / path.name).symlink_to(path)
    (folder / ".venv" / ".ready").touch()


def write(folder: Path, block: Block) -> None:
    """Do what a block says to a file."""
    assert block.path is not None
    target = folder / block.path
    if block.is_new:
        assert not target.exists(), f"{block.path} is there already"
        target.write_text(block.text, encoding="utf-8")
    else:
        target.write_text(changed(target.read_text(encoding="utf-8"), block.text), encoding="utf-8")


def run(folder: Path, script: str) -> None:
    """Run commands in the copy, with the copy's own code; fail with what they printed."""
    # What pytest and make were told for this run is not for the runs in it.
    told = ("PYTEST_", "MAKE", "MFLAGS", "ARGS", "BUILD")
    own = {name: text for name, text in os.environ.items() if not name.startswith(told)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**own, "PYTHONPATH": str(folder), "MAKEFLAGS": "WORKERS=0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout[-6000:]}\n{done.stderr[-2000:]}"


def follow(folder: Path, recipe: str) -> list[str]:
    """Write all files of a recipe; return the commands that it gives."""
    found = list(blocks(recipe))
    for block in found:
        if block.path is not None:
            write(folder, block)
    return [block.text for block in found if block.path is None]


@pytest.mark.long
def test_the_recipes_work_as_they_are_written_all_in_one_project(tmp_path: Path) -> None:
    copy_project(tmp_path)
    commands = [each for recipe in RECIPES for block in follow(tmp_path, recipe) for each in block.splitlines()]
    tests = dict.fromkeys(word for each in commands for word in re.findall(r"tests/[\w/]+\.py", each))
    others = dict.fromkeys(each for each in commands if not each.startswith("make test"))
    assert tests
    for each in (*others, f'make test ARGS="{" ".join(tests)}"', ".venv/bin/ruff check"):
        run(tmp_path, each)
