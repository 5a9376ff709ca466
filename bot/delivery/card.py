"""How a card looks: an embed that is a pure function of the card, its jobs and what is known of durations."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import discord

from bot.cannon.wire import text_of
from bot.catalogue import Catalogue, Operation, model_name
from bot.domain.models import PROMPT_FIELDS, Card, Job, JobState, credits_text
from bot.errors import InputError

PROMPT_SHOWN_CHARS = 350
"""Longer prompts go whole into an attached text file."""
REWRITTEN_SHOWN_CHARS = 1800
TOLD_SHOWN_CHARS = 600
FIELD_CHARS = 1024
STATES_CHARS, BATCH_STATES_CHARS = 2000, 2900
"""For the lines of all jobs: with what else may be there, an embed stays below Discord's 6000 characters."""
CAPTION_MIN_CHARS = 16
ALT_TEXT_CHARS = 1024
"""Discord's limit of an attachment's description."""
SLUG_CHARS = 40
COLOURS = {
    JobState.DELIVERED: 0x3BA55D,
    JobState.FAILED: 0xD83C3E,
    JobState.EXPIRED: 0xD83C3E,
    JobState.REFUSED: 0xD83C3E,
    JobState.CANCELLED: 0x80848E,
    JobState.HELD: 0xF0B232,
}
COLOUR_OPEN = 0x5865F2

IN_REVIEW = "🔎 made, waiting for review"
WORDS = {
    JobState.AWAITING_APPROVAL: "⏸️ waiting for approval",
    JobState.WAITING: "⏳ waiting for its turn",
    JobState.SUBMITTING: "📨 being sent to Cannon Studio",
    JobState.QUEUED: "🕓 queued",
    JobState.PROCESSING: "⚙️ processing",
    JobState.READY: "📦 made, being posted",
    JobState.DELIVERED: "✅ done",
    JobState.FAILED: "❌ failed",
    JobState.CANCELLED: "🚫 cancelled",
    JobState.REFUSED: "🚫 refused",
    JobState.EXPIRED: "⌛ expired",
    JobState.HELD: "📮 made, but could not be posted",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardContext:
    """What a card needs to know beside itself. Times are Unix seconds."""

    catalogue: Catalogue
    now: float
    eta: dict[str, float]
    """When each running job will probably be done."""
    blocked: bool = False
    """Whether the jobs wait for a working key."""
    places: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """The places of jobs that wait for their turn, 1 for the next."""
    paused: bool = False
    """Whether the moderators let no new job start."""
    withheld: frozenset[str] = frozenset()
    """Jobs of whose results nothing may be shown: moderators have not let them pass, or not yet."""
    made_from: str | None = None
    """The job that this card was made from, as a link where there is one."""


def state_word(state: JobState) -> str:
    """Return a state as members read it, with its emoji."""
    return WORDS[state]


def stamp(when: float, style: str = "R") -> str:
    """Return Discord's own timestamp, which each member reads in their own zone and language."""
    return f"<t:{int(when)}:{style}>"


def without_controls(text: str) -> str:
    """Take out control characters and halves of surrogate pairs; line breaks and tabs stay."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})


def plain(text: str) -> str:
    """Make a member's words harmless in a message: no markdown, no mention, no control characters."""
    cleaned = without_controls(text)
    return discord.utils.escape_mentions(discord.utils.escape_markdown(cleaned))


def shortened(text: str, limit: int) -> str:
    """Cut `text` to `limit` characters at a word where possible, with an ellipsis if anything was cut."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    head, space, _ = cut.rpartition(" ")
    return (head if space and len(head) > limit // 2 else cut).rstrip() + "…"


def slug(text: str, fallback: str) -> str:
    """Turn a prompt into a safe start of a file name: `fox-in-fog`."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", ascii_text.lower())
    name = ""
    for word in words:
        if len(name) + len(word) + 1 > SLUG_CHARS:
            break
        name = f"{name}-{word}" if name else word
    return name or fallback


def file_stem(job: Job, number: int = 0) -> str:
    """Return the name, without extension, of a job's n-th file. The same job gives the same names."""
    stem = f"{slug(job.prompt, job.operation.replace('.', '-'))}-{job.id[:4].lower()}"
    return stem if number == 0 else f"{stem}-{number + 1}"


def alt_text(job: Job) -> str:
    """Return what a screen reader says of the job's media."""
    return shortened(job.prompt or f"Made by {job.operation}", ALT_TEXT_CHARS)


def operation_of(catalogue: Catalogue, job: Job) -> Operation | None:
    """Return the job's operation, None if the catalogue has lost it."""
    try:
        return catalogue.resolve(job.operation)
    except InputError:
        return None


def main_job(jobs: Sequence[Job]) -> Job:
    """Return the job that the card is about: the first that no other waits for, else the first."""
    awaited = {before for job in jobs for before in job.after_ids}
    return next((job for job in jobs if job.id not in awaited), jobs[0])


def is_linked(jobs: Sequence[Job]) -> bool:
    """Whether some of the card's jobs wait for others: steps, rather than one thing made several times."""
    return any(job.after_ids for job in jobs)


def is_batch(jobs: Sequence[Job]) -> bool:
    """Whether the card's jobs are one operation with a prompt of its own for each."""
    return not is_linked(jobs) and len({job.operation for job in jobs}) == 1 and len({job.prompt for job in jobs}) > 1


def asked_prompt(jobs: Sequence[Job]) -> str:
    """Return the words that were asked with: of steps each text once, of a batch the start of each with its number."""
    if is_batch(jobs):
        room = max(70, 1400 // len(jobs))
        return "\n".join(f"{job.position + 1}. {shortened(' '.join(job.prompt.split()), room)}" for job in jobs)
    own = [job.prompt for job in jobs if job.prompt and not set(PROMPT_FIELDS) & job.fill.keys()]
    return "\n".join(dict.fromkeys(own))


def rewritten_prompt(jobs: Sequence[Job], catalogue: Catalogue) -> str | None:
    """Return the text that a prompt operation on the card has made, None before it has; several with their numbers."""
    texts = [(job, text) for job, is_prompt, text in _texts(jobs, catalogue) if is_prompt]
    if len(texts) > 1:
        return "\n\n".join(f"{job.position + 1}. {text}" for job, text in texts)
    return texts[0][1] if texts else None


def told_text(jobs: Sequence[Job], catalogue: Catalogue) -> str | None:
    """Return what the card's other operations have told in words, such as a character's id; None if nothing."""
    return "\n".join(text for _, is_prompt, text in _texts(jobs, catalogue) if not is_prompt) or None


def _texts(jobs: Sequence[Job], catalogue: Catalogue) -> Iterator[tuple[Job, bool, str]]:
    """Give the texts that were made, each with whether it is a rewritten prompt."""
    for job in jobs:
        if job.state in {JobState.READY, JobState.DELIVERED, JobState.HELD}:
            operation = operation_of(catalogue, job)
            text = text_of(operation, job.output)
            if text is not None:
                yield job, operation is None or operation.workflow == "prompt", text


def long_texts(jobs: Sequence[Job], catalogue: Catalogue) -> dict[str, str]:
    """Return the texts that are too long for the card, by the name of the file they go into."""
    texts = {"prompt.txt": ("" if is_batch(jobs) else asked_prompt(jobs), PROMPT_SHOWN_CHARS)}
    rewritten = rewritten_prompt(jobs, catalogue)
    if rewritten is not None:
        texts["rewritten-prompt.txt"] = (rewritten, REWRITTEN_SHOWN_CHARS)
    told = told_text(jobs, catalogue)
    if told is not None:
        texts["result.txt"] = (told, TOLD_SHOWN_CHARS)
    return {name: text for name, (text, limit) in texts.items() if len(text) > limit}


def card_embed(card: Card, jobs: Sequence[Job], look: CardContext) -> discord.Embed:
    """Draw the card of `jobs` (at least one)."""
    jobs = open_part(jobs, look.withheld)
    job = main_job(jobs)
    operation = operation_of(look.catalogue, job)
    title = operation.title if operation is not None else job.operation
    like_it = [other for other in jobs if other.operation == job.operation]
    embed = discord.Embed(
        title=_title(card, jobs, title, len(like_it)),
        description=_prompts(jobs, look.catalogue),
        colour=_colour(jobs),
    )
    for number, lines in enumerate(_in_fields(_states(card, jobs, look))):
        embed.add_field(name="\u200b" if number else "State", value=lines, inline=False)
    if job.model is not None and not card.label:
        name = model_name(operation, job.model) if operation is not None else job.model
        embed.add_field(name="Model", value=_name(name))
    embed.add_field(name="Cost", value=_cost(jobs))
    embed.add_field(name="Asked by", value=f"<@{card.author_id}>")
    if look.made_from is not None:
        embed.add_field(name="Made from", value=look.made_from)
    for name, value in _facts(like_it):
        embed.add_field(name=name, value=value)
    embed.set_footer(text=f"cannon-bot · {' '.join(shown_ids(jobs))}")
    return embed


def open_part(jobs: Sequence[Job], withheld: Collection[str]) -> list[Job]:
    """Return the jobs without what was made by those that are `withheld`."""
    return [dataclasses.replace(job, output={}, media=()) if job.id in withheld else job for job in jobs]


def shown_ids(jobs: Sequence[Job]) -> list[str]:
    """Return the ids that the card's footer shows."""
    return [job.id for job in jobs]


def _prompts(jobs: Sequence[Job], catalogue: Catalogue) -> str | None:
    """Return the member's words as a quotation and, once there is one, the rewritten prompt as a block below."""
    asked, parts = asked_prompt(jobs), []
    if asked and not is_batch(jobs):  # a batch has its prompts in its lines
        shown = plain(shortened(asked, PROMPT_SHOWN_CHARS))
        parts.append("\n".join(f"> {line}" for line in shown.splitlines()))
    rewritten = rewritten_prompt(jobs, catalogue)
    if rewritten is not None:
        parts.append(f"**Rewritten**\n{_block(rewritten, REWRITTEN_SHOWN_CHARS)}")
    told = told_text(jobs, catalogue)
    if told is not None:
        parts.append(f"**Result**\n{_block(told, TOLD_SHOWN_CHARS)}")
    return "\n\n".join(parts) or None


def _block(text: str, limit: int) -> str:
    """Return `text` as a block, which shows markdown as it is typed; only its own fence must not end inside."""
    inside = without_controls(shortened(text, limit)).replace("```", "\u02cb\u02cb\u02cb")
    return f"```\n{inside}\n```"


def _colour(jobs: Sequence[Job]) -> int:
    states = {job.state for job in jobs}
    if not all(state.ended for state in states):
        return COLOUR_OPEN
    for state in (JobState.HELD, JobState.FAILED, JobState.EXPIRED, JobState.REFUSED, JobState.CANCELLED):
        if state in states:
            return COLOURS[state]
    return COLOURS[JobState.DELIVERED]


def _title(card: Card, jobs: Sequence[Job], operation_title: str, count: int) -> str:
    if card.label:
        return f"{shortened(plain(card.label), 100)} · {len(jobs)} step{'' if len(jobs) == 1 else 's'}"
    return operation_title if count == 1 else f"{operation_title} · {count}"


def _states(card: Card, jobs: Sequence[Job], look: CardContext) -> list[str]:
    """Return a line for each job, and one that says when it was asked for, as long as something is to come."""
    lines = [_state(job, look) for job in jobs]
    if len(jobs) > 1:
        room = (BATCH_STATES_CHARS if is_batch(jobs) else STATES_CHARS) // len(jobs)
        lines = [_line(job, line, jobs, look, room) for job, line in zip(jobs, lines, strict=True)]
    if not all(job.state.ended for job in jobs):
        lines.append(f"asked {stamp(card.created_at)}")
    return lines


def _line(job: Job, state: str, jobs: Sequence[Job], look: CardContext, room: int) -> str:
    """Return a job's line on a card of several: its number, what it is, its state, and what it costs by itself."""
    start, end = f"{job.position + 1}. ", state
    if is_linked(jobs) or is_batch(jobs):
        cost = _own_cost(job)
        end = f"{state} · {cost}" if cost else state
    if is_batch(jobs):
        left = max(CAPTION_MIN_CHARS, room - len(start) - len(end) - 8)
        start += f"{plain(shortened(' '.join(job.prompt.split()), left))}: "
    elif len({other.operation for other in jobs}) > 1:
        start += _step_name(job, look)
    return shortened(f"{start}{end}", room)


def _own_cost(job: Job) -> str:
    if job.state in {JobState.DELIVERED, JobState.HELD, JobState.READY}:
        return _credits(job.cost if job.cost is not None else job.held)
    if job.state.ended:
        return ""  # given back
    return _credits(job.held) if job.basis == "fixed" else f"about {_credits(job.held)}"


def _in_fields(lines: Sequence[str]) -> list[str]:
    """Return the lines in as many texts as they need, each of a field's length at most."""
    fields = [""]
    for line in lines:
        joined = f"{fields[-1]}\n{line}" if fields[-1] else shortened(line, FIELD_CHARS)
        if len(joined) <= FIELD_CHARS:
            fields[-1] = joined
        else:
            fields.append(shortened(line, FIELD_CHARS))
    return fields


def _step_name(job: Job, look: CardContext) -> str:
    operation = operation_of(look.catalogue, job)
    return f"{operation.title if operation is not None else job.operation}: "


def _state(job: Job, look: CardContext) -> str:
    is_reviewed = job.state is JobState.READY and job.id in look.withheld
    word = IN_REVIEW if is_reviewed else state_word(job.state)
    if job.state is JobState.WAITING:
        return _waiting(job, look)
    if job.state.ended and job.error is not None:
        return f"{word}: {plain(shortened(job.error, 230))}"
    if look.blocked and job.state in {JobState.SUBMITTING, JobState.QUEUED, JobState.PROCESSING}:
        return f"⏸️ {job.state.value}, waiting for a working key of this server"
    if job.state is JobState.PROCESSING and job.started_at is not None:
        word = f"{word} since {stamp(job.started_at)}"
    eta = look.eta.get(job.id)
    if eta is not None and job.state in {JobState.QUEUED, JobState.PROCESSING}:
        return f"{word}, probably done {stamp(max(eta, look.now + 1))}"
    if job.state is JobState.DELIVERED and job.finished_at is not None:
        started = job.submitted_at or job.created_at
        return f"{word} in {max(1, round(job.finished_at - started))} s"
    return word


def _waiting(job: Job, look: CardContext) -> str:
    if job.after_ids:
        return "⏳ waiting for the step before"
    if look.paused:
        return "⏸️ waiting: the moderators have paused new jobs"
    place = look.places.get(job.id)
    return state_word(job.state) if place is None else f"{state_word(job.state)}: place {place}"


def _cost(jobs: Sequence[Job]) -> str:
    known = [job for job in jobs if job.state in {JobState.DELIVERED, JobState.HELD, JobState.READY}]
    given_back = [job for job in jobs if job.state.ended and job not in known]
    open_jobs = [job for job in jobs if job not in known and job not in given_back]
    parts = []
    if known:
        total = sum((job.cost if job.cost is not None else job.held for job in known), Decimal(0))
        parts.append(_credits(total))
    if open_jobs:
        guess = sum((job.held for job in open_jobs), Decimal(0))
        basis = next((job.basis for job in open_jobs if job.basis != "fixed"), "fixed")
        parts.append(_credits(guess) if basis == "fixed" else f"about {_credits(guess)} ({_basis(basis)})")
    if given_back:
        parts.append("nothing" if not parts else f"{len(given_back)} given back")
    return " + ".join(parts)


def _name(text: str) -> str:
    """Return a model's name as a field shows it; Discord refuses a field, and with it the card, that shows nothing."""
    return plain(shortened(text, 100)).strip() or "?"


def _credits(amount: Decimal) -> str:
    return f"{credits_text(amount)} credit{'' if amount == 1 else 's'}"


def _basis(basis: str) -> str:
    return {"unknown": "price not known yet", "earlier jobs": "from earlier jobs"}.get(basis, basis)


def _facts(jobs: Sequence[Job]) -> list[tuple[str, str]]:
    """Return what a result says of itself: its seed, and the provider's own name of the model."""
    facts = []
    job = jobs[0]
    seeds = [str(seed) for j in jobs if isinstance(seed := j.output.get("seed", j.input.get("seed")), int)]
    if seeds:
        facts.append(("Seed", ", ".join(seeds)))
    made_by = job.output.get("model")
    if isinstance(made_by, str) and made_by and made_by != job.model and job.state is JobState.DELIVERED:
        facts.append(("Made by", _name(made_by)))
    return facts
