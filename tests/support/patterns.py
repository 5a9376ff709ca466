"""Every regular expression of the bot, and texts made of its own characters that could make it slow."""

from __future__ import annotations

import ast
import functools
import importlib
import itertools
import pkgutil
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import BuiltinMethodType, ModuleType
from typing import Any

import bot
import cogs
from tools.refusals import parsed, walked

parser: Any = re._parser  # type: ignore[attr-defined]  # the standard library's own reader of patterns
USES = frozenset({"search", "sub", "subn", "split", "findall", "finditer", "match", "fullmatch"})
REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
CATEGORIES = {
    "CATEGORY_SPACE": " ", "CATEGORY_NOT_SPACE": "a", "CATEGORY_DIGIT": "0", "CATEGORY_NOT_DIGIT": "a",
    "CATEGORY_WORD": "a", "CATEGORY_NOT_WORD": ",",
}  # fmt: skip
UNITS_OF_SEQUENCE = 3
MEMBERS_MAX = 6
END = "\x01"
"""What no pattern ends with."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern and how it is used. `name` says where it is: module and name, or module and line."""

    name: str
    pattern: re.Pattern[Any]
    uses: frozenset[str]


def modules() -> Iterator[ModuleType]:
    """Return every module of the bot, imported."""
    for package in (bot, cogs):
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


@functools.cache
def rules() -> list[Rule]:
    """Return every regular expression of the bot: those that a module holds, and those written inside functions."""
    found: dict[tuple[str | bytes, int, frozenset[str]], Rule] = {}
    for module in modules():
        tree = parsed(Path(module.__file__ or "").read_text(encoding="utf-8"))
        for rule in (*_held(module, tree), *_written(module.__name__, tree)):
            found.setdefault((rule.pattern.pattern, rule.pattern.flags, rule.uses), rule)
    return list(found.values())


def _held(module: ModuleType, tree: ast.Module) -> Iterator[Rule]:
    """Return the patterns that a module holds; one in a table is used as names of no pattern are used there."""
    uses: dict[str, set[str]] = {}
    for node in walked(tree):
        if isinstance(node, ast.Attribute) and node.attr in USES:
            of = node.value
            if isinstance(of, ast.Attribute) and of.attr == "regex":  # of a rule that is compiled when first used
                of = of.value
            if isinstance(of, ast.Name):
                uses.setdefault(of.id, set()).add(node.attr)
    values = {name: value for name, value in vars(module).items() if not isinstance(value, ModuleType | type)}
    strings = {"split"}  # what a text has too
    others = {use for name, each in uses.items() if name not in {*values, "re"} for use in each - strings}
    for name, value in values.items():
        for pattern, use in _in(value, set()):
            used = {use} if use else uses.get(name) or others or USES
            yield Rule(f"{module.__name__}.{name}", pattern, frozenset(used))


def _in(value: object, seen: set[int]) -> Iterator[tuple[re.Pattern[Any], str]]:
    """Return the patterns in a value: itself, in what it holds, or the one that it is a method of, with its name."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, re.Pattern):
        yield value, ""
    elif isinstance(value, BuiltinMethodType):
        if isinstance(value.__self__, re.Pattern):
            yield value.__self__, value.__name__
    else:
        for each in _parts(value):
            yield from _in(each, seen)


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | set | frozenset):
        return value
    kind = type(value)
    if kind.__module__.partition(".")[0] not in {"bot", "cogs", "sandbox"}:
        return ()
    names = [*getattr(value, "__dict__", ()), *getattr(kind, "__slots__", ())]
    if "regex" in vars(kind):  # compiled when it is first used
        names.append("regex")
    return [getattr(value, name, None) for name in names]


def _written(module: str, tree: ast.Module) -> Iterator[Rule]:
    """Return the patterns that are written where they are used; what is filled in is a word or a number."""
    for node in walked(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
            continue
        of, first = node.func.value, node.args[0]
        if not isinstance(of, ast.Name) or of.id != "re" or node.func.attr not in USES:
            continue
        text = _text(first)
        if text is not None:
            yield Rule(f"{module}:{node.lineno}", re.compile(text), frozenset({node.func.attr}))


def _text(node: ast.expr) -> str | bytes | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(_text(part) or "1") for part in node.values)
    return None


# ---------------------------------------------------------------------- texts against a pattern

Attack = Callable[[int], Any]
"""Returns a text of about so many characters, and of some more units of several characters each."""


def attacks(pattern: re.Pattern[Any]) -> Mapping[str, Attack]:
    """Return texts that could make a pattern slow, by what they look like; none if it repeats nothing often.

    Each is a piece of the pattern again and again, after what the pattern begins with and before what it never ends
    with: one of its characters, what one of its repeats takes, or a few of its parts in a row.
    """
    parsed = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    found: dict[str, tuple[str, str]] = {}
    for prefix, units in _often(parsed, ""):
        for unit in units:
            for before in ("", prefix):
                found[f"{before[:30]!r} + {unit[:30]!r} * n"] = (before, unit)
    if not found:
        return {}
    for char in sorted(chars_of(pattern)):
        found[f"{char!r} * n"] = ("", char)
    is_bytes = isinstance(pattern.pattern, bytes)
    return {name: _attack(*each, is_bytes=is_bytes) for name, each in found.items()}


def chars_of(pattern: re.Pattern[Any]) -> set[str]:
    """Return characters that a pattern has a place for."""
    return set(_chars(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)))


def _attack(before: str, unit: str, *, is_bytes: bool) -> Attack:
    def text(chars: int) -> Any:
        made = before + unit * max(min(chars, 20), chars // len(unit)) + END
        return made.encode("latin-1", "replace") if is_bytes else made

    return text


OFTEN = 8
"""A pattern whose repeats all take less than this reads a text in linear time."""
ANYTHING = ' ,a0-<:\n"é'


def _often(items: Any, prefix: str) -> Iterator[tuple[str, list[str]]]:
    """Return for each repeat that may take much: an example of what is before it, and the units to try it with."""
    items = list(items)
    for place, (op, value) in enumerate(items):
        before = prefix + _sample(items[:place])
        if str(op) in REPEATS and (value[1] == parser.MAXREPEAT or value[1] >= OFTEN):
            windows = [
                _sample(items[start:end], least=1)
                for start in range(max(0, place - 2), place + 1)
                for end in range(place + 1, min(len(items), place + UNITS_OF_SEQUENCE) + 1)
            ]
            yield before, list(dict.fromkeys(each for each in [*_chars(value[2]), *windows] if each))
        for inner in _inner(op, value):
            yield from _often(inner, before)


def _inner(op: Any, value: Any) -> list[Any]:
    """Return the sequences inside an item."""
    match str(op):
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return [value[2]]
        case "SUBPATTERN":
            return [value[3]]
        case "ATOMIC_GROUP":
            return [value]
        case "BRANCH":
            return list(value[1])
        case "ASSERT" | "ASSERT_NOT":
            return [value[1]]
    return [each for each in value[1:] if each is not None] if str(op) == "GROUPREF_EXISTS" else []


def _sample(items: Any, least: int = 0) -> str:
    """Return an example of a sequence; each repeat as often as it must, at least `least` times."""
    text = ""
    for op, value in items:
        match str(op):
            case "LITERAL":
                text += chr(value)
            case "IN" | "ANY" | "NOT_LITERAL" | "CATEGORY":
                text += next(iter(_chars([(op, value)])), "")
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                text += _sample(value[2], least) * max(least, value[0])
            case "BRANCH":
                text += _sample(value[1][0], least)
            case "SUBPATTERN" | "ATOMIC_GROUP":
                text += _sample(_inner(op, value)[0], least)
    return text


def _chars(items: Any) -> Iterator[str]:
    """Return characters that a sequence has a place for, a few of each range and category."""
    for op, value in items:
        match str(op):
            case "LITERAL":
                yield chr(value)
            case "NOT_LITERAL":
                yield from (char for char in ANYTHING if char != chr(value))
            case "ANY":
                yield from ANYTHING
            case "CATEGORY":
                yield CATEGORIES.get(str(value), "a")
            case "IN" if str(value[0][0]) == "NEGATE":
                yield from (char for char in ANYTHING if not any(_has(each, char) for each in value[1:]))
            case "IN":
                for each in value:
                    yield from itertools.islice(_members(each), MEMBERS_MAX)
            case _:
                for inner in _inner(op, value):
                    yield from _chars(inner)


def _has(member: Any, char: str) -> bool:
    op, value = member
    match str(value if str(op) == "CATEGORY" else op):
        case "CATEGORY_SPACE":
            return char.isspace()
        case "CATEGORY_WORD":
            return char.isalnum() or char == "_"
        case "RANGE":
            return bool(value[0] <= ord(char) <= value[1])
    return char in _members(member)


def _members(member: Any) -> Iterator[str]:
    op, value = member
    if str(op) == "RANGE":
        yield from map(chr, range(value[0], min(value[1], value[0] + 300) + 1))
    else:
        yield from _chars([member])


# ---------------------------------------------------------------------- their time

SIZES = (12, 20, 150, 400, 1000, 4000)
"""In characters. What doubles its time with each unit is seen in the first two, what is cubic in the third."""
NOTHING_S = 0.002
"""Four thousand characters in less than this is no worse than half a microsecond for each."""
GROWTH = 3.0
"""Twice the text takes twice the time; four times if the time grows with its square."""


def runaway(rule: Rule) -> Iterator[str]:
    """Return what makes a rule slow out of proportion, as lines; none for a good rule."""
    for name, text in attacks(rule.pattern).items():
        for use in sorted(rule.uses):
            growth = _growth(rule, use, text)
            if growth > GROWTH:
                yield f"{rule.name}.{use}({name}): {growth:.1f} times as long for twice the text"


def _growth(rule: Rule, use: str, text: Attack) -> float:
    size = next((each for each in SIZES if _seconds(rule, use, text(each)) > NOTHING_S), None)
    if size is None:
        return 1.0
    growth = float("inf")
    for _ in range(3):  # a machine with much to do is slow now for one, now for the other
        half, whole = (min(_seconds(rule, use, text(each)) for _ in range(3)) for each in (size // 2, size))
        growth = min(growth, whole / half if whole > NOTHING_S else 1.0)
        if growth <= GROWTH:
            break
    return growth


def _seconds(rule: Rule, use: str, text: Any) -> float:
    """Return what one use of a rule takes, in seconds of processor."""
    call = getattr(rule.pattern, use)
    rest = (text[:0],) if use in {"sub", "subn"} else ()
    begun = time.thread_time()
    made = call(*rest, text)
    for _ in made if use == "finditer" else ():
        pass
    return time.thread_time() - begun
