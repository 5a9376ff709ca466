"""Whatever is typed, it is shown as it is typed and does nothing; and to make it so takes no time."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cannon.errors import clean
from bot.domain.words.text import WordList, bare, harmless, tame
from tests.support.machine import slowness

CHARS, LIMIT_S = 6000, 0.005
_ESCAPED = re.compile(r"\\([^A-Za-z0-9\s])")
PIECES = st.sampled_from(
    [
        "[", "](", ")", "<@1>", "<@!1>", "<@&1>", "<#3>", "<t:1:R>", "</a:1>", "<a:e:1>", "@everyone", "@here",
        "https://e.x", "http://e.x", "#", "## ", "### ", "-# ", "- ", "+ ", "* ", "1. ", "> ", ">>> ", "`", "```", "~~",
        "||", "__", "**", "\\", "\\\\", ":", "/", "x", "\n", " ", "\u200b", "\u202e", "\u2028", "\ud800", "\x00", "\t",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=4), max_size=30).map("".join)
MARKS = re.compile(r"[\[\]()<>`*_~|#@]|://")


def unescaped(text: str) -> str:
    """Return what is left of a text once each escaped sign is taken for the letter that it is."""
    return _ESCAPED.sub("\ufffc", text)


@given(TEXTS)
def test_no_sign_of_discords_markdown_is_left_to_act(text: str) -> None:
    assert MARKS.findall(unescaped(harmless(text)).replace("@\u200beveryone", "").replace("@\u200bhere", "")) == []


@given(TEXTS)
def test_no_line_begins_as_a_heading_a_list_or_a_quotation(text: str) -> None:
    for line in unescaped(harmless(text)).splitlines():
        assert not re.match(r"\s*(?:#{1,3}\s|-#|[-*+]\s|\d+\.\s|>)", line)


@given(TEXTS)
def test_nothing_of_what_is_seen_is_lost(text: str) -> None:
    seen = [char for char in text if char.isalnum() and char.isprintable()]
    kept = [char for char in harmless(text) if char.isalnum() and char.isprintable()]
    assert kept == seen


@given(TEXTS)
def test_a_name_or_description_of_a_file_has_no_sign_at_all(text: str) -> None:
    made = bare(text)
    assert not re.search(r"[\[\]<>`*_~|#@\\\n\r]|://", made)
    assert made == made.strip()


HOSTILE = {
    "brackets": "[" * CHARS,
    "links": "[a](" * (CHARS // 4),
    "nested": "[" * (CHARS // 2) + "](" * (CHARS // 4),
    "open": "[" + "a" * 2990 + "](" + "b" * 2990,
    "stars": "*" * CHARS,
    "arrows": "<" * CHARS,
    "mentions": "<@1" * (CHARS // 3),
    "quotes": ">" * CHARS,
    "headings": "\n# " * (CHARS // 3),
    "lists": "\n- " * (CHARS // 3),
    "addresses": "https://" * (CHARS // 8),
    "backslashes": "\\" * CHARS,
    "backticks": "`" * CHARS,
    "all": "@everyone" * (CHARS // 9),
    "wide letters": "\ufdfa" * CHARS,
    "marks": "a" + "\u0301" * (CHARS - 1),
    "invisible": "\u200b" * CHARS,
}


def best_of(function: Callable[[], object], times: int = 5) -> float:
    """Return the shortest time that it took, in seconds of the machine that the bars were set on."""
    taken = []
    for _ in range(times):
        start = time.thread_time()
        function()
        taken.append(time.thread_time() - start)
    return min(taken) / slowness()


@pytest.mark.parametrize("name", sorted(HOSTILE))
@pytest.mark.parametrize("function", [harmless, bare, tame], ids=lambda each: each.__name__)
def test_a_long_text_takes_at_most_five_milliseconds(name: str, function: Callable[[str], str]) -> None:
    assert best_of(lambda: function(HOSTILE[name])) < LIMIT_S


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_what_the_api_says_takes_no_longer(name: str) -> None:
    assert best_of(lambda: clean(HOSTILE[name] * 4)) < 4 * LIMIT_S


@pytest.mark.parametrize("name", ["wide letters", "marks", "links", "invisible"])
def test_two_hundred_words_are_looked_for_in_twenty_long_texts_at_once(name: str) -> None:
    letters = "\ufdfa" * 3
    words = WordList.of(tuple(f"{letters}{number}" for number in range(200)))
    texts = [HOSTILE[name]] * 20
    assert best_of(lambda: words.first_in(texts), times=2) < 1.0
