"""The context for drawing a card, besides its jobs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.catalogue import Catalogue
from bot.delivery import texts
from bot.domain.jobs.poll_schedule import JobProgress
from bot.domain.models import Job
from bot.domain.server.shootouts import Shootout


@dataclass(frozen=True, slots=True, kw_only=True)
class CardContext:
    """Times are Unix seconds."""

    catalogue: Catalogue
    now: float
    author_name: str = ""
    """The author's name on the server; '' if unknown."""
    author_icon_url: str | None = None
    """Their avatar; None if unknown."""
    progress: Mapping[str, JobProgress] = dataclasses.field(default_factory=dict)
    """Progress of running jobs; empty on a card that is not redrawn."""
    places: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Queue positions, 1 for the next."""
    paused: bool = False
    is_reviewed: bool = False
    """Whether moderators review this private card."""
    is_for_review: bool = False
    """Whether it is drawn for reviewing moderators, who see its results."""
    withheld: frozenset[str] = frozenset()
    """Jobs with unpublished results under review."""
    dropped: frozenset[str] = frozenset()
    """Jobs whose author cancelled posting."""
    ai_label: bool = False
    """Whether the server's rule is that results say that they were made with AI."""
    left: str = ""
    """The author's remaining budget while jobs are held, '' if not shown: never where others read it."""
    made_from: str | None = None
    """The link to the source job's card; None if there is none."""
    shootout: Shootout | None = None
    """The vote on its jobs; None if there is none."""


NEUTRAL = 0x5865F2
"""Discord's blurple: panels, lists, cards with running jobs."""
SUCCESS = 0x3BA55D
FAILURE = 0xD83C3E
STOPPED = 0x80848E
ATTENTION = 0xF0B232
"""Action needed: a decision, or a result that could not be posted."""
GALLERY = 0xF5C542


def marked(text: str, jobs: Sequence[Job]) -> str:
    """Return a footer or line, prefixed for practice jobs."""
    return f"{texts.PRACTICE_MARK} · {text}" if any(job.practice for job in jobs) else text


def marked_title(title: str, jobs: Sequence[Job]) -> str:
    return texts.PRACTICE_TITLE(title=title) if any(job.practice for job in jobs) else title
