"""The family of a job: what came from what, and what it cost together."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from bot.delivery.card_states import state_word
from bot.domain.models import OPEN_STATES, PAID_STATES, Job, credits_words
from cogs.results import texts
from cogs.ui.limit_text import cost_words, fitting

FAMILY_CHARS = 1000
INDENT_MAX = 8
"""Deeper relatives are not indented further."""


def family_text(family: Sequence[Job], shown_id: str) -> str:
    """Write a family as a tree, a line for each: what came from what, and what it cost. `family` is oldest first."""
    return fitting([_line(job, depth, job.id == shown_id) for job, depth in _tree(family)], FAMILY_CHARS)


def _tree(family: Sequence[Job]) -> Iterator[tuple[Job, int]]:
    """Yield the family depth first, each with its distance from the first."""
    ids = {job.id for job in family}
    children: dict[str | None, list[Job]] = {}
    for job in family:
        origin = origin_of(job)
        children.setdefault(origin if origin in ids else None, []).append(job)
    pending = [(job, 0) for job in reversed(children.get(None, []))]
    while pending:
        job, depth = pending.pop()
        yield job, depth
        pending += [(child, depth + 1) for child in reversed(children.get(job.id, []))]


def origin_of(job: Job) -> str | None:
    """Return what a job came from: the step before it on its card, else the job that its card was made from."""
    return job.after_ids[0] if job.after_ids else job.parent_id


def _line(job: Job, depth: int, is_shown: bool) -> str:
    indent = "\u2003" * min(max(depth - 1, 0), INDENT_MAX) + ("└ " if depth else "")
    name = f"**`{job.id}`**" if is_shown else f"`{job.id}`"
    return f"{indent}{name} `{job.operation}` · {state_word(job.state)} · {cost_words(job)}"


def total_words(family: Sequence[Job]) -> str:
    """Return what a family cost in total, and what is held for its open jobs."""
    paid = sum((job.held if job.cost is None else job.cost for job in family if job.state in PAID_STATES), Decimal(0))
    held = sum((job.held for job in family if job.state in OPEN_STATES), Decimal(0))
    return texts.and_held(credits_words(paid), credits_words(held)) if held else credits_words(paid)
