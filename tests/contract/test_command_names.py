"""What texts, translations and documents name is there: commands of Discord, of the host and of make, and settings."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from bot.app.entry_points import describe_commands
from bot.cli import _parser
from bot.settings import describe_settings

ROOT = Path(__file__).resolve().parents[2]
PLACES = (
    "bot",
    "cogs",
    "sandbox",
    "deploy",
    "tools",
    ".github",
    "CHANGELOG.md",
)
DOCUMENTS = [*(ROOT / f"{each}.md" for each in ("README", "CONTRIBUTING", "SECURITY")), *(ROOT / "docs").rglob("*.md")]
HOW_TO = ROOT / "docs" / "howto"
"""Its examples are invented."""
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
    return sorted(path for path in every if path.suffix in KINDS)


def test_every_command_that_is_named_is_there():
    found = {
        str(path.relative_to(ROOT)): names for path in files() if (names := gone(path.read_text(encoding="utf-8")))
    }
    assert found == {}


CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
PATHS = {"healthz", "metrics", "mcp", "proc", "tmp"}
"""Of URLs and files."""
SLASH_COMMAND = re.compile(r"(?<=[`\n(])/([a-z0-9]{2,})(?=[`\s])")
HOST_COMMAND = re.compile(r"(?<![\w/.-])(?<!-n )cannon-bot ([a-z][a-z-]+)")
TARGET = re.compile(r"(?:^|[`\n]|&& )make ([a-z][a-z-]+)")
SETTING = re.compile(r"(?<![\w$./-])([A-Z]{2,}(?:_[A-Z]+)+)\b(?!\()")


def missing(path: Path) -> list[str]:
    """Return what a document names as code and nobody has."""
    text = path.read_text(encoding="utf-8")
    pieces = "\n".join(CODE.findall(text))
    known = [(HOST_COMMAND, host_commands()), (TARGET, targets())]
    if HOW_TO not in path.parents:
        known += [(SLASH_COMMAND, commands().keys() | PATHS), (SETTING, settings())]
    return [name for pattern, names in known for name in pattern.findall(pieces) if name not in names] + gone(text)


@functools.cache
def host_commands() -> set[str]:
    return set(re.findall(r"^ {4}([a-z-]+)", _parser().format_help(), re.MULTILINE))


@functools.cache
def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@functools.cache
def settings() -> set[str]:
    """Return the bot's settings, those that may be files, and those of what it is deployed with."""
    own = {name for name, _, _ in describe_settings()}
    others = [*files(), *(ROOT / ".github").rglob("*"), ROOT / "compose.yaml", *(ROOT / ".ci").rglob("*")]
    deployed = {name for each in others if each.is_file() for name in SETTING.findall(each.read_text(encoding="utf-8"))}
    return own | {f"{name}_FILE" for name in own} | deployed


def test_every_name_in_a_document_is_there():
    assert {path.name: names for path in DOCUMENTS if (names := missing(path))} == {}
