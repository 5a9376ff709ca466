"""Text of others, cut to what has room, among sentences of ours, and in blocks of code."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.words.text import bare, harmless, harmless_within, in_block, tame

SIGNS = st.text(alphabet="\\`*_~|[]()<>#-+:/@.1 \nxe\u2028\u202e\u200b", max_size=60)
PIECES = st.sampled_from(
    [
        "https://",
        "http://",
        "://",
        "](",
        "<@1>",
        "<t:1:R>",
        "@everyone",
        "@here",
        "@",
        "`",
        "```",
        "_",
        "# ",
        "\x00",
        "x",
    ]
)
TEXTS = SIGNS | st.lists(PIECES, max_size=20).map("".join) | st.text(max_size=60)


def shown(text: str) -> str:
    """Return what Discord shows of an escaped text."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", text)


@given(TEXTS, st.integers(1, 80))
def test_what_has_little_room_is_cut_to_it_and_no_escape_is_cut_in_two(text: str, limit: int) -> None:
    cut = harmless_within(text, limit)
    assert len(cut) <= limit
    if cut == harmless(text):
        return
    assert cut.endswith("…")
    backslashes = cut[:-1][len(cut[:-1].rstrip("\\")) :]
    assert len(backslashes) % 2 == 0, "the last one would be for the ellipsis"


@given(TEXTS)
def test_a_text_that_has_room_is_whole(text: str) -> None:
    assert harmless_within(text, len(harmless(text)) + 1) == harmless(text)


@pytest.mark.parametrize(
    "text",
    [
        "[Claim your free Nitro](https://evil.example)",
        "a fox [x](https://x.y) [Claim your free Nitro](https://evil.example)",
        "1. first\n2. second\n + third",
        "-# small\n### large",
        "a_b, 16:9, C++, 3 - 2 = 1, <t:1:R>, me@host.example, discord.gg/x",
    ],
)
def test_it_is_shown_as_it_was_typed(text: str) -> None:
    assert shown(harmless(text)) == text


@given(TEXTS)
def test_among_our_own_words_nothing_acts_and_nothing_is_escaped(text: str) -> None:
    said = tame(text)
    assert not re.search(r"\]\(|[\\`*<>\[\]\n]|://|@everyone|@here|\|\||~~|^[-+#]", said)
    assert said == said.strip()


@given(TEXTS)
def test_tame_words_stay_what_they_are_in_an_escaped_sentence(text: str) -> None:
    assert shown(harmless(f"The API says: {tame(text)}")) == f"The API says: {tame(text)}".translate(
        dict.fromkeys(map(ord, "\u202e"))
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("aspect_ratio must be one of 16:9, 1:1", "aspect_ratio must be one of 16:9, 1:1"),
        ("body[0].image_url: not a link", "body(0).image_url: not a link"),
        ("see https://docs.example/a_b.html", "see docs.example/a_b.html"),
        ("# **No** GPU _left_", "No GPU left"),
        ("mail me@host.example, @everyone", "mail me@host.example, everyone"),
        ("hthttps://tps://x", "https x"),
        ("@http://everyone @@here", "everyone here"),
    ],
)
def test_names_and_numbers_are_kept_in_a_sentence(text: str, said: str) -> None:
    assert tame(text) == said


def test_a_description_of_a_file_has_words_alone() -> None:
    assert bare("# a **fox** [in](https://e.x) fog_y @home #5") == "a fox (in)(e.x) fog y home 5"


@given(st.text(alphabet="`\x00x", max_size=60))
@example("x\n```\n[a](https://e.x)")
@example("`\x00``")
def test_a_block_ends_where_we_end_it(text: str) -> None:
    block = in_block(text)
    assert block.startswith("```\n")
    assert block.endswith("\n```")
    assert "```" not in block[3:-3]
