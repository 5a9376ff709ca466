"""Every message of the user interface, with its places and comments for translators.

Messages of the code are found by Babel; names and texts of commands in the command tree, as Discord gets them; words of
Cannon Studio's operations in the catalogue's data.
"""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from babel.messages.extract import extract

from bot.app.entry_points import unconnected
from bot.catalogue import OPERATIONS, Field
from bot.generation.recipes.recipes import BUILT_IN
from bot.language import NAME
from bot.language.pages import written
from bot.settings import Settings
from cogs.recipes.shown import input_label

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("bot", "cogs", "sandbox")
KEYWORDS: dict[str, Any] = {
    "tr": None,
    "said": None,  # in bot/language/messages.py, which `tr` itself is made of
    "Text": None,
    "ntr": (1, 2),
    "Plural": (1, 2),
    "ptr": ((1, "c"), 2),
}
PARTS = {
    "title": "Title of a page: the cause of a refusal, without a full stop.",
    "cause": "Why the bot did not do it. Keep what is in backticks or between stars: the bot fills in its translation.",
    "do": "What to do now. Keep what is in backticks or between stars: the bot fills in its translation.",
    "asked": "What somebody types who looks for this page: their own words, which are never shown.",
}
"""The texts of a page about refusals, with a comment for translators."""
MENU, GROUP_OR_SUBCOMMAND = (2, 3), (1, 2)
NAME_LIMIT = "Lower case, no spaces, at most 32 characters."
TEXT_LIMIT = "At most 100 characters."


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A message at one place."""

    one: str
    many: str = ""
    """Its plural; '' for a message without."""
    context: str | None = None
    place: str = ""
    """The file, relative to the project; '' if it is not in the code."""
    comment: str = ""
    """Comment for translators."""

    @property
    def id(self) -> str | tuple[str, str]:
        """The message's gettext id."""
        return (self.one, self.many) if self.many else self.one


def all_found() -> list[Found]:
    """Return every message at each of its places."""
    return [*of_code(), *of_commands(asyncio.run(payloads())), *of_catalogue(), *of_recipes()]


def of_pages() -> list[Found]:
    """Return the texts of the pages about refusals, each with its page's id as the context."""
    return [
        Found(one=texts[part], context=why, place="bot/language/pages/pages.toml", comment=PARTS[part])
        for why, texts in written().items()
        for part in PARTS
        if part in texts
    ]


# ---------------------------------------------------------------------- the code


def of_code() -> Iterator[Found]:
    """Yield the messages of the packages, each with the docstring of its function or constant as the comment."""
    for top in SOURCES:
        for path in sorted((ROOT / top).rglob("*.py")):
            yield from _of_file(path)


def _of_file(path: Path) -> Iterator[Found]:
    with path.open("rb") as file:
        extracted = list(extract("python", file, keywords=KEYWORDS))
    about = _about(path.read_text(encoding="utf-8")) if extracted else {}
    for line, message, _comments, context in extracted:
        one, many = message if isinstance(message, tuple) else (message, "")
        place = path.relative_to(ROOT).as_posix()
        yield Found(one=one, many=many, context=context, place=place, comment=about.get(line, ""))


def _about(source: str) -> dict[int, str]:
    """Return by line the docstring of the function or constant there, its first paragraph as one line."""
    about: dict[int, str] = {}
    for node in ast.walk(ast.parse(source)):  # breadth first: inner ones overwrite outer ones
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            about.update(dict.fromkeys(range(node.lineno, (node.end_lineno or 0) + 1), _first(ast.get_docstring(node))))
        for above, below in pairwise(node.body if isinstance(node, ast.Module | ast.ClassDef) else ()):
            if isinstance(above, ast.Assign | ast.AnnAssign) and _is_text(below):
                said = _first(below.value.value)  # type: ignore[attr-defined]  # `_is_text` has made sure
                about.update(dict.fromkeys(range(above.lineno, (above.end_lineno or 0) + 1), said))
    return about


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _first(docstring: str | None) -> str:
    return " ".join((docstring or "").split("\n\n")[0].split())


# ---------------------------------------------------------------------- the commands


async def payloads() -> list[dict[str, Any]]:
    """Return every command and menu in English, as it is registered with Discord."""
    async with unconnected(Settings(log_level="INFO")) as bot:
        return [each.to_dict(bot.tree) for each in bot.tree.get_commands()]


def of_commands(commands: list[dict[str, Any]]) -> Iterator[Found]:
    """Yield names in their context, descriptions, choices and menus."""
    for each in commands:
        if each.get("type") in MENU:
            yield Found(one=each["name"], comment="A menu of a message or a member. At most 32 characters.")
        else:
            yield from _of_command(each, "")


def _of_command(item: dict[str, Any], above: str) -> Iterator[Found]:
    is_command = not above or item.get("type") in GROUP_OR_SUBCOMMAND
    path = f"{above} {item['name']}".strip()
    where = f"`/{path}`" if is_command else f"the option `{item['name']}` of `/{above}`"
    kind = "a command" if is_command else "an option"
    yield Found(one=item["name"], context=NAME, comment=f"The name of {kind}. {NAME_LIMIT}")
    yield Found(one=item["description"], comment=f"What {where} does. {TEXT_LIMIT}")
    for choice in item.get("choices", ()):
        yield Found(one=choice["name"], comment=f"A choice of {where}. {TEXT_LIMIT}")
    for option in item.get("options", ()):
        yield from _of_command(option, path)


# ---------------------------------------------------------------------- the catalogue


def of_catalogue() -> Iterator[Found]:
    """Yield the texts of Cannon Studio's operations and their fields: shown by `tr(value)`."""
    for operation in OPERATIONS:
        place = f"bot/catalogue/operations/{_module(operation.workflow)}.py"
        yield Found(one=operation.title, place=place, comment=f"The title of the operation {operation.id}.")
        for field in operation.fields:
            yield from _of_field(field, operation.id, place)


def _of_field(field: Field, of: str, place: str) -> Iterator[Found]:
    named = f"the field {field.name} of {of}"
    yield Found(one=field.label, place=place, comment=f"What {named} is called in a sentence.")
    yield Found(one=field.help, place=place, comment=f"What to give for {named}. {TEXT_LIMIT}")
    if field.unit:
        yield Found(one=field.unit, place=place, comment=f"What {named} counts, in the plural.")
    for inner in field.item_fields:
        yield from _of_field(inner, of, place)


def of_recipes() -> Iterator[Found]:
    """Yield the names of the built-in recipes' parameters."""
    for recipe in BUILT_IN:
        for each in recipe.parameters:
            said = f"What the recipe {recipe.name} takes: {each.about} At most 45 characters."
            yield Found(one=input_label(each.name), place="bot/generation/recipes/recipes.py", comment=said)


def _module(workflow: str) -> str:
    return {"3d": "three_d"}.get(workflow, workflow)


# ---------------------------------------------------------------------- what Discord allows

LIMITS = {
    ("Button", "label"): 80,
    ("button", "label"): 80,
    ("SelectOption", "label"): 100,
    ("SelectOption", "description"): 100,
    ("Choice", "name"): 100,
    ("Select", "placeholder"): 150,
    ("select", "placeholder"): 150,
    ("role", "placeholder"): 150,
    ("channels", "placeholder"): 150,
    ("TextInput", "label"): 45,
    ("TextInput", "placeholder"): 100,
    ("Label", "text"): 45,
    ("Label", "description"): 100,
    ("__init__", "title"): 45,
    ("Embed", "title"): 256,
}
"""Discord's limits in characters, by the names of the callable and its argument.

Source: https://docs.discord.com/developers/components/reference
"""
POSITIONS = {
    (name, number): limit
    for name, limits in {"ask": (45, 100, 100), "ask_text": (45, 100), "_add": (45, 100, 100)}.items()
    for number, limit in enumerate(limits)
}
"""The same of arguments without a name: of a form, a field's label and what to give for it."""
PAGES = ("_PAGE", 100)
"""The end of the names of settings' pages, which are options of a select, and the limit of those."""
MESSAGE_CALLS = {"Text": 1, "tr": 1, "said": 1, "ntr": 2, "ptr": 2}
"""How many of the first arguments of each are messages; the context of `ptr` is too short to matter."""


@cache
def limits_of_labels() -> dict[str, int]:
    """Return Discord's limit in characters of each message that is used as a label."""
    limits: dict[str, int] = {}
    texts = {path.parent: _messages(path) for path in ROOT.glob("*/**/texts.py") if path.parts[-3] != ".venv"}
    for folder in ("bot/delivery", "bot/app", "cogs"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for name, limit in _labels(ast.parse(path.read_text(encoding="utf-8"))):
                for message in _of(texts, path.parent, name):
                    limits[message] = min(limit, limits.get(message, limit))
    ending, limit = PAGES
    for message in (
        each for found in texts.values() for name in found if name.endswith(ending) for each in found[name]
    ):
        limits[message] = min(limit, limits.get(message, limit))
    return limits


def _of(texts: dict[Path, dict[str, list[str]]], package: Path, name: str) -> list[str]:
    """Return a text's messages by its name: those of the package's own texts, else of any."""
    own = texts.get(package, {})
    if name in own:
        return own[name]
    return next((found[name] for found in texts.values() if name in found), [])


def _labels(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        for keyword in call.keywords:
            limit = LIMITS.get((called, keyword.arg or ""))
            if limit is not None:
                yield from ((name, limit) for name in _names(keyword.value))
        for number, argument in enumerate(call.args):
            if (limit := POSITIONS.get((called, number))) is not None:
                yield from ((name, limit) for name in _names(argument))


def _names(value: ast.expr) -> Iterator[str]:
    """Yield the constants and functions of texts that are a whole value, or a side of a choice."""
    match value:
        case ast.IfExp(body=body, orelse=other):
            yield from (*_names(body), *_names(other))
        case ast.Call(func=ast.Name(id="str"), args=[inner]) | ast.Subscript(value=inner):
            yield from _names(inner)
        case ast.Call(func=called):
            yield from _names(called)
        case ast.Attribute(value=ast.Name(id="texts"), attr=name) | ast.Name(id=name):
            yield name


def _messages(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = list(_literals(node))
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            found.update(_assigned(node))
    return found


def _assigned(node: ast.Assign | ast.AnnAssign) -> Iterator[tuple[str, list[str]]]:
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
        for name, value in zip(target.elts, node.value.elts, strict=True):
            if isinstance(name, ast.Name):
                yield name.id, list(_literals(value))
    elif isinstance(target, ast.Name) and node.value is not None:
        yield target.id, list(_literals(node.value))


def _literals(node: ast.AST) -> Iterator[str]:
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in MESSAGE_CALLS:
            for argument in call.args[: MESSAGE_CALLS[call.func.id]]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value
