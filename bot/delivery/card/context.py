"""What a card needs to know besides its jobs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.catalogue import Catalogue
from bot.delivery import texts
from bot.domain.jobs.poll_schedule import JobProgress
from bot.domain.models import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class CardContext:
    """What is known when a card is drawn. Times are Unix seconds."""

    catalogue: Catalogue
    now: float
    author_name: str = ""
    """What the author is called on the server; '': not known."""
    author_icon_url: str | None = None
    """Their avatar; None: not known."""
    progress: Mapping[str, JobProgress] = dataclasses.field(default_factory=dict)
    """How far each running job is; empty where nobody will correct what is said of it."""
    blocked: bool = False
    """Whether the jobs wait for a working key."""
    places: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """The places of jobs in the queue, 1 for the next."""
    paused: bool = False
    """Whether the moderators have paused new jobs."""
    is_reviewed: bool = False
    """Whether moderators look at the results of this private card."""
    is_for_review: bool = False
    """Whether it is drawn for the moderators who decide on its results, and may see them."""
    withheld: frozenset[str] = frozenset()
    """Jobs of whose results nothing may be shown: a review is required, and has not published them."""
    dropped: frozenset[str] = frozenset()
    """Jobs of whose results the author wants nothing posted any more."""
    ai_label: bool = False
    """Whether the server's rule is that results say that they were made with AI."""
    left: str = ""
    """The sentence that says what the author has left while the jobs are held, '' where nothing is told."""
    made_from: str | None = None
    """The link to the card of the job that this one was made from; None where there is none to follow."""


NEUTRAL = 0x5865F2
"""Discord's own blurple: panels, lists, and cards whose jobs still run."""
SUCCESS = 0x3BA55D
FAILURE = 0xD83C3E
STOPPED = 0x80848E
"""Cancelled: nobody's fault, and nothing to do."""
ATTENTION = 0xF0B232
"""Somebody has to act: a decision to take, a result that could not be posted."""
GALLERY = 0xF5C542


def marked(text: str, jobs: Sequence[Job]) -> str:
    """Return a footer or a line as it is, or with the mark of practice in front if the jobs are practice."""
    return f"{texts.PRACTICE_MARK} · {text}" if any(job.practice for job in jobs) else text


def marked_title(title: str, jobs: Sequence[Job]) -> str:
    """Return a title in the same way, with a short mark."""
    return texts.PRACTICE_TITLE(title=title) if any(job.practice for job in jobs) else title
