"""The guides are true: commands, options, settings, labels and numbers that they name are those of the code."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from bot.app.entry_points import describe_commands
from bot.cli import _parser
from bot.settings import FILES, Settings, describe_settings
from tests.support.command_rows import rows
from tools.words import messages

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
GUIDES = [*sorted((DOCS / "guides").glob("*.md")), DOCS / "privacy-policy.md", DOCS / "terms.md", DOCS / "index.md"]
PAGES = [*GUIDES, DOCS / "troubleshooting.md"]
NUMBER = re.compile(r"<!-- = (?P<expression>.+?) -->(?P<shown>[\d,.]*\d)")
BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
GENERATED = re.compile(r"<!-- (pages) -->.*?<!-- /\1 -->|^### [^\n]*$", re.DOTALL | re.MULTILINE)
"""What other tests compare with the code: sentences of the bot."""
ROUTES = {"/healthz", "/metrics", "/webhooks/"}
WORDS = {"compose.yaml", "texts.py", ".env", ".venv", "kill -9", "key.none"}
"""What is written as code and is neither a command, an option nor a setting."""


def read(path: Path) -> str:
    return BLOCK.sub("", GENERATED.sub("", path.read_text(encoding="utf-8")))


def default(name: str) -> Any:
    """Return the default of a setting of the host."""
    return getattr(Settings(), name.lower())


def value_of(expression: str) -> Any:
    """Return what an expression over names of the code comes to."""
    for name in re.findall(r"\b(?:bot|cogs)(?:\.\w+)+", expression):
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            if importlib.util.find_spec(".".join(parts[:length])) if _is_package(parts[: length - 1]) else None:
                importlib.import_module(".".join(parts[:length]))
                break
    scope = {"bot": importlib.import_module("bot"), "cogs": importlib.import_module("cogs"), "default": default}
    return eval(expression, scope)  # an expression of our own documents


def _is_package(parts: list[str]) -> bool:
    return (ROOT.joinpath(*parts)).is_dir()


@functools.cache
def commands() -> dict[str, frozenset[str]]:
    """Return the options of each slash command."""
    return {row["name"]: frozenset(each["name"] for each in row["options"]) for row in rows(describe_commands())}


@functools.cache
def options() -> frozenset[str]:
    return frozenset().union(*commands().values())


@functools.cache
def subcommands() -> frozenset[str]:
    [found] = [each for each in _parser()._actions if each.choices is not None]
    return frozenset(found.choices)


@functools.cache
def targets() -> frozenset[str]:
    return frozenset(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


OF_DISCORD = {
    "Server Settings → Integrations",
    "Installation",
    "User Install",
    "Guild Install",
    "Add App",
    "Add to My Apps",
}
"""What Discord's own pages and menus say."""


def is_known(span: str) -> bool:
    """Whether what a guide writes as code is there."""
    program, _, word = span.partition(" ")
    if span in ROUTES | WORDS or span.startswith("["):  # [host]: a blank to be filled in
        return True
    if span.startswith("/"):
        name = span.removeprefix("/")
        return name in commands() or any(each.startswith(f"{name} ") for each in commands())
    if program == "cannon-bot":
        return word.partition(" ")[0] in subcommands() | {""}
    if program == "make":
        return word.partition(" ")[0] in targets()
    if re.fullmatch(r"[A-Z][A-Z_]+", span):
        return span in {name for name, _, _ in describe_settings()} | FILES.keys()
    return span in options() or (ROOT / span).exists()


def unequal(page: str) -> list[str]:
    """Return the numbers of a page that are not those of the code."""
    shown = ((match[0], match["shown"].replace(",", ""), match["expression"]) for match in NUMBER.finditer(page))
    return [whole for whole, number, expression in shown if float(number) != float(value_of(expression))]


def labels(text: str) -> list[str]:
    """Return what is bold or in italics; a bold first word of a line of a list is a heading."""
    left = re.sub(r"^- \*\*[^*]+\*\*", "", SPAN.sub("", text), flags=re.MULTILINE)
    return [each for pair in re.findall(r"\*\*([^*\n]+)\*\*|(?<!\*)\*([^*\n]+)\*(?!\*)", left) for each in pair if each]


def on_pages(wrong: Callable[[Path], Iterable[str]]) -> dict[str, list[str]]:
    """Return what is wrong, by the page that it is on."""
    return {path.name: found for path in PAGES if (found := sorted(wrong(path)))}


def test_every_number_is_that_of_the_code() -> None:
    assert on_pages(lambda path: unequal(path.read_text(encoding="utf-8"))) == {}


def test_commands_options_and_settings_are_there() -> None:
    assert on_pages(lambda path: [each for each in SPAN.findall(read(path)) if not is_known(each)]) == {}


def test_labels_are_those_that_people_see() -> None:
    known = {*messages(), *OF_DISCORD}
    assert on_pages(lambda path: set(labels(read(path))) - known) == {}


def test_options_that_follow_a_command_belong_to_it() -> None:
    def foreign(path: Path) -> list[str]:
        pairs = re.findall(r"`/([\w ]+)`((?: `[a-z_]+`)+)", read(path))
        return [name for name, given in pairs if not set(SPAN.findall(given)) <= commands()[name]]

    assert on_pages(foreign) == {}
