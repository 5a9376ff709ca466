"""Commands that texts, translations and documents name are there; decisions may name those of their time."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from bot.app.entry_points import describe_commands

ROOT = Path(__file__).resolve().parents[2]
PLACES = (
    "bot",
    "cogs",
    "sandbox",
    "docs",
    "deploy",
    "tools",
    ".github",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
)
HISTORY = ROOT / "docs" / "decisions"
KINDS = {".py", ".md", ".po", ".pot", ".yaml", ".yml"}
GROUPS_OF_DATA = {"3d", "more"}
"""Groups that are there only while the live document describes an operation for them."""
SUBCOMMAND, GROUP, SLASH = 1, 2, 1
NAMED = re.compile(r"(?<![\w/.])/(?P<name>[a-z0-9]{2,})(?: (?P<inner>[a-z0-9_]+))?(?P<option>:?)(?=`)")
"""In code, to its closing sign: `/jobs`, `/image edit`, `/jobs state: open` is not one."""
MENTIONED = re.compile(r"""mention\("(?P<name>[a-z0-9]+)(?: (?P<inner>[a-z0-9_]+))?"\)(?P<option>)""")
FILLED = re.compile(r"\{(?P<name>[a-z0-9]+) (?P<inner>[a-z0-9_]+)\}(?P<option>)")
"""Of the demo's tour."""


@functools.cache
def commands() -> dict[str, set[str]]:
    """Return the commands, with those inside a group."""
    return {
        each["name"]: {inner["name"] for inner in each.get("options") or () if inner["type"] in {SUBCOMMAND, GROUP}}
        for each in describe_commands()
        if each.get("type", SLASH) == SLASH
    }


def gone(text: str) -> list[str]:
    """Return the names in a text that are no command: in a group that has none such, or after a command of its own."""
    found = []
    for match in (each for pattern in (NAMED, MENTIONED, FILLED) for each in pattern.finditer(text)):
        name, inner = match["name"], match["inner"]
        if name in GROUPS_OF_DATA or (name in commands() and inner and inner not in commands()[name]):
            found.append(f"{name} {inner or ''}".strip())
    return found


def files() -> list[Path]:
    every = (
        path for place in PLACES for path in ([ROOT / place] if (ROOT / place).is_file() else (ROOT / place).rglob("*"))
    )
    return sorted(path for path in every if path.suffix in KINDS and HISTORY not in path.parents)


def test_every_command_that_is_named_is_there():
    found = {
        str(path.relative_to(ROOT)): names for path in files() if (names := gone(path.read_text(encoding="utf-8")))
    }
    assert found == {}
