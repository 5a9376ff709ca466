"""The delivery as one object, and its assembly."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bot.delivery.card.memory import CardOwner
from bot.delivery.card.readers import Authors, CardLanguages, GuildLanguages
from bot.delivery.card.ticker import CardTicker
from bot.delivery.channels.gate import PostingGate
from bot.delivery.channels.messages import Messages
from bot.delivery.notices import LogChannel, Notifications
from bot.delivery.posting.cast_pictures import CastPictures
from bot.delivery.posting.copies import Takedown
from bot.delivery.posting.poster import Poster
from bot.delivery.posting.refresh import CardRefresh
from bot.domain.models import Job
from bot.errors import StoreError
from bot.jobs.surface import Later, NoPlace, Sentence
from bot.server.absences import Absences
from bot.store import Claimed, Store

log = structlog.get_logger(__name__)

OPEN_CARDS_KEPT = 5000
"""Newest open cards loaded at a start."""
ABSENT_S = 300.0
"""Longest wait, after the bot's return to a server, of a result for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The delivery for the commands, and the worker's Surface."""

    authors: Authors
    cards: CardRefresh
    ticker: CardTicker
    poster: Poster
    gate: PostingGate
    messages: Messages
    notifications: Notifications
    log_channel: LogChannel
    languages: GuildLanguages
    card_languages: CardLanguages
    takedown: Takedown
    cast_pictures: CastPictures
    absences: Absences
    store: Store
    owner: CardOwner

    async def deliver(self, job: Job) -> int:
        """Post the job's result and return the message id. Raises Later, Gathering, Parked (review) or NoPlace.

        In a server that removed the bot nothing is posted; results wait for its return.
        """
        if self.absences.is_absent(job.guild_id):
            raise Later(ABSENT_S)
        return await self.poster.deliver(job)

    async def post_late(self, job: Job) -> None:
        """Post the late result of a `held` job; best effort, never raises: it stays held."""
        if self.absences.is_absent(job.guild_id):
            return
        try:
            await self.poster.post_late(job)
        except (Later, NoPlace) as error:
            log.info("delivery.late_result_held", job=job.id, error=type(error).__name__)
        except Exception:
            log.exception("delivery.late_result_failed", job=job.id)
        await self.cards.show(job.guild_id, job.card_id)

    async def delivered(self, job: Job) -> None:
        """Do what follows a posted and settled result; best effort, never raises."""
        with contextlib.suppress(StoreError):
            if await self.cards.end_alone(job):
                return
        await self.show(job.guild_id, job.card_id)

    async def show(self, guild_id: int, card_id: str) -> None:
        """Update the card, perhaps some seconds later; best effort, never raises."""
        await self._bring_up_to_date(guild_id, card_id, at_once=False)

    async def show_now(self, guild_id: int, card_id: str) -> None:
        """Update the card at once, after a user action; best effort, never raises."""
        await self._bring_up_to_date(guild_id, card_id, at_once=True)

    async def _bring_up_to_date(self, guild_id: int, card_id: str, *, at_once: bool) -> None:
        if self.absences.is_absent(guild_id):
            return
        if not await self.cards.show(guild_id, card_id, can_wait=not at_once, acted=at_once, if_free=True):
            self.owner.draw_elsewhere(guild_id, card_id, at_once)

    async def show_if_own(self, guild_id: int, card_id: str, *, at_once: bool) -> None:
        """Update the card if it is drawn here; best effort, never raises."""
        if not self.absences.is_absent(guild_id):
            await self.cards.show(guild_id, card_id, can_wait=not at_once, acted=at_once, if_free=False)

    async def watch_free(self) -> None:
        """Redraw cards of which no job is followed: ended ones with old content or a missing ping, and waiting ones.

        Those are followed by a process of its own.
        """
        self.ticker.spread(await self.store.cards.undrawn(OPEN_CARDS_KEPT))
        self.ticker.spread(await self.store.pings.overdue(OPEN_CARDS_KEPT))
        if not self.owner.is_sole:
            self.ticker.take_over(await self.store.cards.queued(OPEN_CARDS_KEPT))

    def follow(self, claimed: Sequence[Claimed]) -> None:
        """Redraw the cards of jobs that this process now follows, perhaps after another."""
        self.ticker.take_over({(each.guild_id, each.card_id) for each in claimed})

    async def tick(self) -> int:
        """Draw the due cards; return how many."""
        return await self.ticker.run_once(self._correct)

    async def keep_true(self) -> None:
        await self.tick()

    async def _correct(self, guild_id: int, card_id: str) -> None:
        if not self.absences.is_absent(guild_id):
            await self.cards.correct(guild_id, card_id)

    async def alert(self, guild_id: int, sentence: Sentence) -> None:
        """Alert the guild's moderators in the server's language; best effort, never raises."""
        if not self.absences.is_absent(guild_id):
            await self.notifications.alert_moderators(guild_id, sentence)

    async def tell_author(self, job: Job, sentence: Sentence, *, of_key: bool = False) -> None:
        await self.notifications.tell_author(job, sentence, of_key=of_key)
