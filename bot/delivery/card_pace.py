"""When a card has to be drawn again for what it says to stay true. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.delivery.card_context import CardContext
from bot.delivery.card_states import SHORTEST_TOLD_S, UNDER_WAY
from bot.domain.models import PENDING_STATES, Card, Job, JobState
from bot.domain.progress_bar import JobProgress

APART_S, SEVERAL_APART_S = 10.0, 20.0
EVERY_S = 12.0
"""While a time is told: less than `SHORTEST_TOLD_S`, so that none is on a card that has passed."""
SELDOM_S = 30.0
"""Where no time is told: a place in the queue, a bar that hardly moves."""
QUEUED_S = 3.0
"""What is queued at Cannon Studio is mostly begun within this time: then the card says that at once."""
TOKEN_SPARE_S = 20.0
"""So long before its token ends, a card that only the token reaches is drawn for the last time, without a time."""


def apart_s(jobs: Sequence[Job]) -> float:
    """Return how many seconds at least lie between two edits that bring no result: cards of several have results."""
    return APART_S if len(jobs) == 1 else SEVERAL_APART_S


def next_edit_s(jobs: Sequence[Job], context: CardContext) -> float | None:
    """Return in how many seconds the card of `jobs` is to be drawn again, None for not before something happens."""
    waits = [wait for job in jobs if (wait := _next_s(job, context)) is not None]
    return min(waits, default=None)


def _next_s(job: Job, context: CardContext) -> float | None:
    if job.state.ended or job.state is JobState.AWAITING_APPROVAL:
        return None
    if job.waits_for is not None:
        return max(EVERY_S, job.next_at - context.now + 1)
    if job.state is JobState.WAITING:
        return SELDOM_S
    progress = context.progress.get(job.id)
    return None if progress is None or context.blocked or job.overdue_at is not None else _moves_s(progress)


def _moves_s(progress: JobProgress) -> float:
    if progress.left_s is None:
        return SELDOM_S
    if progress.left_s < SHORTEST_TOLD_S:
        return progress.left_s + 1  # when the few seconds are over
    return EVERY_S


def is_calm(jobs: Sequence[Job], told: Mapping[str, JobState]) -> bool:
    """Whether nothing has happened to the card of `jobs` that cannot be told some seconds later.

    `told`: the states that the card shows. How a job ended is told at once, and then it is no news any more. A result
    that is ready says so by coming, while there are others to wait for.
    """
    goes_on = any(job.state in UNDER_WAY or job.state in PENDING_STATES for job in jobs)
    return goes_on and all(_is_calm(job, told.get(job.id)) for job in jobs)


def _is_calm(job: Job, told: JobState | None) -> bool:
    if job.state.ended:
        return job.state is told
    return (
        job.waits_for is None
        and job.overdue_at is None
        and not job.raised
        and (
            job.state in UNDER_WAY
            or job.state is JobState.READY
            or (job.state in PENDING_STATES and job.state is not JobState.AWAITING_APPROVAL)
        )
    )


def is_only_queued(jobs: Sequence[Job]) -> bool:
    """Whether Cannon Studio has some of the jobs, and has begun with none."""
    states = {job.state for job in jobs}
    return JobState.QUEUED in states and states <= {JobState.SUBMITTING, JobState.QUEUED, JobState.WAITING}


def tells_time(card: Card, now: float) -> bool:
    """Whether the card will be drawn again before a time that it tells has passed."""
    return not card.is_ephemeral or card.token_expires_at - now > TOKEN_SPARE_S
