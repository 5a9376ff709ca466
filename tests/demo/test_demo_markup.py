"""What the demo's page shows of Discord's markup."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.demo.page.markup import blocks, plain, resolve

RAW = re.compile(r"<(?:@[!&]?|#)\d+>|</[^>]+:\d+>")


class Known:
    """Names of a server with one of each."""

    def user(self, user_id: int) -> str | None:
        return "Ada" if user_id == 1 else None

    def role(self, role_id: int) -> str | None:
        return "Moderators" if role_id == 2 else None

    def channel(self, channel_id: int) -> str | None:
        return "studio" if channel_id == 3 else None


def paragraph(*lines: str) -> list[dict[str, Any]]:
    """A paragraph as simcord sends it: an inline block for each line, a break between them."""
    inlines = [{"type": "inline", "children": [{"type": "text", "content": line}]} for line in lines]
    broken = [each for line in inlines for each in (line, {"type": "inline", "children": [{"type": "break"}]})]
    return [{"type": "paragraph", "tag": "p", "children": broken[:-1]}]


def drawn(tokens: list[dict[str, Any]]) -> str:
    """The words of tokens, a mention in brackets."""
    found = ""
    for token in tokens:
        if token["type"] in {"mention", "command"}:
            found += f"[{token['label']}]"
        found += str(token.get("content", "")) + drawn(token.get("children", []))
    return found


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("for <@1> and <@!1>", "for [@Ada] and [@Ada]"),
        ("<@&2> in <#3>", "[@Moderators] in [#studio]"),
        ("see </image generate:99>.", "see [/image generate]."),
        ("<@7> <@&7> <#7>", "[@unknown-user] [@unknown-role] [#unknown]"),
        ("<@> <#x> </a> 1 < 2 > 0", "<@> <#x> </a> 1 < 2 > 0"),
    ],
)
def test_what_a_text_mentions_has_its_name(written: str, seen: str):
    assert drawn(blocks(paragraph(written), Known())) == seen


def test_only_texts_in_which_discord_resolves_mentions_are_rewritten():
    text = [{"type": "inline", "children": [{"type": "text", "content": "<@1>"}]}]
    answer: dict[str, Any] = {
        "embeds": [{"title_tokens": text, "description_tokens": list(text), "title": "<@1>"}],
        "messageIndex": [{"excerpt": "by <@1>"}],
    }
    resolve(answer, Known())
    (embed,) = answer["embeds"]
    assert drawn(embed["title_tokens"]) == "<@1>"
    assert embed["title"] == "<@1>"
    assert drawn(embed["description_tokens"]) == "[@Ada]"
    assert answer["messageIndex"][0]["excerpt"] == "by @Ada"


PIECES = st.sampled_from(["<@1>", "<@!9>", "<@&2>", "<#3>", "</help:5>", "<", ">", "@", "-# ", "word", "\n", "<@"])


@given(st.lists(PIECES, max_size=12).map("".join))
def test_nothing_raw_is_left_of_any_text(text: str):
    assert not RAW.search(plain(text, Known()))
    left = drawn(blocks(paragraph(*text.split("\n")), Known()))
    assert not RAW.search(re.sub(r"\[[^\]]*\]", "|", left))
