"""How far open work can exceed a limit at most. Pure.

Known prices are taken to hold. Nothing bounds an unknown price, so it stays a number of jobs: each can cost as much
more than it holds as it will. A job that fails may be charged later, and one that is overdue holds back no other: both
count from then on, not before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto

from bot.domain.money.spend_request import ZERO


class Stage(Enum):
    """What may still stop an open job from being paid beyond a limit."""

    CHECKED = auto()
    """It waits, and starts only if the limit holds then."""
    RUNNING = auto()
    """Sent. No other of unknown price starts meanwhile."""
    FREE = auto()
    """Neither the limit nor another job holds it back: allowed by a moderator, under another limit, or overdue."""
    ASKED = auto()
    """Above the limit: it starts if a moderator allows it, and takes nothing of what others may start with."""
    LATE = auto()
    """Failed and refunded, but its request may still be charged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenJob:
    """A job that counts for the limit. `held`: its credits that count now, for LATE those that would."""

    stage: Stage
    held: Decimal
    is_known: bool
    """Whether its cost is known, or its price before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """So many credits, plus what so many jobs of unknown price cost beyond their holds."""

    credits: Decimal
    jobs: int

    def over(self, more: Sequence[Decimal]) -> Decimal:
        """Return the bound for the unknown jobs' costs beyond their holds, in credits; at least 0."""
        dearest = sorted(more, reverse=True)[: self.jobs]
        return max(ZERO, self.credits + sum((max(each, ZERO) for each in dearest), ZERO))


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstCase:
    """The most by which a limit can be exceeded: the lower of two bounds."""

    together: Bound
    """If every open job is paid; negative credits are still free."""
    at_once: Bound
    """By what runs at one time: later starts are checked first."""
    unknown_held: Decimal
    """Credits held for all jobs of unknown price."""

    @property
    def is_possible(self) -> bool:
        """Whether the limit can be exceeded at all."""
        return self.together.jobs > 0 or self.together.credits > 0

    def over(self, more: Sequence[Decimal]) -> Decimal:
        """Return the highest excess, as `Bound.over`."""
        return min(self.together.over(more), self.at_once.over(more))


def worst_case(left: Decimal, jobs: Iterable[OpenJob]) -> WorstCase:
    """Return how far a limit that leaves `left` credits can be exceeded by its open jobs."""
    jobs = list(jobs)
    late = sum((job.held for job in jobs if job.stage is Stage.LATE and job.is_known), ZERO)
    asked = sum((job.held for job in jobs if job.stage is Stage.ASKED), ZERO)
    unknown = [job for job in jobs if not job.is_known]
    sure = [job for job in unknown if job.stage is not Stage.CHECKED]
    not_holding = [job for job in sure if job.stage is not Stage.RUNNING]
    # At the last start the limit held: what exceeds it after that is late, or runs beside the job that started.
    at_last_start = len(not_holding) + 1 if len(sure) < len(unknown) else 0
    return WorstCase(
        together=Bound(credits=late - left, jobs=len(unknown)),
        at_once=Bound(credits=max(late - left, late + asked), jobs=max(len(sure), at_last_start)),
        unknown_held=sum((job.held for job in unknown if job.stage is not Stage.LATE), ZERO),
    )
