"""What people read is in its package's `texts.py`, so that it can be reworded or translated without touching logic.

A literal counts as a sentence if it starts with a capital letter, has a space, and is long or ends like a sentence.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SENTENCE_CHARS = 20
EXEMPT = {
    "bot/catalogue/operations": "data: a field's label and sample are part of its definition, next to its limits",
    "bot/generation/rewrite_prompts.py": "instructions to models: no person reads them, and they stay English",
    "bot/sandbox/answers.py": "samples: the prompts that the sandbox rewrites are content, as a model would return it",
    "bot/sandbox/faults.py": "data: the table of faults, which docs/sandbox.md repeats and a test compares",
    "bot/sandbox/undocumented.py": "data: invented operations of the sandbox, like the catalogue's",
    "bot/runtime/metrics.py": "a metric's help is part of its definition, read by monitoring and not by people here",
}
DEVELOPER_ERRORS = frozenset({"AssertionError", "KeyError", "RuntimeError", "TypeError", "ValueError"})
"""Raised for a fault in the code, or caught and turned into a sentence: nobody but a developer reads their words."""
SQL = ("CREATE ", "DELETE ", "INSERT ", "PRAGMA ", "SELECT ", "UPDATE ", "WITH ")
SQL_PLACEHOLDER = " = ?"


def modules() -> list[Path]:
    """Return the modules to be checked; the loose ones (cli, settings, errors) are no package and have no texts.py."""
    paths = [path for top in ("bot", "cogs") for path in sorted((ROOT / top).glob("*/**/*.py"))]
    return [path for path in paths if path.name != "texts.py" and not any(is_in(path, each) for each in EXEMPT)]


def is_in(path: Path, place: str) -> bool:
    return path.relative_to(ROOT).is_relative_to(place)


def sentences(source: str) -> Iterator[tuple[int, str]]:
    """Yield the lines and texts of the literals that look like sentences for people."""
    tree = ast.parse(source)
    skipped = {id(part) for node in ast.walk(tree) for root in not_for_people(node) for part in ast.walk(root)}
    for node in ast.walk(tree):
        text = None if id(node) in skipped else text_of(node)
        if text is not None and is_sentence(text):
            yield node.lineno, text  # type: ignore[attr-defined]


def not_for_people(node: ast.AST) -> list[ast.AST]:
    """Return the parts of a node whose literals people do not read, or do not read from here."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Call(func=ast.Attribute(value=ast.Name(id="log"))):  # or a docstring
            return [node]
        case ast.Raise(exc=ast.Call(func=ast.Name(id=name))) if name in DEVELOPER_ERRORS:
            return [node]
        case ast.JoinedStr(values=values):  # its parts; the whole is checked
            return list(values)
        # A command's description is part of its definition; Discord gets it in all languages.
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return list(node.decorator_list)
        case ast.ClassDef():
            return [*node.decorator_list, *node.keywords]
        case _:
            return []


def text_of(node: ast.AST) -> str | None:
    """Return a literal's text, an f-string's with `…` for what is filled in; None for what is no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return None


def is_sentence(text: str) -> bool:
    ends = text.endswith((".", "?", "!"))
    is_sql = text.startswith(SQL) or text.endswith(SQL_PLACEHOLDER)
    starts = text[:1].isupper() or (ends and text.startswith("…"))
    return starts and " " in text and (ends or len(text) >= SENTENCE_CHARS) and not is_sql


def test_texts_for_people_are_in_their_package_s_texts_module():
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in modules()
        for line, text in sentences(path.read_text(encoding="utf-8"))
    ]
    assert not found, "move these to the package's texts.py:\n" + "\n".join(found)


@pytest.mark.parametrize("place", sorted(EXEMPT))
def test_a_place_without_texts_is_not_exempt(place: str):
    path = ROOT / place
    paths = [path] if path.is_file() else sorted(path.rglob("*.py"))
    assert any(list(sentences(each.read_text(encoding="utf-8"))) for each in paths)


@pytest.mark.parametrize(
    "source",
    [
        'raise InputError("The file is empty.")',
        'return f"{name} is not known."',
        'LABEL = "Choose what is shown here"',
        'def f(): return {"a": f"There is no {x}."}',
    ],
)
def test_a_sentence_for_people_is_found(source: str):
    assert list(sentences(source))


@pytest.mark.parametrize(
    "source",
    [
        'def f():\n    """Return nothing at all."""',
        'log.info("Some event happened here", job=1)',
        'raise ValueError("This must not be negative.")',
        '@app_commands.command(description="Generate an image from a prompt")\ndef f(): ...',
        'URL = f"https://example.org/{a} b"',
        'db.execute("SELECT a FROM b WHERE c = ?")',
        'where = f"{column} = ?"',
        'return "Cost"',
    ],
)
def test_what_is_not_for_people_is_not_found(source: str):
    assert not list(sentences(source))
