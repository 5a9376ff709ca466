"""Which messages are labels that Discord limits: found by the code's use of a text, so no list can miss one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
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
POSITIONS = {("_add", 0): 45, ("_add", 1): 100}
"""The same of arguments without a name: `_add` of a form, a field's label and what to give for it."""
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
