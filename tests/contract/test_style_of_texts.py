"""What people read has one idea a sentence, and translations keep its form; words: tools/words.py."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.language import SOURCE
from tests.contract.test_translations import forms, originals, placeholders, translated
from tools.translations import TRANSLATED
from tools.words import CODE, messages

ROOT = Path(__file__).resolve().parents[2]
SENTENCE_WORDS_MAX = 30
SENTENCE_END = re.compile(r"(?<=[.!?:])\s+|\n+")
FORM = {
    "two spaces": r"(?<=\S)  +(?=\S)",
    "three dots instead of an ellipsis": r"\.\.\.",
    "straight quotation marks": r"\"",
    "a space at the start or the end": r"\A[ \n]|[ \n]\Z",
    "a space before punctuation": r"\w [,.;](?!\w)",
}
ENDS = frozenset(
    f"{width}{name}"
    for width in ("", "FULLWIDTH ")
    for name in ("FULL STOP", "EXCLAMATION MARK", "QUESTION MARK", "HORIZONTAL ELLIPSIS", "IDEOGRAPHIC FULL STOP")
)
PLACEHOLDER_CHARS_MIN = 2


def test_a_sentence_has_one_idea():
    sentences = [sentence for each in messages() for sentence in SENTENCE_END.split(CODE.sub("X", each))]
    assert [each for each in sentences if len(each.split()) > SENTENCE_WORDS_MAX] == []


@pytest.mark.parametrize("language", [SOURCE, *TRANSLATED])
def test_the_form_of_a_message_is_clean(language: str):
    translations = [] if language == SOURCE else [each for each in translated(language) if each.id]
    said = [form for each in translations for form in forms(each)] or messages()
    assert [(name, each) for each in said for name in FORM if re.search(FORM[name], CODE.sub("X", each))] == []


def test_what_is_filled_in_has_a_telling_name():
    assert [each for each in messages() if any(len(name) < PLACEHOLDER_CHARS_MIN for name in placeholders(each))] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_sentence_stays_one_in_a_translation(language: str):
    wrong = []
    for message in translated(language):
        if message.id and message.context != "name":
            ends = {each.rstrip()[-1:] in ".!?…" for each in originals(message)}
            wrong += [each for each in forms(message) if (unicodedata.name(each.rstrip()[-1]) in ENDS) not in ends]
    assert wrong == []


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
    named = part.value if isinstance(part, ast.FormattedValue) else part
    named = named.func if isinstance(named, ast.Call) else named
    return isinstance(named, ast.Attribute) and named.attr.isupper() and "texts" in ast.unparse(named.value)


def test_sentences_are_joined_by_the_language_and_not_by_a_space():
    modules = [each for package in ("bot", "cogs", "sandbox") for each in (ROOT / package).rglob("*.py")]
    assert [fault for each in modules for fault in glued(each)] == []
