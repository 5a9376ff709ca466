"""What people ask most is found from the home page of the documents by at most two clicks, and the answer is there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOME = "docs/index.md"
CLICKS_MAX = 2
LINK = re.compile(r"\[[^\]]*\]\((?!https?:)([^)\s]+)\)")
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)

QUESTIONS = {
    "How do I make everything private?": ("docs/guides/member.md#your-settings-and-your-data", "Defaults", "`private`"),
    "Who sees a private prompt?": ("docs/guides/member.md#who-sees-a-private-request", "Moderators", "host"),
    "How do I delete my data?": ("docs/guides/member.md#delete-your-data", "Delete my data", "`/me`"),
    "A failed job was charged: do I get it back?": (
        "docs/troubleshooting.md#a-failed-job-was-charged",
        "Request refund",
        "`/quota grant`",
    ),
    "How do I limit a role?": ("docs/guides/moderator.md#keep-costs-in-hand", "`/quota set`", "a role"),
    "How do I stop NSFW?": ("docs/guides/moderator.md#stop-nsfw", "Forbidden channels", "Review"),
    "How do I set the server's language?": (
        "docs/guides/moderator.md#make-it-your-own",
        "Server language",
        "Time zone",
    ),
    "How do I upgrade with Docker?": ("docs/releasing.md#upgrading-a-bot", "docker compose up -d --build", "backup"),
    "How do I move to another machine?": ("docs/moving.md#in-six-steps", "backup", "restore"),
    "How much RAM, and does it run on arm64?": ("docs/small-machine.md#what-it-needs", "1 GB", "`arm64`"),
}
"""A page and part for each question, and words of its answer."""


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def anchor(title: str) -> str:
    """Return a heading's anchor, as the site and code hosts make it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def parts(path: str) -> Iterator[tuple[str, str]]:
    """Yield each part of a page by its anchor, with the parts below it."""
    page = text(path)
    found = [(len(match[1]), match[2], match.end()) for match in HEADING.finditer(page)]
    for number, (level, title, start) in enumerate(found):
        below = (at - len(name) - depth - 1 for depth, name, at in found[number + 1 :] if depth <= level)
        yield anchor(title), page[start : next(below, len(page))]


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


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_answered_two_clicks_from_the_home_page(question: str) -> None:
    place, *words = QUESTIONS[question]
    path, _, part = place.partition("#")
    answers = dict(parts(path))
    assert part in answers, sorted(answers)
    assert [word for word in words if word not in answers[part]] == []
    assert len(answers[part].split()) < 450, "an answer is found in half a minute"
    assert (clicks(place) or CLICKS_MAX + 1) <= CLICKS_MAX


def test_the_home_page_asks_what_is_asked_most() -> None:
    assert {place for place, *_ in QUESTIONS.values()} - links(HOME) <= {"docs/moving.md#in-six-steps"}


def test_a_part_that_is_not_linked_is_not_found() -> None:
    assert clicks("docs/decisions/0079-grafana-sends-the-alerts.md") is None
