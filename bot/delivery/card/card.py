"""How a card looks: an embed that is a pure function of the card, its jobs and their context.

From top to bottom: author; title, until media show it; the prompt as a quotation; job states, while open or failed; one
line of facts in small print. Ids and settings are behind the button *Details*.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import discord

from bot.cannon.outputs import text_of
from bot.catalogue import Catalogue, Operation, model_name
from bot.catalogue.operation import bare
from bot.delivery import texts
from bot.delivery.card import context as colours
from bot.delivery.card.context import CardContext, marked_title
from bot.delivery.card.states import cost_of_all, state_lines, took_words
from bot.delivery.channels.facts import EMBED_AUTHOR_CHARS, EMBED_DESCRIPTION_CHARS
from bot.domain.jobs.card_jobs import (
    WordStyle,
    are_copies_made,
    card_words,
    is_batch,
    main_job,
    open_part,
    prompt_text,
)
from bot.domain.jobs.poll_schedule import whole_seconds
from bot.domain.models import MADE_STATES, Card, Job, JobState
from bot.domain.words.text import harmless, harmless_within, in_block, one_line, shortened, small, without_controls
from bot.language import span, tr

SIZE_FIELDS = ("size", "target_resolution", "resolution", "aspect_ratio")
SECONDS_FIELDS = ("duration_seconds", "duration", "seconds")
BETWEEN = " · "
NAME_CHARS, SIZE_CHARS, SEEDS_SHOWN, SECONDS_MAX = 100, 20, 4, 86_400


def facts_line(card: Card, jobs: Sequence[Job], context: CardContext) -> str:
    """Return the facts of the card of `jobs`; never empty, the cost is always known."""
    like_it = [job for job in jobs if job.operation == jobs[0].operation]
    parts: list[str] = []
    if context.ai_label and has_results(jobs):
        parts.append(str(texts.MADE_WITH_AI))
    parts.append(_players(card, jobs))
    if not card.label and context.shootout is None:
        parts += [model_label(jobs[0], context.catalogue), *_measures(jobs[0].input)]
    cost = cost_of_all(jobs)
    parts.append(texts.PRACTICE_COST(cost=cost) if any(job.practice for job in jobs) else cost)
    parts += [] if context.shootout is not None else [_seeds(like_it)]
    took = took_words(*jobs) if are_copies_made(jobs) and context.shootout is None else ""
    if took:
        parts.append(texts.IT_TOOK(time=took))
    if card.private and jobs[0].own:  # whose credits pay is for the author alone
        parts.append(str(texts.ON_OWN_ACCOUNT))
    if context.made_from is not None and main_job(jobs).variation is None:  # else the variation's name is the link
        parts.append(texts.MADE_FROM(link=context.made_from))
    return BETWEEN.join(part for part in parts if part)


def _players(card: Card, jobs: Sequence[Job]) -> str:
    """Return who plays, as far as everyone who sees the card may know it."""
    names = dict.fromkeys(name for job in jobs for name in job.casting.shown_to(is_author=card.private))
    return texts.WITH_CAST(names=[harmless_within(name, NAME_CHARS) for name in names]) if names else ""


def has_results(jobs: Sequence[Job]) -> bool:
    return any(job.media or job.state is JobState.DELIVERED for job in jobs)


def made_with(job: Job, catalogue: Catalogue) -> str:
    """Return the AI label of the job's result, with the model if known."""
    return BETWEEN.join(part for part in (str(texts.MADE_WITH_AI), model_label(job, catalogue)) if part)


def model_label(job: Job, catalogue: Catalogue) -> str:
    """Return the model's name, also as the result says it; '' if it is not known, or secret."""
    if job.is_secret:
        return ""
    operation = catalogue.find(job.operation)
    if job.model is None:
        return "" if operation is None else _model_of_result(operation, job.output.get("model"))
    name = model_name(operation, job.model) if operation is not None else job.model
    return harmless_within(name, NAME_CHARS).strip()


def _model_of_result(operation: Operation, model: object) -> str:
    if not isinstance(model, str):
        return ""
    said = bare(model)
    known = [(model.id, model.name) for model in operation.models if model.id is not None]
    found = [(len(each), name) for each, name in known if bare(each) in said]
    return harmless_within(max(found)[1], NAME_CHARS) if found else ""


def _measures(given: Mapping[str, Any]) -> list[str]:
    sizes = [harmless_within(size, SIZE_CHARS) for name in SIZE_FIELDS if isinstance(size := given.get(name), str)]
    return [*(size for size in sizes if size.strip()), *(each for each in [_seconds(given)] if each)]


def _seconds(given: Mapping[str, Any]) -> str:
    for name in SECONDS_FIELDS:
        value = given.get(name)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(SECONDS_MAX)):
            value = int(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= SECONDS_MAX:
            return span(whole_seconds(value))
    return ""


def _seeds(jobs: Sequence[Job]) -> str:
    seeds = [str(seed) for job in jobs if isinstance(seed := job.output.get("seed", job.input.get("seed")), int)]
    return texts.seeds([*seeds[:SEEDS_SHOWN], *("…" for _ in seeds[SEEDS_SHOWN : SEEDS_SHOWN + 1])]) if seeds else ""


PROMPT_SHOWN_CHARS = 350
"""Longer prompts go, in full, into an attached file."""
REWRITTEN_SHOWN_CHARS, REWRITTEN_LEAST_CHARS = 1600, 100
OTHER_WORDS_CHARS = 2000
"""Of prompts, escaped, and a text result."""
RESULT_TEXT_SHOWN_CHARS = 600


def rewritten_prompt(jobs: Sequence[Job], catalogue: Catalogue) -> str | None:
    """Return the rewritten prompts of the card, numbered if several; None before there is one."""
    texts = [(job, text) for job, is_prompt, text in _texts(jobs, catalogue) if is_prompt]
    if len(texts) > 1:
        return "\n\n".join(f"{job.position + 1}. {text}" for job, text in texts)
    return texts[0][1] if texts else None


def result_text(jobs: Sequence[Job], catalogue: Catalogue) -> str | None:
    """Return the other operations' text results, such as a character's id; None if there are none."""
    return "\n".join(text for _, is_prompt, text in _texts(jobs, catalogue) if not is_prompt) or None


def long_texts(jobs: Sequence[Job], catalogue: Catalogue) -> dict[str, str]:
    texts = {"prompt.txt": ("" if is_batch(jobs) else prompt_text(jobs), PROMPT_SHOWN_CHARS)}
    rewritten = rewritten_prompt(jobs, catalogue)
    if rewritten is not None:
        texts["rewritten-prompt.txt"] = (rewritten, REWRITTEN_SHOWN_CHARS)
    result = result_text(jobs, catalogue)
    if result is not None:
        texts["result.txt"] = (result, RESULT_TEXT_SHOWN_CHARS)
    return {name: text for name, (text, limit) in texts.items() if len(text) > limit}


def _texts(jobs: Sequence[Job], catalogue: Catalogue) -> Iterator[tuple[Job, bool, str]]:
    for job in jobs:
        if job.state in MADE_STATES:
            operation = catalogue.find(job.operation)
            text = text_of(operation, job.output)
            if text is not None:
                yield job, operation is None or operation.workflow == "prompt", text


COLOURS = {
    JobState.DELIVERED: colours.SUCCESS,
    JobState.FAILED: colours.FAILURE,
    JobState.EXPIRED: colours.FAILURE,
    JobState.REFUSED: colours.FAILURE,
    JobState.CANCELLED: colours.STOPPED,
    JobState.HELD: colours.ATTENTION,
}


def card_embed(card: Card, jobs: Sequence[Job], context: CardContext) -> discord.Embed:
    """Draw the card of `jobs` (at least one)."""
    jobs = open_part(jobs, context.withheld)
    has_title = card.label or not _shows_itself(jobs)
    lines = "\n".join([*state_lines(card, jobs, context), small(facts_line(card, jobs, context))])
    prompts = _prompts(jobs, context, EMBED_DESCRIPTION_CHARS - OTHER_WORDS_CHARS - len(lines))
    whole = lines if prompts is None else f"{prompts}\n{lines}"
    embed = discord.Embed(
        title=marked_title(_title(card, jobs, context.catalogue), jobs) if has_title else None,
        description=shortened(whole, EMBED_DESCRIPTION_CHARS),
        colour=_colour(jobs),
    )
    name = one_line(without_controls(context.author_name))
    if name:
        embed.set_author(name=shortened(name, EMBED_AUTHOR_CHARS), icon_url=context.author_icon_url)
    if any(job.practice for job in jobs):
        embed.set_footer(text=str(texts.PRACTICE_MARK))
    return embed


def _shows_itself(jobs: Sequence[Job]) -> bool:
    """Whether the card is done and its media replace the title."""
    return all(job.state is JobState.DELIVERED for job in jobs) and any(job.media for job in jobs)


def _title(card: Card, jobs: Sequence[Job], catalogue: Catalogue) -> str:
    if card.label:
        return texts.STEPS(recipe=harmless_within(card.label, 100), count=len(jobs))
    job = main_job(jobs)
    operation = catalogue.find(job.operation)
    title = tr(operation.title) if operation is not None else job.operation
    count = sum(other.operation == job.operation for other in jobs)
    return title if count == 1 else texts.several(title, count)


def _prompts(jobs: Sequence[Job], context: CardContext, room: int) -> str | None:
    """Return the prompts and texts; `room` is the characters for rewritten prompts."""
    parts, catalogue = [], context.catalogue
    shown = "" if is_batch(jobs) else card_words(jobs, marked_words(context.made_from or ""))
    if shown:  # a batch shows its prompts per line
        parts.append("\n".join(f"> {line}" for line in shown.splitlines()))
    rewritten = rewritten_prompt(jobs, catalogue)
    if rewritten is not None:
        most = min(REWRITTEN_SHOWN_CHARS, max(REWRITTEN_LEAST_CHARS, room))
        parts.append(f"{texts.REWRITTEN}\n{in_block(shortened(rewritten, most))}")
    result = result_text(jobs, catalogue)
    if result is not None:
        parts.append(f"{texts.RESULT}\n{in_block(shortened(result, RESULT_TEXT_SHOWN_CHARS))}")
    return "\n\n".join(parts) or None


def marked_words(link: str = "", *, limit: int = PROMPT_SHOWN_CHARS) -> WordStyle:
    """Return a style with each text escaped and cut to `limit` characters, and what the source shows in italics."""
    return WordStyle(
        own=lambda text: harmless(shortened(text, limit)),
        source=lambda text: f"*{harmless(shortened(text, limit))}*",
        link=link,
    )


def _colour(jobs: Sequence[Job]) -> int:
    states = {job.state for job in jobs}
    if not all(state.ended for state in states):
        return colours.NEUTRAL
    for state in (JobState.HELD, JobState.FAILED, JobState.EXPIRED, JobState.REFUSED, JobState.CANCELLED):
        if state in states:
            return COLOURS[state]
    return COLOURS[JobState.DELIVERED]
