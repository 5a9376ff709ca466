"""A card's whole message, drawn from the store: embed, attached texts, controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import discord

from bot.catalogue import LiveCatalogue
from bot.delivery.card.card import card_embed, facts_line, has_results, long_texts, made_with
from bot.delivery.card.context import CardContext
from bot.delivery.card.memory import Shown
from bot.delivery.card.readers import Authors
from bot.delivery.card.states import is_held_up, state_lines
from bot.delivery.card.ticker import next_edit_s, tells_time
from bot.delivery.channels.view import message_link, message_view
from bot.delivery.files.attachments import text_files
from bot.delivery.surface import CardSurface
from bot.domain.jobs.card_jobs import open_part
from bot.domain.jobs.poll_schedule import CELLS, WRONG_S, Expected, JobProgress, progress_of
from bot.domain.models import RUNNING_STATES, Card, Job, JobState
from bot.domain.money.limit_rules import WhatIsLeft
from bot.domain.server.guild_rules import Rules
from bot.jobs.follow.durations import LearnedDurations
from bot.runtime.clock import Clock
from bot.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnCard:
    """How a card looks now."""

    embed: discord.Embed
    says: Shown
    is_as_first: bool
    """Whether its first answer still says the same."""
    next_s: float | None
    """Seconds until it is to be drawn again; None: not by itself."""

    def is_news(self, shown: Shown | None) -> bool:
        """Whether it says something else than what is `shown`; None: unknown to this process."""
        return not self.is_as_first if shown is None else self.says.text != shown.text


@dataclass(frozen=True, kw_only=True)
class CardDrawing:
    """Draws cards. Reads the store, never Discord."""

    store: Store
    catalogue: LiveCatalogue
    learned: LearnedDurations
    clock: Clock
    surface: CardSurface
    authors: Authors

    async def draw(self, card: Card, jobs: Sequence[Job], shown: Shown | None = None) -> DrawnCard:
        """Draw the card; `shown` is what it says, None if unknown."""
        context = await self.context(card, jobs, shown)
        says = Shown(
            text=_text(card, jobs, context),
            states={job.id: job.state for job in jobs},
            expected={job_id: progress.expected for job_id, progress in context.progress.items()},
        )
        return DrawnCard(
            embed=card_embed(card, jobs, context),
            says=says,
            is_as_first=_is_as_first(jobs, context),
            next_s=next_edit_s(card, jobs, context),
        )

    async def made_with(self, job: Job) -> str:
        """Return the AI label of the job's result; '' if the server has turned it off."""
        rules = await self.store.settings.get(job.guild_id)
        return made_with(job, self.catalogue.current) if rules.ai_label else ""

    async def view(self, card: Card, jobs: Sequence[Job], links: Sequence[str]) -> discord.ui.View | None:
        """Return the card's controls and link buttons, None if there are none.

        What members vote on has no links: an address may name the model.
        """
        links = () if jobs[0].is_secret else links
        rules = await self.store.settings.get(card.guild_id)
        rows = self.surface.controls(card, jobs, linked=bool(links), shown_above=rules.confirm_above)
        return message_view(rows, links)

    def texts(self, jobs: Sequence[Job], there: Sequence[discord.Attachment] = ()) -> list[discord.File]:
        """Return the long texts as files, without unchanged ones in `there`. To be closed.

        Withheld results are not removed here: see `open_part`.
        """
        return text_files(long_texts(jobs, self.catalogue.current), there)

    async def open_part(self, jobs: Sequence[Job]) -> list[Job]:
        """Return the card's jobs without withheld results."""
        return open_part(jobs, await self._withheld(jobs[0].guild_id, jobs))

    async def context(self, card: Card, jobs: Sequence[Job], shown: Shown | None = None) -> CardContext:
        """Return the context for drawing the card of `jobs`, of which `shown` is what it says."""
        guild_id = card.guild_id
        parent_id = jobs[0].parent_id
        waits = any(job.state is JobState.WAITING and (job.after_done or not job.after_ids) for job in jobs)
        queue = await self.store.queue.order(guild_id) if waits else []
        rules = await self.store.settings.get(guild_id) if waits or has_results(jobs) else Rules()
        now = self.clock.wall()
        is_open = not all(job.state.ended for job in jobs)
        left = await self._left(card, jobs) if is_open and card.private and not jobs[0].own else None
        face = self.authors.face(card)
        return CardContext(
            catalogue=self.catalogue.current,
            now=now,
            author_name="" if face is None else face.name,
            author_icon_url=None if face is None else face.icon_url,
            progress=self._progress(jobs, now, shown) if tells_time(card, now) and not jobs[0].is_secret else {},
            places={job_id: place for place, job_id in enumerate(queue, start=1)},
            paused=waits and rules.paused,
            ai_label=rules.ai_label,
            is_reviewed=card.private and await self.store.reviews.is_reviewed(guild_id, card.id),
            withheld=await self._withheld(guild_id, jobs),
            dropped=frozenset(job.id for job in jobs if job.state in RUNNING_STATES and job.dropped_by is not None),
            left="" if left is None else left.sentence_held(),
            shootout=await self.store.shootouts.get(guild_id, card.id) if jobs[0].shootout else None,
            made_from=None if parent_id is None else await self._link_to(card, parent_id),
        )

    async def _left(self, card: Card, jobs: Sequence[Job]) -> WhatIsLeft | None:
        """Return the author's remainder while their private card's jobs are held."""
        key = await self.store.keys.current(card.guild_id)
        return await self.store.spending.left_of(card, jobs, None if key is None else key.balance)

    def _progress(self, jobs: Sequence[Job], now: float, shown: Shown | None) -> dict[str, JobProgress]:
        before: Mapping[str, Expected] = {} if shown is None else shown.expected
        has_bar = len(jobs) == 1
        return {
            job.id: progress_of(self.learned.of(job), _since(job, now), now, shown=before.get(job.id), has_bar=has_bar)
            for job in jobs
            if _goes_on(job, now)
        }

    async def _withheld(self, guild_id: int, jobs: Sequence[Job]) -> frozenset[str]:
        made = {job.id for job in jobs if job.state in {JobState.READY, JobState.HELD}}
        return await self.store.reviews.withheld_of(guild_id, made) if made else frozenset()

    async def _link_to(self, card: Card, job_id: str) -> str | None:
        """Return the link to a job's card if this card's readers see it: in the same channel."""
        job = await self.store.jobs.get(card.guild_id, job_id)
        other = None if job is None else await self.store.cards.get(card.guild_id, job.card_id)
        is_there = other is not None and other.has_link and other.place_id == card.place_id
        return message_link(other) if other is not None and is_there else None


def _goes_on(job: Job, now: float) -> bool:
    """Whether nothing but time is between the job and its result."""
    if job.state is JobState.SUBMITTING:
        return job.attempts <= 1 and job.next_at <= now
    return job.state in {JobState.QUEUED, JobState.PROCESSING, JobState.READY}


def _since(job: Job, now: float) -> float:
    return now if job.submitted_at is None else job.submitted_at


def _text(card: Card, jobs: Sequence[Job], context: CardContext) -> str:
    """Return what a person reads on it and what an edit is worth.

    That is neither the rest of their budget, which each of their jobs changes, nor that a result is about to be posted.
    """
    as_read = [_before_posting(job) if _is_posted_soon(job, context) else job for job in jobs]
    lines = [*state_lines(card, as_read, replace(context, left="")), facts_line(card, as_read, context)]
    marks = [card.author_id, *(job.erased_at for job in jobs), all(job.state.ended for job in jobs)]
    return "\n".join([*lines, *map(str, marks)])


def _is_posted_soon(job: Job, context: CardContext) -> bool:
    progress = context.progress.get(job.id)
    is_in_time = progress is not None and not progress.expected.is_late
    return job.state is JobState.READY and job.waits_for is None and is_in_time and job.id not in context.withheld


def _before_posting(job: Job) -> Job:
    return replace(job, state=JobState.PROCESSING, media=(), output={})


def _is_as_first(jobs: Sequence[Job], context: CardContext) -> bool:
    """Whether only time has passed since the jobs were accepted, and not more than was expected."""
    return all(_is_only_older(job, context) for job in jobs)


def _is_only_older(job: Job, context: CardContext) -> bool:
    progress = context.progress.get(job.id)
    if progress is None or progress.expected.is_late or (progress.share or 0.0) * CELLS >= 1:
        return False
    is_stopped = is_held_up(job) or job.raised or job.dropped_by is not None
    return not is_stopped and job.attempts <= 1 and (job.submitted_at or context.now) - job.created_at < WRONG_S
