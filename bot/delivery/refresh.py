"""Bringing a card's message up to date with the store: its states, its controls, and what follows when it has ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import discord
import structlog

from bot.delivery.authors import Authors
from bot.delivery.card_memory import CardMemory
from bot.delivery.contact_sheets import ContactSheets
from bot.delivery.deadlines import in_time
from bot.delivery.discord_facts import DISCORD_ERRORS
from bot.delivery.drawing import CardDrawing
from bot.delivery.messages import Messages
from bot.delivery.notifications import Notifications
from bot.delivery.view import links_on
from bot.domain.models import Card, Job, JobState
from bot.runtime.metrics import Metrics
from bot.store import Store

log = structlog.get_logger(__name__)


class CardRefresh:
    """Draws the first response, and edits the card's message afterwards; results are added by the poster."""

    def __init__(
        self,
        *,
        store: Store,
        metrics: Metrics,
        messages: Messages,
        drawing: CardDrawing,
        authors: Authors,
        sheets: ContactSheets,
        notifications: Notifications,
        memory: CardMemory,
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._messages = messages
        self._drawing = drawing
        self._authors = authors
        self._sheets = sheets
        self._notifications = notifications
        self._memory = memory

    async def first_answer(self, card: Card, jobs: Sequence[Job]) -> tuple[discord.Embed, list[discord.File]]:
        """Return what answers the interaction: the card, and files with the texts that are too long for it."""
        return await self._drawing.embed(card, jobs, just_accepted=True), self._drawing.texts(jobs)

    def first_view(self, card: Card, jobs: Sequence[Job]) -> discord.ui.View | None:
        """Return the controls that the card has from the start, None if it has none."""
        return self._drawing.view(card, jobs, ())

    async def show(self, guild_id: int, card_id: str) -> None:
        """Bring the card up to date; best effort: a failure is logged, and the next change retries."""
        try:
            async with self._memory.lock(card_id):
                await self._show(guild_id, card_id)
        except DISCORD_ERRORS as error:
            self._metrics.discord_error(error)
            log.info("card.not_shown", card=card_id, error=type(error).__name__)
        except Exception:
            log.exception("card.show_failed", card=card_id)

    async def _show(self, guild_id: int, card_id: str) -> None:
        found = await self._store.cards.with_jobs(guild_id, card_id)
        if found is None or not found[0].answered or found[0].message_id is None:
            return
        card, jobs = found
        await self._draw(card, jobs)
        if _has_ended(jobs):
            self._memory.forget_shown(card_id)
            await self._finish(card, jobs, search=False)

    async def _draw(self, card: Card, jobs: Sequence[Job]) -> None:
        await self._authors.find(card)
        embed = await self._drawing.embed(card, jobs)
        if self._memory.is_shown(card.id, embed):
            return
        changes: dict[str, Any] = {"embed": embed}
        if _has_ended(jobs) and (len(jobs) > 1 or jobs[0].state is not JobState.DELIVERED):
            # The edit that added the result set its controls too, perhaps before the other jobs had ended.
            message = await self._messages.find(card)
            changes["view"] = self._drawing.view(card, jobs, [] if message is None else links_on(message))
        await self._messages.edit(card, **changes)
        self._memory.note_shown(card.id, embed)

    async def _finish(self, card: Card, jobs: Sequence[Job], *, search: bool) -> None:
        await self._sheets.add(card, jobs)
        await self._notifications.ping_author(card, jobs, search=search)

    async def ping_late(self, guild_id: int, card_id: str) -> None:
        """Do for a finished card what a crash may have prevented, the author's ping last; best effort."""
        try:
            async with self._memory.lock(card_id):
                found = await self._store.cards.with_jobs(guild_id, card_id)
                if found is not None and _has_ended(found[1]):
                    await self._finish(*found, search=True)
        except DISCORD_ERRORS as error:
            self._metrics.discord_error(error)
            log.info("card.not_pinged", card=card_id, error=type(error).__name__)

    async def renew_links(self, card: Card, jobs: Sequence[Job], fresh: Mapping[str, str]) -> None:
        """Replace expired links on the card's link buttons with fresh ones; best effort."""
        try:
            async with self._memory.lock(card.id):
                message = await self._messages.find(card)
                there = [] if message is None else links_on(message)
                if message is not None and fresh.keys() & set(there):
                    links = [fresh.get(link, link) for link in there]
                    await in_time(message.edit(view=self._drawing.view(card, jobs, links)))
        except DISCORD_ERRORS as error:
            self._metrics.discord_error(error)
            log.info("card.links_not_renewed", card=card.id, error=type(error).__name__)


def _has_ended(jobs: Sequence[Job]) -> bool:
    return all(job.state.ended for job in jobs)
