"""Forbidden words in any script and spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.words.text import WordList


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("ein STRASSE", "straße"),
        ("eine Straße", "strasse"),
        ("na\u00efve", "nai\u0308ve"),
        ("b\u00ada\u2060d", "bad"),  # soft hyphen, word joiner
        ("\ufb01sh", "fish"),  # a ligature
        ("\u212bngstrom", "angstrom"),
        ("\U0001d41b\U0001d41a\U0001d41d", "bad"),
        ("İstanbul", "istanbul"),
        ("very, BAD... idea", "bad idea"),
        ("bad-idea", "bad idea"),
        ("bad_idea", "bad"),
        ("使用武器的人", "武器"),  # no space says where a word ends
        ("무기를 든", "무기"),
        ("ปืนใหญ่", "ปืน"),
        ("ひどいばか", "ばか"),
        ("ﾊﾞｶ", "バカ"),  # half width
        ("ba\u3164d", "bad"),  # an invisible letter
        ("b\u20dda\u20ddd\u20dd", "bad"),  # each letter in a circle
        ("b\u302ea\U0001d165d", "bad"),  # marks beside a letter
        ("a BAD idea", "bad"),
        ("so:bad!", "bad"),
    ],
)
def test_a_forbidden_word_is_found_whatever_its_script_and_dress(text: str, word: str) -> None:
    assert WordList.of([word]).first_in([text]) == word


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("bad ideas", "bad idea"),
        ("idea bad", "bad idea"),
        ("naïvety", "naïve"),
        ("badger", "bad"),
        ("forbad", "bad"),
        ("b ad", "bad"),
        ("", "bad"),
        ("text", "!!"),
        ("text", ""),
        ("x", ""),
    ],
)
def test_what_only_looks_like_it_is_not(text: str, word: str) -> None:
    assert WordList.of([word]).first_in([text]) is None


@given(st.text(), st.text(max_size=5))
def test_no_text_breaks_the_word_list_and_a_word_of_its_own_is_found(text: str, word: str) -> None:
    found = WordList.of([word]).first_in([f"{text} {word} {text}"])
    assert found in {None, word}
    if word.isascii() and word.isalpha():
        assert found == word
