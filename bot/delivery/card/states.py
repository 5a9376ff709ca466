"""The states of a card's jobs: a line for each, and a progress bar.

The expected time of a result is Discord's relative time, which each client counts down by itself. Its words remain true
once it has passed ("expected 3 seconds ago"), since no card is edited only because time passes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from bot.cannon.outputs import has_more_media
from bot.delivery import texts
from bot.delivery.card.context import CardContext
from bot.delivery.card.shootouts import shootout_lines
from bot.domain.jobs.card_jobs import are_copies_made, is_batch, is_linked
from bot.domain.jobs.poll_schedule import JobProgress, bar, whole_seconds
from bot.domain.models import MADE_STATES, UNKNOWN, Card, Job, JobState, WaitsFor, credits_text, credits_words
from bot.domain.words.text import harmless_within, one_line, shortened, stamp
from bot.language import span, tr


def cost_of_all(jobs: Sequence[Job]) -> str:
    """Return the card's total cost: charged, held and refunded; not while members vote on its jobs."""
    if any(job.is_secret for job in jobs):
        return str(texts.SECRET_COST)
    made = [job for job in jobs if job.state in MADE_STATES]
    billed = [job for job in jobs if _is_billed_failure(job)]
    refunded = [job for job in jobs if job.state.ended and job not in made and job not in billed]
    open_jobs = [job for job in jobs if not job.state.ended and job not in made]
    parts = []
    if made or billed:
        total = sum((job.charge for job in [*made, *billed]), Decimal(0))
        is_raised = made and any(map(_is_above_hold, made))
        words = _more_than_held([*made, *billed], total) if is_raised else credits_words(total)
        parts.append(words if made else texts.BILLED_FAILURE(amount=words))
    if open_jobs:
        parts.append(_estimate(open_jobs))
    if refunded:
        parts.append(texts.REFUNDED(count=len(refunded)) if parts else str(texts.NO_COST))
    return " + ".join(parts)


def own_cost(job: Job) -> str:
    """Return one job's own cost, '' for nothing."""
    if job.state in MADE_STATES or _is_billed_failure(job):
        return credits_words(job.charge)
    if job.state.ended:
        return ""  # refunded
    if job.waits_for_price:
        return ""
    if _is_above_hold(job):
        return _more_than_held([job], job.reserved)
    return credits_words(job.reserved) if job.basis == "fixed" else texts.estimated(credits_words(job.reserved))


def _more_than_held(jobs: Sequence[Job], cost: Decimal) -> str:
    held = credits_text(sum((job.held for job in jobs), Decimal(0)))
    is_guess = any(job.basis == UNKNOWN for job in jobs)
    return texts.more_than_held(credits_words(cost), held, is_guess=is_guess)


def _is_above_hold(job: Job) -> bool:
    """Whether the API reported a higher cost than was held at acceptance."""
    return bool(job.raised) and job.expected is None


def _is_billed_failure(job: Job) -> bool:
    return job.state in {JobState.FAILED, JobState.EXPIRED} and bool(job.cost)


def _estimate(open_jobs: Sequence[Job]) -> str:
    reserved = sum((job.estimate if job.waits_for_price else job.reserved for job in open_jobs), Decimal(0))
    if any(map(_is_above_hold, open_jobs)):
        return _more_than_held(open_jobs, reserved)
    held = credits_words(reserved)
    basis = next((job.basis for job in open_jobs if job.basis != "fixed"), "fixed")
    if basis == UNKNOWN:
        return texts.PRICE_UNKNOWN(amount=held)
    return held if basis == "fixed" else texts.estimated(held, texts.BASES.get(basis))


STATES_CHARS, BATCH_STATES_CHARS = 2000, 2900
"""For all jobs' lines: the embed must stay below Discord's 6000 characters."""
CAPTION_MIN_CHARS, ERROR_CHARS = 16, 300
UNDER_WAY = frozenset({JobState.SUBMITTING, JobState.QUEUED, JobState.PROCESSING})


def state_word(state: JobState) -> str:
    return str(texts.STATES[state])


def state_of(job: Job) -> str:
    """Return the word of a job's state; one word for all on which members vote, as the first to be made is fast."""
    return str(texts.SECRET_STATE) if job.is_secret else state_word(job.state)


def state_lines(card: Card, jobs: Sequence[Job], context: CardContext) -> list[str]:
    """Return a line per job, then notes; none for posted results of one request."""
    if context.shootout is not None:
        return shootout_lines(context.shootout, jobs, context.catalogue)
    lines = [_state(job, context) for job in jobs]
    if are_copies_made(jobs):
        lines = []
    elif len(jobs) > 1:
        room = (BATCH_STATES_CHARS if is_batch(jobs) else STATES_CHARS) // len(jobs)
        lines = [_line(job, line, jobs, context, room) for job, line in zip(jobs, lines, strict=True)]
    else:
        lines += _bar(jobs[0], context)
    is_open = not all(job.state.ended for job in jobs)
    if is_open and any(job.id in context.dropped for job in jobs):
        lines.append(texts.dropped([job.position + 1 for job in jobs if job.id in context.dropped], len(jobs)))
    if card.private and any(job.state is JobState.AWAITING_APPROVAL for job in jobs):
        lines.append(str(texts.READ_BY_MODERATORS))
    if context.is_reviewed and is_open:
        lines.append(str(texts.REVIEWED_PRIVATELY))
    if any(job.media and has_more_media(context.catalogue.find(job.operation), job.output) for job in jobs):
        lines.append(str(texts.FIRST_FILES))
    if not is_open and any(job.is_charged_for_nothing for job in jobs):
        lines.append(str(texts.CHARGED_FOR_NOTHING))
    if context.left and is_open:
        lines.append(context.left)
    return lines


def _line(job: Job, state: str, jobs: Sequence[Job], context: CardContext, room: int) -> str:
    start, end = f"{job.position + 1}. ", state
    if is_linked(jobs) or is_batch(jobs):
        cost = own_cost(job)
        end = f"{state} · {cost}" if cost else state
    if is_batch(jobs):
        left = max(CAPTION_MIN_CHARS, room - len(start) - len(end) - 8)
        end = texts.JOB_IS(option=harmless_within(one_line(job.prompt), left), value=end)
    elif len({other.operation for other in jobs}) > 1:
        end = texts.JOB_IS(option=_step_name(job, context), value=end)
    return shortened(f"{start}{end}", room)


def _step_name(job: Job, context: CardContext) -> str:
    operation = context.catalogue.find(job.operation)
    return tr(operation.title) if operation is not None else job.operation


def _state(job: Job, context: CardContext) -> str:
    is_reviewed = job.state is JobState.READY and (context.is_for_review or job.id in context.withheld)
    word = str(texts.IN_REVIEW) if is_reviewed else state_word(job.state)
    if job.state is JobState.WAITING:
        return _waiting(job, context)
    if job.state.ended and job.error is not None:
        return texts.ENDED_BECAUSE(state=word, reason=shortened(job.error, ERROR_CHARS))
    if job.state is JobState.READY and not is_reviewed and job.waits_for is not None:
        return texts.posting_waits(job.waits_for, _next_try(job, context))
    if job.state in UNDER_WAY:
        return _under_way(job, context, word)
    took = took_words(job)
    return texts.TOOK(time=took) if took else word


def took_words(*jobs: Job) -> str:
    """Return the longest duration of posted results; '' if unknown."""
    spans = [
        job.finished_at - (job.submitted_at or job.created_at)
        for job in jobs
        if job.state is JobState.DELIVERED and job.finished_at is not None
    ]
    return span(whole_seconds(max(spans))) if spans else ""


def _bar(job: Job, context: CardContext) -> list[str]:
    progress = context.progress.get(job.id)
    if progress is None or progress.share is None or job.state not in UNDER_WAY or is_held_up(job):
        return []
    return [bar(progress.share)]


def is_held_up(job: Job) -> bool:
    return bool(job.blocked_s) or job.waits_for is not None or job.overdue_at is not None


def _under_way(job: Job, context: CardContext, word: str) -> str:
    if job.blocked_s:
        return str(texts.WAITING_TO_CONTINUE)
    if job.waits_for is WaitsFor.CANNON:
        return texts.CANNON_ASKS_TO_WAIT(time=stamp(max(job.next_at, context.now), "t"))
    if job.waits_for is WaitsFor.ERROR:
        return texts.failed_by_us(_next_try(job, context))
    if job.overdue_at is not None:
        return str(texts.UNUSUALLY_LONG)
    progress = context.progress.get(job.id)
    return word if progress is None else _expected(progress)


def _expected(progress: JobProgress) -> str:
    """Return the state of a job that is sent or worked on, with the time at which its result is expected."""
    word, at = state_word(JobState.PROCESSING), progress.expected.at
    time = "" if at is None else stamp(math.ceil(at))
    if progress.expected.is_late:
        return texts.taking_longer(word, time)
    return (texts.FIRST_GUESS if progress.is_guess else texts.EXPECTED)(state=word, time=time)


def _next_try(job: Job, context: CardContext) -> str:
    """Return the next attempt's time, '' for now: past times are not shown."""
    return stamp(job.next_at, "t") if job.next_at > context.now else ""


def _waiting(job: Job, context: CardContext) -> str:
    if job.after_ids and not job.after_done:
        return str(texts.WAITING_FOR_STEP)
    if context.paused:
        return str(texts.WAITING_WHILE_PAUSED)
    if job.waits_for_price:
        return str(texts.WAITING_FOR_PRICE)
    place = context.places.get(job.id)
    return state_word(job.state) if place is None else texts.at_place(place)
