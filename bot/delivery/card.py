"""How a card looks: an embed that is a pure function of the card, its jobs and what is known of durations."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import discord

from bot.cannon.outputs import has_more_media
from bot.catalogue import Catalogue, model_name
from bot.delivery import colours, texts
from bot.delivery.discord_facts import EMBED_FIELD_CHARS
from bot.delivery.generated_texts import (
    PROMPT_SHOWN_CHARS,
    RESULT_TEXT_SHOWN_CHARS,
    REWRITTEN_SHOWN_CHARS,
    result_text,
    rewritten_prompt,
)
from bot.domain.card_jobs import is_batch, is_linked, main_job, open_part, prompt_text
from bot.domain.harmless_text import harmless, harmless_within, in_block
from bot.domain.models import MADE_STATES, UNKNOWN, Card, Job, JobState, WaitsFor, credits_text, credits_words
from bot.domain.text import one_line, shortened, stamp

STATES_CHARS, BATCH_STATES_CHARS = 2000, 2900
"""For the lines of all jobs: with what else may be there, an embed stays below Discord's 6000 characters."""
CAPTION_MIN_CHARS, ERROR_CHARS = 16, 300
COLOURS = {
    JobState.DELIVERED: colours.SUCCESS,
    JobState.FAILED: colours.FAILURE,
    JobState.EXPIRED: colours.FAILURE,
    JobState.REFUSED: colours.FAILURE,
    JobState.CANCELLED: colours.STOPPED,
    JobState.HELD: colours.ATTENTION,
}

UNDER_WAY = frozenset({JobState.SUBMITTING, JobState.QUEUED, JobState.PROCESSING})


@dataclass(frozen=True, slots=True, kw_only=True)
class CardContext:
    """What a card needs to know besides itself. Times are Unix seconds."""

    catalogue: Catalogue
    now: float
    eta: dict[str, float]
    """When each running job will probably be done."""
    blocked: bool = False
    """Whether the jobs wait for a working key."""
    places: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """The places of jobs in the queue, 1 for the next."""
    paused: bool = False
    """Whether the moderators have paused new jobs."""
    is_reviewed: bool = False
    """Whether moderators look at the results of this private card."""
    withheld: frozenset[str] = frozenset()
    """Jobs of whose results nothing may be shown: a review is required, and has not published them."""
    left: str = ""
    """What the author has left while the jobs are held, '' where nothing is told."""
    made_from: str | None = None
    """The job that this card was made from, as a link where there is one."""


def state_word(state: JobState) -> str:
    """Return a state as members read it, with its emoji."""
    return texts.STATES[state]


def card_embed(card: Card, jobs: Sequence[Job], context: CardContext) -> discord.Embed:
    """Draw the card of `jobs` (at least one)."""
    jobs = open_part(jobs, context.withheld)
    job = main_job(jobs)
    operation = context.catalogue.find(job.operation)
    title = operation.title if operation is not None else job.operation
    like_it = [other for other in jobs if other.operation == job.operation]
    embed = discord.Embed(
        title=_title(card, jobs, title, len(like_it)),
        description=_prompts(jobs, context.catalogue),
        colour=_colour(jobs),
    )
    for number, lines in enumerate(_in_fields(_states(card, jobs, context))):
        embed.add_field(name="\u200b" if number else texts.STATE, value=lines, inline=False)
    if job.model is not None and not card.label:
        name = model_name(operation, job.model) if operation is not None else job.model
        embed.add_field(name=texts.MODEL, value=_name(name))
    embed.add_field(name=texts.COST, value=_cost(jobs))
    if context.left:
        embed.add_field(name=texts.LEFT, value=context.left)
    embed.add_field(name=texts.AUTHOR, value=f"<@{card.author_id}>")
    if context.made_from is not None:
        embed.add_field(name=texts.PARENT, value=context.made_from)
    for name, value in _facts(like_it):
        embed.add_field(name=name, value=value)
    embed.set_footer(text=f"cannon-bot · {' '.join(job.id for job in jobs)}")
    return embed


def _prompts(jobs: Sequence[Job], catalogue: Catalogue) -> str | None:
    """Return the prompt as a quotation and, once there is one, the rewritten prompt as a block below."""
    prompt, parts = prompt_text(jobs), []
    if prompt and not is_batch(jobs):  # a batch has its prompts in its lines
        shown = harmless(shortened(prompt, PROMPT_SHOWN_CHARS))
        parts.append("\n".join(f"> {line}" for line in shown.splitlines()))
    rewritten = rewritten_prompt(jobs, catalogue)
    if rewritten is not None:
        parts.append(f"{texts.REWRITTEN}\n{in_block(shortened(rewritten, REWRITTEN_SHOWN_CHARS))}")
    result = result_text(jobs, catalogue)
    if result is not None:
        parts.append(f"{texts.RESULT}\n{in_block(shortened(result, RESULT_TEXT_SHOWN_CHARS))}")
    return "\n\n".join(parts) or None


def _colour(jobs: Sequence[Job]) -> int:
    states = {job.state for job in jobs}
    if not all(state.ended for state in states):
        return colours.NEUTRAL
    for state in (JobState.HELD, JobState.FAILED, JobState.EXPIRED, JobState.REFUSED, JobState.CANCELLED):
        if state in states:
            return COLOURS[state]
    return COLOURS[JobState.DELIVERED]


def _title(card: Card, jobs: Sequence[Job], operation_title: str, count: int) -> str:
    if card.label:
        return texts.steps(harmless_within(card.label, 100), len(jobs))
    return operation_title if count == 1 else texts.several(operation_title, count)


def _states(card: Card, jobs: Sequence[Job], context: CardContext) -> list[str]:
    """Return a line for each job, and one that says when they were requested, until all have ended."""
    lines = [_state(job, context) for job in jobs]
    if len(jobs) > 1:
        room = (BATCH_STATES_CHARS if is_batch(jobs) else STATES_CHARS) // len(jobs)
        lines = [_line(job, line, jobs, context, room) for job, line in zip(jobs, lines, strict=True)]
    if card.private and any(job.state is JobState.AWAITING_APPROVAL for job in jobs):
        lines.append(texts.READ_BY_MODERATORS)
    if context.is_reviewed and not all(job.state.ended for job in jobs):
        lines.append(texts.REVIEWED_PRIVATELY)
    if any(job.media and has_more_media(context.catalogue.find(job.operation), job.output) for job in jobs):
        lines.append(texts.FIRST_FILES)
    if not all(job.state.ended for job in jobs):
        lines.append(texts.requested(stamp(card.created_at)))
    return lines


def _line(job: Job, state: str, jobs: Sequence[Job], context: CardContext, room: int) -> str:
    """Return a job's line on a card of several: its number, what it is, its state, and what it costs by itself."""
    start, end = f"{job.position + 1}. ", state
    if is_linked(jobs) or is_batch(jobs):
        cost = _own_cost(job)
        end = f"{state} · {cost}" if cost else state
    if is_batch(jobs):
        left = max(CAPTION_MIN_CHARS, room - len(start) - len(end) - 8)
        start += f"{harmless_within(one_line(job.prompt), left)}: "
    elif len({other.operation for other in jobs}) > 1:
        start += _step_name(job, context)
    return shortened(f"{start}{end}", room)


def _own_cost(job: Job) -> str:
    if job.state in MADE_STATES:
        return credits_words(_charged(job))
    if _is_billed_failure(job):
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


def _in_fields(lines: Sequence[str]) -> list[str]:
    """Return the lines in as many texts as they need, each of a field's length at most."""
    fields = [""]
    for line in lines:
        joined = f"{fields[-1]}\n{line}" if fields[-1] else shortened(line, EMBED_FIELD_CHARS)
        if len(joined) <= EMBED_FIELD_CHARS:
            fields[-1] = joined
        else:
            fields.append(shortened(line, EMBED_FIELD_CHARS))
    return fields


def _step_name(job: Job, context: CardContext) -> str:
    operation = context.catalogue.find(job.operation)
    return f"{operation.title if operation is not None else job.operation}: "


def _state(job: Job, context: CardContext) -> str:
    is_reviewed = job.state is JobState.READY and job.id in context.withheld
    word = texts.IN_REVIEW if is_reviewed else state_word(job.state)
    if job.state is JobState.WAITING:
        return _waiting(job, context)
    if job.state.ended and job.error is not None:
        return f"{word}: {harmless_within(job.error, ERROR_CHARS)}"
    if job.state is JobState.READY and not is_reviewed and job.waits_for is not None:
        return texts.posting_waits(word, job.waits_for, stamp(job.next_at))
    if job.state in UNDER_WAY:
        return _under_way(job, context, word)
    if job.state is JobState.DELIVERED and job.finished_at is not None:
        started = job.submitted_at or job.created_at
        return texts.took(word, max(1, round(job.finished_at - started)))
    return word


def _under_way(job: Job, context: CardContext, word: str) -> str:
    """Return the state of a job that is being made, or about to be."""
    if context.blocked:
        return texts.without_key(job.state)
    if job.waits_for is WaitsFor.CANNON:
        return texts.cannon_asks_to_wait(stamp(job.next_at, "t"))
    if job.waits_for is WaitsFor.ERROR:
        return texts.failed_by_us(word, stamp(job.next_at))
    if job.overdue_at is not None:
        return texts.UNUSUALLY_LONG
    if job.state is JobState.PROCESSING and job.started_at is not None:
        word = texts.since(word, stamp(job.started_at))
    eta = context.eta.get(job.id)
    if eta is not None and job.state is not JobState.SUBMITTING:
        return texts.probably_done(word, stamp(max(eta, context.now + 1)))
    return word


def _is_billed_failure(job: Job) -> bool:
    """Whether Cannon Studio has charged the job although it gave no result."""
    return job.state in {JobState.FAILED, JobState.EXPIRED} and bool(job.cost)


def _waiting(job: Job, context: CardContext) -> str:
    if job.after_ids and not job.after_done:
        return texts.WAITING_FOR_STEP
    if context.paused:
        return texts.WAITING_WHILE_PAUSED
    place = context.places.get(job.id)
    return state_word(job.state) if place is None else texts.at_place(state_word(job.state), place)


def _cost(jobs: Sequence[Job]) -> str:
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
        parts.append(texts.refunded(len(refunded)) if parts else texts.NO_COST)
    return " + ".join(parts)


def _estimate(open_jobs: Sequence[Job]) -> str:
    reserved = sum((job.reserved for job in open_jobs), Decimal(0))
    if any(job.raised for job in open_jobs):
        return _more_than_held(open_jobs, reserved)
    held = credits_words(reserved)
    basis = next((job.basis for job in open_jobs if job.basis != "fixed"), "fixed")
    return held if basis == "fixed" else texts.estimated(held, texts.BASES.get(basis, basis))


def _name(text: str) -> str:
    """Return a model's name as a field shows it; Discord refuses a field, and with it the card, that shows nothing."""
    return harmless_within(text, 100).strip() or "?"


def _facts(jobs: Sequence[Job]) -> list[tuple[str, str]]:
    """Return facts about a result: its seed, and the provider's own name of the model."""
    facts = []
    job = jobs[0]
    seeds = [str(seed) for j in jobs if isinstance(seed := j.output.get("seed", j.input.get("seed")), int)]
    if seeds:
        facts.append((texts.SEED, ", ".join(seeds)))
    made_by = job.output.get("model")
    if isinstance(made_by, str) and made_by and made_by != job.model and job.state is JobState.DELIVERED:
        facts.append((texts.MADE_BY, _name(made_by)))
    return facts
