"""A result's line, in *Details*: what it was made from and what was made from it, as a strip of pictures."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import discord

from bot.catalogue import Catalogue
from bot.delivery.card.states import state_of
from bot.delivery.channels.links import Thumbnails
from bot.delivery.channels.view import alt_text, message_link
from bot.domain.jobs.card_jobs import ICONS
from bot.domain.models import MADE_STATES, OPEN_STATES, PAID_STATES, Card, Job, MediaKind, credits_words
from bot.domain.texts import VARIATIONS
from bot.domain.words.text import harmless, one_line, shortened
from bot.generation.visible_jobs import VisibleJobs
from bot.store import Cards
from cogs.results import texts
from cogs.ui.controls import Control
from cogs.ui.interaction import Interaction, use
from cogs.ui.limit_text import cost_words, fitting, title_of
from cogs.ui.permissions import viewer_of

SHOWN_MAX = 10
"""Discord's most pictures of a gallery."""
BEFORE_MAX = 4
"""Of a longer line: how many before the shown job, besides the first."""
WORDS_CHARS, LABEL_CHARS, LINE_CHARS = 60, 100, 2400
OPEN = "jobs_open"
"""The gallery's action, which shows a job with its files and controls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyLine:
    """The jobs from the first ancestor to the shown job, then what was made from that, oldest first."""

    shown_id: str
    jobs: Sequence[tuple[int, Job]]
    """At most SHOWN_MAX, with their numbers in the whole line."""
    cards: Mapping[str, Card]
    """Their cards, by id."""
    is_cut: bool
    """Whether the first was made from a job that the reader may not see."""
    cost: str
    """What all of the family cost."""
    pictures: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Links to posted pictures and films, by job id."""

    @property
    def is_shown(self) -> bool:
        return len(self.jobs) > 1 or self.is_cut


async def line_of(interaction: Interaction, job: Job) -> FamilyLine:
    """Return the job's line as far as this member may see it, without pictures."""
    bot = interaction.client
    family = await use(bot, VisibleJobs).family(await viewer_of(interaction), job.id)
    jobs = chosen(line_in(family.jobs, job.id), job.id)
    found = [await use(bot, Cards).get(job.guild_id, each) for each in dict.fromkeys(each.card_id for _, each in jobs)]
    return FamilyLine(
        shown_id=job.id,
        jobs=jobs,
        cards={card.id: card for card in found if card is not None},
        is_cut=family.is_cut,
        cost=total_words(family.jobs),
    )


async def with_pictures(interaction: Interaction, line: FamilyLine) -> FamilyLine:
    """Return the line with links to what of it is posted in places that this member sees."""
    if not line.is_shown:
        return line
    shown = [(line.cards[job.card_id], job) for _, job in line.jobs if job.card_id in line.cards]
    kinds = (MediaKind.IMAGE, MediaKind.VIDEO)
    pictures = await use(interaction, Thumbnails).of(interaction.user.id, shown, kinds=kinds)
    return dataclasses.replace(line, pictures=pictures)


def origin_of(job: Job) -> str | None:
    """Return a job's source: the step before it on its card, else its card's source job."""
    return job.after_ids[0] if job.after_ids else job.parent_id


def line_in(family: Sequence[Job], shown_id: str) -> list[Job]:
    """Return the line of a job in its family, which is oldest first: without what else was made from its ancestors."""
    known = {job.id: job for job in family}
    above: list[Job] = []
    job = known.get(shown_id)
    while job is not None and job not in above:
        above.append(job)
        job = known.get(origin_of(job) or "")
    below, ids = list[Job](), {shown_id}
    for each in family:
        if origin_of(each) in ids and each.id not in ids:
            ids.add(each.id)
            below.append(each)
    return [*reversed(above), *below]


def chosen(line: Sequence[Job], shown_id: str) -> list[tuple[int, Job]]:
    """Return as many of a line as fit, with their numbers: the first, and those around the shown job."""
    numbered = list(enumerate(line, start=1))
    if len(numbered) <= SHOWN_MAX:
        return numbered
    place = next(place for place, job in enumerate(line) if job.id == shown_id)
    start = min(max(1, place - BEFORE_MAX), len(numbered) - SHOWN_MAX + 1)
    return [numbered[0], *numbered[start : start + SHOWN_MAX - 1]]


def total_words(family: Sequence[Job]) -> str:
    """Return a family's total cost, and the amount held for open jobs."""
    shown = [job for job in family if not job.is_secret]
    paid = sum((job.charge for job in shown if job.state in PAID_STATES), Decimal(0))
    held = sum((job.reserved for job in shown if job.state in OPEN_STATES), Decimal(0))
    return texts.AND_HELD(paid=credits_words(paid), held=credits_words(held)) if held else credits_words(paid)


def drawn(line: FamilyLine, catalogue: Catalogue, *, room: int) -> Iterator[discord.ui.Item[Any]]:
    """Yield the strip: a heading, the pictures in the order of the line, and what each is; `room`: characters."""
    heading = texts.FAMILY(cost=line.cost)
    items = [
        discord.MediaGalleryItem(line.pictures[job.id], description=alt_text(job))
        for _, job in line.jobs
        if job.id in line.pictures
    ]
    lines = [*([str(texts.HIDDEN_SOURCE)] if line.is_cut else []), *(_lines(line, catalogue))]
    words = fitting(lines, min(LINE_CHARS, room - len(heading) - 1))
    if not items:
        yield discord.ui.TextDisplay(f"{heading}\n{words}")
        return
    yield discord.ui.TextDisplay(heading)
    yield discord.ui.MediaGallery(*items)
    yield discord.ui.TextDisplay(words)


def _lines(line: FamilyLine, catalogue: Catalogue) -> Iterator[str]:
    for number, job in line.jobs:
        words = harmless(shortened(what(job, catalogue), WORDS_CHARS))
        facts = [title_of(catalogue, job.operation), cost_words(job)]
        if words == harmless(facts[0]):
            facts = facts[1:]
        facts.append(str(texts.THIS_ONE) if job.id == line.shown_id else _way_back(line, job))
        yield f"**{number}.** {words}\n-# {' · '.join(each for each in facts if each)}"


def what(job: Job, catalogue: Catalogue) -> str:
    """Return what a job of a line is: how it varies its source, else its own words, else its operation."""
    if job.erased_at is not None:
        return str(texts.ERASED_SOURCE)
    if job.variation is not None:
        return f"{ICONS[job.variation]} {VARIATIONS[job.variation]}"
    return one_line(job.prompt) or title_of(catalogue, job.operation)


def _way_back(line: FamilyLine, job: Job) -> str:
    if job.state not in MADE_STATES:
        return state_of(job)
    card = line.cards.get(job.card_id)
    is_there = card is not None and card.has_link
    return texts.BACK_TO_THIS(link=message_link(card)) if card is not None and is_there else ""


def back_select(line: FamilyLine, catalogue: Catalogue) -> Control | None:
    """Return a select that shows another job of the line with its controls; None without another."""
    options = [
        discord.SelectOption(
            label=shortened(f"{number}. {what(job, catalogue)}", LABEL_CHARS),
            value=job.id,
            description=shortened(f"{title_of(catalogue, job.operation)} · {cost_words(job)}", LABEL_CHARS),
        )
        for number, job in line.jobs
        if job.id != line.shown_id
    ]
    return Control.select(OPEN, "line", placeholder=texts.BACK_TO_ONE, options=options) if options else None
