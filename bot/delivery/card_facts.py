"""The one calm line of a card: AI · model · size or seconds · cost · seed · time, as far as they are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.catalogue import Catalogue, Operation, model_name
from bot.delivery import texts
from bot.delivery.card_context import CardContext
from bot.delivery.card_costs import cost_of_all
from bot.delivery.card_states import took_words
from bot.domain.card_jobs import are_copies_made
from bot.domain.harmless_text import harmless_within
from bot.domain.models import Card, Job, JobState
from bot.domain.progress_bar import whole_seconds
from bot.language import span

SIZE_FIELDS = ("size", "target_resolution", "resolution", "aspect_ratio")
SECONDS_FIELDS = ("duration_seconds", "duration", "seconds")
BETWEEN = " · "
NAME_CHARS, SIZE_CHARS, SEEDS_SHOWN, SECONDS_MAX = 100, 20, 4, 86_400


def facts_line(card: Card, jobs: Sequence[Job], context: CardContext) -> str:
    """Return what is known of the card of `jobs`; never empty, for the cost is always known."""
    like_it = [job for job in jobs if job.operation == jobs[0].operation]
    parts: list[str] = []
    if context.ai_label and has_results(jobs):
        parts.append(str(texts.MADE_WITH_AI))
    if not card.label:
        parts += [_model(jobs[0], context.catalogue), *_measures(jobs[0].input)]
    cost = cost_of_all(jobs)
    parts += [texts.practice_cost(cost) if any(job.practice for job in jobs) else cost, _seeds(like_it)]
    took = took_words(*jobs) if are_copies_made(jobs) else ""
    if took:
        parts.append(texts.it_took(took))
    if context.made_from is not None:
        parts.append(texts.made_from(context.made_from))
    return BETWEEN.join(part for part in parts if part)


def has_results(jobs: Sequence[Job]) -> bool:
    """Whether the card has something to show that was made."""
    return any(job.media or job.state is JobState.DELIVERED for job in jobs)


def made_with(job: Job, catalogue: Catalogue) -> str:
    """Return the words that say that AI made the job's result, and which model if that is known."""
    return BETWEEN.join(part for part in (str(texts.MADE_WITH_AI), _model(job, catalogue)) if part)


def _model(job: Job, catalogue: Catalogue) -> str:
    """Return the model that was requested; where none was, the one that the result names, if the catalogue has it."""
    operation = catalogue.find(job.operation)
    if job.model is None:
        return "" if operation is None else _model_of_result(operation, job.output.get("model"))
    name = model_name(operation, job.model) if operation is not None else job.model
    return harmless_within(name, NAME_CHARS).strip()


def _model_of_result(operation: Operation, told: object) -> str:
    """Return the known model whose id is in what the provider calls its model, the longest such id first."""
    if not isinstance(told, str):
        return ""
    known = [(model.id, model.name) for model in operation.models if model.id is not None]
    found = [(len(each), name) for each, name in known if each.casefold() in told.casefold()]
    return harmless_within(max(found)[1], NAME_CHARS) if found else ""


def _measures(given: Mapping[str, Any]) -> list[str]:
    """Return what was requested of size and length."""
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
