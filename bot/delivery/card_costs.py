"""What a card says of credits: what is held, what was charged, what was refunded."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.delivery import texts
from bot.domain.models import MADE_STATES, UNKNOWN, Job, JobState, credits_text, credits_words


def cost_of_all(jobs: Sequence[Job]) -> str:
    """Return what the card's jobs cost: charged, held and refunded together."""
    made = [job for job in jobs if job.state in MADE_STATES]
    billed = [job for job in jobs if _is_billed_failure(job)]
    refunded = [job for job in jobs if job.state.ended and job not in made and job not in billed]
    open_jobs = [job for job in jobs if not job.state.ended and job not in made]
    parts = []
    if made or billed:
        total = sum(map(_charged, [*made, *billed]), Decimal(0))
        is_raised = made and any(job.raised for job in made)
        words = _more_than_held([*made, *billed], total) if is_raised else credits_words(total)
        parts.append(words if made else texts.billed_failure(words))
    if open_jobs:
        parts.append(_estimate(open_jobs))
    if refunded:
        parts.append(texts.refunded(len(refunded)) if parts else str(texts.NO_COST))
    return " + ".join(parts)


def own_cost(job: Job) -> str:
    """Return what one of several jobs costs by itself, '' for nothing."""
    if job.state in MADE_STATES or _is_billed_failure(job):
        return credits_words(_charged(job))
    if job.state.ended:
        return ""  # refunded
    if job.raised:
        return _more_than_held([job], job.reserved)
    return credits_words(job.held) if job.basis == "fixed" else texts.estimated(credits_words(job.held))


def _more_than_held(jobs: Sequence[Job], cost: Decimal) -> str:
    """Return the cost of jobs for which Cannon Studio has told more than was held."""
    held = credits_text(sum((job.held for job in jobs), Decimal(0)))
    is_guess = any(job.basis == UNKNOWN for job in jobs)
    return texts.more_than_held(credits_words(cost), held, is_guess=is_guess)


def _charged(job: Job) -> Decimal:
    """Return the credits of a job that has a result: its true cost once that is known."""
    return job.held if job.cost is None else job.cost


def _is_billed_failure(job: Job) -> bool:
    """Whether Cannon Studio has charged the job although it gave no result."""
    return job.state in {JobState.FAILED, JobState.EXPIRED} and bool(job.cost)


def _estimate(open_jobs: Sequence[Job]) -> str:
    reserved = sum((job.reserved for job in open_jobs), Decimal(0))
    if any(job.raised for job in open_jobs):
        return _more_than_held(open_jobs, reserved)
    held = credits_words(reserved)
    basis = next((job.basis for job in open_jobs if job.basis != "fixed"), "fixed")
    if basis == UNKNOWN:
        return texts.price_unknown(held)
    return held if basis == "fixed" else texts.estimated(held, texts.BASES.get(basis))
