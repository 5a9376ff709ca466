"""No regular expression takes more than linear time, whatever members, file hosts or the API write.

Each is tried with its own characters and parts, again and again; a new one is tried because it is there.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Callable, Mapping

import pytest

from bot.cannon.errors import message_read, reading_of
from bot.cannon.outputs import media_of
from bot.catalogue.checks.values import clean_text
from bot.domain.models import MediaKind
from bot.domain.words import text as harmless_text
from bot.domain.words.text import WordList
from bot.errors import InputError
from bot.generation import generation as batch
from bot.generation import json_input, words
from bot.generation.recipes import recipes
from bot.generation.words import read
from tests.support.machine import slowness
from tests.support.patterns import Rule, attacks, chars_of, rules, runaway

SEARCH = frozenset({"search"})


def test_every_pattern_is_found() -> None:
    found = {rule.pattern.pattern for rule in rules()}
    assert len(found) > 150
    assert {words._RATIO.pattern, harmless_text._ALL.pattern} <= found
    assert words._COUNTS[0].regex.pattern in found  # in a table, and compiled when it is first used


@pytest.mark.parametrize(
    ("pattern", "uses"),
    [
        (r"(?:a|b|ab)*c", SEARCH),
        (rb"<[^>]*>", SEARCH),
        # As they were: each comma is a start, each space is of one of three.
        pytest.param(r"[\s,]*please$", SEARCH, marks=pytest.mark.long),
        pytest.param(r"«\s*([^«»]+?)\s*»", frozenset({"fullmatch"}), marks=pytest.mark.long),
        pytest.param(r"(in\s+|in )+x", frozenset({"match"}), marks=pytest.mark.long),
        pytest.param(r"^x[\d.]*[\d,]*;", SEARCH, marks=pytest.mark.long),
    ],
)
def test_a_bad_pattern_is_seen(pattern: str | bytes, uses: frozenset[str]) -> None:
    rule = Rule("here", re.compile(pattern), uses)
    assert any(next(runaway(rule), "") for _ in range(3))  # other work on the machine may hide it once


def test_what_repeats_nothing_needs_no_attack() -> None:
    assert attacks(re.compile(r"[a-z]{1,5}:\d")) == {}


def test_no_pattern_takes_more_than_linear_time() -> None:
    assert [line for rule in rules() for line in runaway(rule)] == []


# ---------------------------------------------------------------------- whole readers

CHARS, LIMIT_S = 4000, 0.005
READERS: Mapping[str, Callable[[str], object]] = {
    "words": lambda text: [read(text, each) for each in (None, MediaKind.IMAGE, MediaKind.VIDEO)],
    "word_list": lambda text: WordList.of(("fox", text[:60])).first_in([text]),
    "harmless": harmless_text.harmless,
    "tame": harmless_text.tame,
    "api_error": lambda text: reading_of(text.encode("utf-8", "replace"), "text/plain", 400),
    "api_message": message_read,
    "json": lambda text: json_input.parsed(json.dumps({"prompt": text})),
    "recipe": recipes.parse_steps,
    "batch": lambda text: batch.split_prompts(text, in_file=False),
    "field": clean_text,
    "answer": lambda text: media_of(None, {text[:60]: [text], "video_url": text}),
}


@pytest.mark.parametrize("name", ["words", "tame", *(pytest.param(each, marks=pytest.mark.long) for each in READERS)])
def test_no_text_of_a_rules_own_signs_keeps_the_bot_for_five_milliseconds(name: str) -> None:
    """Three times as long for `words`, which is read three times here."""
    limit_s = LIMIT_S * slowness() * (3 if name == "words" else 1)
    signs = {char for rule in rules() for char in chars_of(rule.pattern) if not char.isalnum()}
    late = [sign for sign in sorted(signs) if _least_s(READERS[name], sign * CHARS, limit_s) > limit_s]
    assert late == []


def _least_s(read: Callable[[str], object], text: str, limit_s: float) -> float:
    """Return the shortest time of five, in seconds; the first that is within the limit will do."""
    taken = 0.0
    for _ in range(5):
        begun = time.thread_time()
        with contextlib.suppress(InputError):
            read(text)
        taken = time.thread_time() - begun
        if taken <= limit_s:
            break
    return taken


def test_a_long_text_is_a_whole_prompt_and_its_ends_are_understood() -> None:
    told = "a fox in the snow, and " * 100
    assert read(f"make 2 pictures of {told}, wide").choices == {
        "image.generate": {"prompt": told.strip(" ,"), "aspect_ratio": "16:9"}
    }
