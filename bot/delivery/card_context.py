"""What a card needs to know besides its jobs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from bot.catalogue import Catalogue
from bot.domain.progress_bar import JobProgress


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
