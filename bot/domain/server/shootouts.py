"""Shoot-outs: one prompt on several models, whose results members vote on without knowing which is whose.

Here are the rules that need no database: what kind of prompt it is, who has won, and what a server has learned.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from bot.domain.models import PAID_STATES, PROMPT_FIELDS, Job, JobState

MODELS_MIN, MODELS_MAX = 2, 4
MINUTES_MIN, MINUTES_MAX, MINUTES_USUAL = 1, 1440, 10
LETTERS = "ABCD"


class ShootoutKind(StrEnum):
    """What a model won at."""

    IMAGE = "image"
    PORTRAIT = "portrait"
    LETTERING = "lettering"
    """An image with text in it."""
    VIDEO = "video"


_LETTERING = re.compile(
    r"[\"“”„«»「」]|\b(?:text|texts?|letters?|lettering|typography|caption|headline|logo|slogan|sign that|says|reads"
    r"|schriftzug|aufschrift|plakat|texte|lettrage|affiche|texto|letras|cartel|letreiro|cartaz)\b|文字|ロゴ|看板",
    re.IGNORECASE,
)
_PORTRAIT = re.compile(
    r"\b(?:portrait|portraits|headshot|face|close-up|closeup|selfie|porträt|gesicht|visage|retrato|rostro|rosto|cara)\b"
    r"|肖像|ポートレート|顔",
    re.IGNORECASE,
)


def kind_of(prompt: str, *, is_video: bool) -> ShootoutKind:
    """Return the kind by a few words of six languages; of an image with a face and text in it, the text counts."""
    if is_video:
        return ShootoutKind.VIDEO
    if _LETTERING.search(prompt):
        return ShootoutKind.LETTERING
    return ShootoutKind.PORTRAIT if _PORTRAIT.search(prompt) else ShootoutKind.IMAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class ShootoutTerms:
    """What is agreed when a card is accepted: its kind, and how long the vote lasts once the results are there."""

    kind: ShootoutKind
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShootoutEntry:
    """One job of a shoot-out that has ended. `credits` and `seconds` are None if it has no result."""

    job_id: str
    model: str
    votes: int = 0
    credits: Decimal | None = None
    seconds: float | None = None
    won: bool = False
    practice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shootout:
    """A shoot-out. Times are Unix seconds; `ends_at` is None until its results are there, `ended_at` until its end."""

    guild_id: int
    card_id: str
    kind: ShootoutKind
    minutes: int
    ends_at: float | None = None
    ended_at: float | None = None
    votes: int = 0
    """How many members have voted."""
    entries: tuple[ShootoutEntry, ...] = ()
    """In the order of the letters; () until its end."""


def letter(job: Job) -> str:
    """Return what a job of a shoot-out is called until the end."""
    return LETTERS[job.position % len(LETTERS)]


def has_result(job: Job) -> bool:
    """Whether the job has a picture that members see, and vote for."""
    return job.state is JobState.DELIVERED and bool(job.media)


def are_made(jobs: Iterable[Job]) -> bool:
    """Whether nothing is awaited: all results are posted, or are being posted with one edit of the card."""
    return all(job.state.ended or job.state is JobState.READY for job in jobs)


def results(jobs: Iterable[Job], votes: Mapping[str, int]) -> list[ShootoutEntry]:
    """Return the jobs with what they took; the one with the most votes has won, if another had a result, too.

    A tie has no winner, nor has a vote in which no one took part.
    """
    entries = [_entry(job, votes.get(job.id, 0)) for job in jobs]
    made = [each for each in entries if each.seconds is not None]
    most = max((each.votes for each in made), default=0)
    first = [each.job_id for each in made if each.votes == most]
    if len(made) < MODELS_MIN or not most or len(first) > 1:
        return entries
    return [replace(each, won=each.job_id in first) for each in entries]


def _entry(job: Job, votes: int) -> ShootoutEntry:
    made = has_result(job)
    ended_at = job.finished_at if job.finished_at is not None else job.delivered_at
    took_s = max(0.0, (ended_at or job.created_at) - (job.submitted_at or job.created_at))
    return ShootoutEntry(
        job_id=job.id,
        model=job.model or "",
        votes=votes if made else 0,
        credits=job.charge if job.state in PAID_STATES else None,
        seconds=round(took_s, 1) if made else None,
        practice=job.practice,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a model has won on a server, among its results of one kind."""

    model: str
    wins: int
    rounds: int
    credits: Decimal
    """What its results cost in all."""

    @property
    def wins_per_100(self) -> Decimal:
        """Its wins per 100 credits; 0 if they cost nothing."""
        return self.wins * Decimal(100) / self.credits if self.credits else Decimal(0)


def table(ended: Iterable[Shootout]) -> Mapping[ShootoutKind, tuple[Standing, ...]]:
    """Return the standings by kind: most wins first, then most for the credits. Practice does not count."""
    found: dict[ShootoutKind, dict[str, Standing]] = {}
    for each in ended:
        for entry in each.entries:
            if entry.seconds is None or entry.practice or not entry.model:
                continue
            of_kind = found.setdefault(each.kind, {})
            was = of_kind.get(entry.model, Standing(model=entry.model, wins=0, rounds=0, credits=Decimal(0)))
            of_kind[entry.model] = replace(
                was, wins=was.wins + entry.won, rounds=was.rounds + 1, credits=was.credits + (entry.credits or 0)
            )

    def ranked(standings: Mapping[str, Standing]) -> tuple[Standing, ...]:
        return tuple(sorted(standings.values(), key=lambda each: (-each.wins, -each.wins_per_100, each.model)))

    return {kind: ranked(found[kind]) for kind in ShootoutKind if kind in found}


def veiled(job: Job) -> Job:
    """Return the job without what could name its model, as long as members vote on it."""
    if not job.is_secret:
        return job
    shown = {name: value for name, value in job.input.items() if name in {*PROMPT_FIELDS, "aspect_ratio"}}
    return replace(
        job, input=shown, output={}, error=None, remote_id=None, submitted_at=None, started_at=None, finished_at=None,
        delivered_at=None, cost=None, lacks=(),
    )  # fmt: skip
