"""The punctuation of German and Japanese, and sentences that are joined in code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tests.contract.test_translations import forms, translated

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"`[^`]*`|[\[{]+\"[^`]*[\]}]+")
"""Code and JSON, which have signs of their own."""
JAPANESE = "[\u3040-\u30ff\u4e00-\u9fff]"
WRONG = {
    "de": {
        "a quotation mark that is not German": r"\"|\u201c[^\u201c\u201d\u201e]*\u201d",
        "z. B. without its space": r"z\.B\.",
    },
    "ja": {
        "a space after a full-width mark": "[。、！？：] (?!·)",
        "a half-width colon": f"^(?!.*「[^」]*: ).*{JAPANESE}:",
        "a half-width bracket": rf"{JAPANESE}\(|\({JAPANESE}",
        "a wave dash for a range": "\u301c",
        "no Japanese word": rf"^(?!.*{JAPANESE})(?=.*[a-z]{{2,}} [a-z]{{2,}})",
    },
}


def found(catalog: Catalog, pattern: str) -> list[str]:
    wrong = re.compile(pattern, re.DOTALL)
    return [each for message in catalog if message.id for each in forms(message) if wrong.search(CODE.sub("", each))]


@pytest.mark.parametrize(("language", "fault"), [(each, fault) for each, faults in WRONG.items() for fault in faults])
def test_a_translation_has_the_punctuation_of_its_language(language: str, fault: str):
    assert found(translated(language), WRONG[language][fault]) == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", 'Wähle "Posten".'),
        ("de", "Wähle “Posten”."),
        ("de", "z.B. so"),
        ("ja", "できました。 次へ"),
        ("ja", "できました： {link}"),
        ("ja", "状態: {link}"),
        ("ja", "状態(今)"),
        ("ja", "1\u301c4"),
        ("ja", "El mensaje se ha eliminado"),
    ],
)
def test_a_fault_is_found(language: str, text: str):
    catalog = Catalog()
    catalog.add("message", text)
    assert any(found(catalog, pattern) for pattern in WRONG[language].values())


# ---------------------------------------------------------------------- sentences that are joined


def glued(path: Path) -> Iterator[str]:
    """Yield the f-strings of a module that put a space between a text and what is before or after it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            parts = node.values
            for before, space, after in zip(parts, parts[1:], parts[2:], strict=False):
                between = isinstance(space, ast.Constant) and space.value == " "
                if between and any(map(is_text, (before, after))):
                    yield f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}"


def is_text(part: ast.expr) -> bool:
    """Whether a part of an f-string is a constant of a module of texts, filled in or not."""
    found = part.value if isinstance(part, ast.FormattedValue) else part
    found = found.func if isinstance(found, ast.Call) else found
    return isinstance(found, ast.Attribute) and found.attr.isupper() and "texts" in ast.unparse(found.value)


def test_sentences_are_joined_by_the_language_and_not_by_a_space():
    modules = [each for package in ("bot", "cogs") for each in (ROOT / package).rglob("*.py")]
    assert [fault for each in modules for fault in glued(each)] == []
