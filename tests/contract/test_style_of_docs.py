"""What hosts, moderators and members read on the documents' pages is the product's own plain American English.

Decisions are history and keep their words; generated tables are read with the messages (test_style_of_texts.py).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.contract.test_style_of_texts import BRITISH

ROOT = Path(__file__).resolve().parents[2]
GENERATED = re.compile(r"<!-- (\w[\w-]*) -->.*?<!-- /\1 -->", re.DOTALL)
NO_PROSE = re.compile(
    r"^ *```.*?^ *```|^ *````.*?^ *````|`[^`\n]*`|\]\([^)]*\)|https?://\S+|<!--.*?-->", re.DOTALL | re.MULTILINE
)
BY_OTHERS = {"game-day.md"}
"""Written by a game day."""
PAGES = [
    path
    for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
    if "decisions" not in path.parts and path.name not in BY_OTHERS
]
INSTEAD = {
    r"\bcannot\b": "can't",
    r"\brefus(?:e|es|ed|ing)\b": "reject (a key, a request), can't (a person), stop",
    r"\b(?:some|any|every)body\b|\bwhoever\b": "someone, anyone, everyone; or the person's role",
    r"\bnobody\b": "no one; or say what does not happen",
    r"\btold\b|\btells\b": "says, shows, reports, notifies",
    r"\banew\b|\blest\b|\bbeside\b|\bdear(?:er)?\b": "again, so that … not, next to, expensive",
    r"\bgo(?:es)? on\b|\bgoing on\b": "continues",
    r"\bgiven back\b|\bgives? back\b": "refunded",
    r"\b[KMG]iB\b": "KB, MB, GB",
    r"\bfilms?\b": "video",
    r"\be-mail\b": "email",
    r"\bstands? (?:in|on|at|there|still|next)\b": "is",
    r"\bresults? (?:is|are) found by asking\b": "the bot polls",
    r"\brefills?\b": "resets",
}
"""Patterns that are not written, with what is."""


def prose(path: Path) -> str:
    return NO_PROSE.sub("X", GENERATED.sub("", path.read_text(encoding="utf-8")))


def found(pattern: str, text: str) -> list[str]:
    return [match[0] for match in re.finditer(pattern, text, re.IGNORECASE)]


@pytest.mark.parametrize("pattern", INSTEAD)
def test_a_page_has_no_word_of_the_old_style(pattern: str) -> None:
    wrong = {str(path.relative_to(ROOT)): words for path in PAGES if (words := found(pattern, prose(path)))}
    assert wrong == {}, f"write: {INSTEAD[pattern]}"


def test_spelling_is_american() -> None:
    joined = "|".join(BRITISH)
    assert {path.name: words for path in PAGES if (words := found(joined, prose(path)))} == {}


def test_the_old_style_is_noticed() -> None:
    text = "Nobody is told, and the colour goes on: 5 MiB cannot be refused."
    assert [pattern for pattern in INSTEAD if found(pattern, text)] != []
    assert sum(len(found(pattern, text)) for pattern in INSTEAD) == 6
    assert found("|".join(BRITISH), text) == ["colour"]
    assert prose(ROOT / "README.md").count("`") == 0
