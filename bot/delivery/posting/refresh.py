"""Updates a card's message from the store: states, controls, and follow-ups of its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord
import structlog

from bot.delivery.card.drawing import CardDrawing, DrawnCard
from bot.delivery.card.memory import CardMemory, CardOwner
from bot.delivery.card.readers import Authors, CardLanguages
from bot.delivery.card.ticker import APART_S, CardKey, CardTicker, apart_s, is_calm
from bot.delivery.channels.facts import DISCORD_ERRORS, is_gone
from bot.delivery.channels.messages import Messages
from bot.delivery.channels.view import KnownMessage
from bot.delivery.notices import Notifications
from bot.delivery.surface import CardSurface
from bot.domain.models import Card, Job, JobState
from bot.language import speaking
from bot.runtime.metrics import Metrics
from bot.store import Store

log = structlog.get_logger(__name__)

UNASKED = frozenset({JobState.EXPIRED, JobState.CANCELLED})
"""How a card ends whose question to the moderators has no answer."""
AGAIN_S = 15.0
"""Retry interval if Discord rejects an edit or a ping."""


@dataclass(frozen=True, kw_only=True)
class CardRefresh:
    """Draws the first response and later edits; the poster adds results."""

    store: Store
    metrics: Metrics
    messages: Messages
    drawing: CardDrawing
    authors: Authors
    notifications: Notifications
    memory: CardMemory
    ticker: CardTicker
    languages: CardLanguages
    owner: CardOwner
    surface: CardSurface

    async def first_answer(self, card: Card, jobs: Sequence[Job]) -> tuple[DrawnCard, list[discord.File]]:
        """Return the interaction's answer: the card, and files with long texts."""
        with speaking(await self.languages.of(card)):
            return await self.drawing.draw(card, jobs), self.drawing.texts(jobs)

    async def copied(
        self, card: Card, jobs: Sequence[Job], *, language: str | None = None
    ) -> tuple[discord.Embed, list[discord.File]]:
        """Return the card for another message, and files with long texts.

        In the card's language, or `language` if the copy has other readers.
        """
        with speaking(language or await self.languages.of(card)):
            return (await self.drawing.draw(card, jobs)).embed, self.drawing.texts(jobs)

    async def first_view(self, card: Card, jobs: Sequence[Job]) -> discord.ui.View | None:
        """Return the card's first controls, None if there are none."""
        with speaking(await self.languages.of(card)):
            return await self.drawing.view(card, jobs, ())

    def note_answered(self, card: Card, drawn: DrawnCard, message_id: int, files: Sequence[discord.File]) -> None:
        """Remember that Discord has the first answer; its attached texts are fetched when needed."""
        if not files:
            self.messages.seen[message_id] = KnownMessage()
        self.memory.note_shown(card.id, drawn.says)
        self.ticker.edited(_key(card))
        self._expect(card, drawn)

    async def show(
        self,
        guild_id: int,
        card_id: str,
        *,
        can_wait: bool = True,
        acted: bool = False,
        if_free: bool | None = None,
    ) -> bool:
        """Update the card; best effort: failures are logged and left to the ticker.

        Deferrable changes are left to the ticker if it `can_wait`; if a user `acted`, what it says is no guess.
        `if_free`: if none of its jobs is followed; None draws it anyway. Returns False if it is not drawn here.
        """
        try:
            async with self.memory.lock(card_id):
                return await self._show(guild_id, card_id, can_wait=can_wait, acted=acted, if_free=if_free)
        except DISCORD_ERRORS as error:
            self.metrics.discord_error(error)
            log.info("card.not_shown", card=card_id, error=type(error).__name__)
            if not (isinstance(error, discord.HTTPException) and is_gone(error)):
                self.ticker.expect((guild_id, card_id), AGAIN_S)
        except Exception:
            log.exception("card.show_failed", card=card_id)
        return True

    async def end_alone(self, job: Job) -> bool:
        """Finish the card of a posted result, if that is all of it and no one is to be notified; else return False.

        Nothing is read: the message of the result is what the card says.
        """
        key, shown = (job.guild_id, job.card_id), self.memory.shown(job.card_id)
        if shown is None or shown.states != {job.id: JobState.DELIVERED} or await self.notifications.may_ping(job):
            return False
        self.surface.ended(*key)
        self.ticker.forget(key)
        self.memory.forget_shown(job.card_id)
        return True

    async def correct(self, guild_id: int, card_id: str) -> None:
        """Draw the card for the ticker. Raises Discord's or the network's error.

        A card being edited, such as by an upload, waits for the next round and blocks no other.
        """
        lock = self.memory.lock(card_id)
        if lock.locked():
            self.ticker.expect((guild_id, card_id), APART_S)
            return
        async with lock:
            try:
                await self._show(guild_id, card_id, can_wait=False, acted=False, if_free=self.owner.draws_free())
            except discord.HTTPException as error:
                if is_gone(error):
                    await self.store.cards.note_drawn(guild_id, card_id)
                raise

    async def _show(self, guild_id: int, card_id: str, *, can_wait: bool, acted: bool, if_free: bool | None) -> bool:
        """Draw the card if this process owns it, else return False."""
        found = await self.store.cards.with_jobs(guild_id, card_id)
        if found is None or not found[0].answered or found[0].message_id is None:
            self.ticker.forget((guild_id, card_id))
            return True
        if if_free is not None and not self.owner.is_here(found[1], if_free=if_free):
            self.ticker.forget((guild_id, card_id))
            return False
        if _has_ended(found[1]):
            self.surface.ended(guild_id, card_id)
            if all(job.state in UNASKED and job.submitted_at is None for job in found[1]):
                await self.surface.close_question(*found)
        card, jobs = found[0], self.memory.as_posted(found[1])
        if can_wait and self._can_wait(card, jobs):
            return True
        with speaking(await self.languages.of(card)):
            if self.memory.is_final(card_id, jobs):
                self.ticker.forget(_key(card))
            else:
                await self._draw(card, jobs, acted=acted)
            if _has_ended(found[1]):
                if _is_more_than_its_result(found[1]):
                    await self.store.cards.note_drawn(guild_id, card_id)
                self.memory.forget_shown(card_id)
                await self.notifications.ping_author(card, jobs)
        return True

    def _can_wait(self, card: Card, jobs: Sequence[Job]) -> bool:
        """Whether the ticker can draw it: it was just edited, or soon changes."""
        shown = self.memory.shown(card.id)
        if not is_calm(jobs, {} if shown is None else shown.states):
            return False
        wait_s = self.ticker.rest_s(_key(card), apart_s(jobs))
        if wait_s:
            self.ticker.expect(_key(card), wait_s)
        return bool(wait_s)

    async def _draw(self, card: Card, jobs: Sequence[Job], *, acted: bool) -> None:
        if card.is_by_token and not self.messages.token_lives(card):
            self.ticker.forget(_key(card))  # unreachable from here on
            return
        await self.authors.find(card)
        shown = self.memory.shown(card.id)
        drawn = await self.drawing.draw(card, jobs, shown)
        if drawn.is_news(shown) or (acted and shown is None):
            await self._edit(card, jobs, drawn.embed)
            self.ticker.edited(_key(card))
        self.memory.note_shown(card.id, drawn.says)
        self._expect(card, drawn)

    def _expect(self, card: Card, drawn: DrawnCard) -> None:
        if drawn.next_s is None:
            self.ticker.forget(_key(card))
        else:
            self.ticker.expect(_key(card), drawn.next_s)

    async def _edit(self, card: Card, jobs: Sequence[Job], embed: discord.Embed) -> None:
        changes: dict[str, Any] = {"embed": embed}
        if _is_more_than_its_result(jobs):
            # The result's edit set its controls, perhaps before the other jobs had ended.
            is_posted = any(job.state is JobState.DELIVERED for job in jobs)
            seen = await self.messages.look(card) if is_posted or _has_ended(jobs) else None
            changes["view"] = await self.drawing.view(card, jobs, () if seen is None else seen.links)
        await self.messages.edit(card, **changes)

    async def renew_links(self, card: Card, jobs: Sequence[Job], fresh: Mapping[str, str]) -> None:
        """Renew expired links of the card's link buttons; best effort."""
        try:
            async with self.memory.lock(card.id):
                seen = await self.messages.look(card)
                if seen is not None and fresh.keys() & set(seen.links):
                    links = [fresh.get(link, link) for link in seen.links]
                    with speaking(await self.languages.of(card)):
                        view = await self.drawing.view(card, jobs, links)
                    await self.messages.edit(card, view=view)
        except DISCORD_ERRORS as error:
            self.metrics.discord_error(error)
            log.info("card.links_not_renewed", card=card.id, error=type(error).__name__)


def _key(card: Card) -> CardKey:
    return card.guild_id, card.id


def _is_more_than_its_result(jobs: Sequence[Job]) -> bool:
    return len(jobs) > 1 or jobs[0].state is not JobState.DELIVERED


def _has_ended(jobs: Sequence[Job]) -> bool:
    return all(job.state.ended for job in jobs)
