"""What people ask most of the documents: as they would type it, where the answer is, and words of the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Question:
    """`typed` are its plain words, `place` is a page of the project with the anchor of a part."""

    asked: str
    typed: str
    place: str
    answer: tuple[str, ...]


QUESTIONS = tuple(
    Question(asked, typed, f"docs/{place}", answer)
    for asked, typed, place, answer in (
        (
            "How do I make everything private by default?",
            "private by default",
            "guides/member.md#make-everything-private-by-default",
            ("Defaults", "`private`"),
        ),
        (
            "Who sees a private prompt?",
            "who sees a private prompt",
            "guides/member.md#who-sees-a-private-prompt",
            ("Moderators", "host"),
        ),
        (
            "How do I delete my data?",
            "delete my data",
            "guides/member.md#delete-your-data",
            ("Delete my data", "`/me`"),
        ),
        (
            "A job failed and was charged. How do I get a refund?",
            "refund of a charged failure",
            "guides/member.md#if-a-failed-job-was-charged",
            ("Request refund", "moderator"),
        ),
        (
            "How do I refund a failed job that was charged?",
            "refund a charged failure",
            "guides/moderator.md#refund-a-failed-job-that-was-charged",
            ("Request refund", "`/quota grant`"),
        ),
        (
            "How do I limit what a role may spend?",
            "limit a role",
            "guides/moderator.md#limit-what-members-and-roles-spend",
            ("`/quota set`", "a role"),
        ),
        (
            "How do I stop NSFW?",
            "stop NSFW",
            "guides/moderator.md#stop-nsfw",
            ("Forbidden channels", "Review"),
        ),
        (
            "How do I set the server's language?",
            "server language",
            "guides/moderator.md#set-the-servers-language",
            ("Server language", "Time zone"),
        ),
        (
            "How do I upgrade with Docker, or without?",
            "upgrade Docker",
            "releasing.md#upgrading-a-bot",
            ("docker compose up -d --build", "backup"),
        ),
        (
            "How do I move the bot to another machine?",
            "move to another machine",
            "moving.md#in-six-steps",
            ("backup", "restore"),
        ),
        (
            "How much memory (RAM) does it need? Does it run on ARM?",
            "RAM arm64",
            "small-machine.md#what-it-needs",
            ("1 GB", "`arm64`"),
        ),
    )
)


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
