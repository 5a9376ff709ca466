"""What people ask most is found from the home page of the documents by at most two clicks, and the answer is there.

That the site's search finds it too: tests/browser/test_site_search.py.
"""

from __future__ import annotations

import posixpath
import re

import pytest

from tests.support.questions import QUESTIONS, Question, parts, text

HOME = "docs/index.md"
CLICKS_MAX = 2
ANSWER_WORDS_MAX = 350
"""A part is skimmed in half a minute."""
LINK = re.compile(r"\[[^\]]*\]\((?!https?:)([^)\s]+)\)")
ASKED = re.compile(r"^\| (?P<question>[^|]+\?) \| ", re.MULTILINE)
BY_A_MODERATOR = "How do I refund a failed job that was charged?"
"""It shares its row with the member's question."""


def links(path: str) -> set[str]:
    """Return the documents and parts that a page links to, as paths of the project."""
    folder = posixpath.dirname(path)
    return {posixpath.normpath(posixpath.join(folder, target)) for target in LINK.findall(text(path))}


def clicks(wanted: str) -> int | None:
    """Return after how many clicks a part is open: one is a link to it, or to the page on which one scrolls to it."""
    page, _, part = wanted.partition("#")
    seen, now = {HOME}, [HOME]
    for count in range(1, CLICKS_MAX + 1):
        linked = {target for path in now for target in links(path)}
        on_page = count + (1 if part else 0)  # its table of contents has the part
        if wanted in linked:
            return count
        if page in {target.partition("#")[0] for target in linked} and on_page <= CLICKS_MAX:
            return on_page
        now = sorted({target.partition("#")[0] for target in linked if ".md" in target} - seen)
        seen |= set(now)
    return None


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.typed)
def test_a_question_is_answered_one_click_from_the_home_page(question: Question) -> None:
    path, _, part = question.place.partition("#")
    answers = dict(parts(path))
    assert part in answers, sorted(answers)
    assert [word for word in question.answer if word not in answers[part]] == []
    assert len(answers[part].split()) < ANSWER_WORDS_MAX
    assert clicks(question.place) == 1


def test_the_home_page_asks_what_is_asked_most() -> None:
    assert {*ASKED.findall(text(HOME)), BY_A_MODERATOR} == {each.asked for each in QUESTIONS}


def test_a_part_that_is_not_linked_is_not_found() -> None:
    assert clicks("docs/decisions/0078-the-host-in-discord.md") is None
