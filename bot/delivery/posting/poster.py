"""Posts results by editing the card: twice leaves one result. Without a place the job is held."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import discord
import structlog

from bot.delivery import texts
from bot.delivery.card.memory import CardMemory, CardOwner
from bot.delivery.card.readers import Authors, CardLanguages
from bot.delivery.channels.facts import DISCORD_ERRORS, NETWORK_ERRORS
from bot.delivery.channels.gate import PostingGate
from bot.delivery.files.downloads import Downloads, posting_of
from bot.delivery.posting.places import Places, Posting
from bot.delivery.posting.ready_with_it import ReadyWithIt
from bot.delivery.posting.review import ReviewDesk
from bot.delivery.surface import CardSurface
from bot.domain.models import Card, Job, JobState, Media, WaitsFor
from bot.jobs.surface import Gathering, Later, NoPlace
from bot.language import speaking
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.store import RecordOf, Store

log = structlog.get_logger(__name__)

FOLLOWED_AGAIN_S = 15.0
"""Retry interval for a card that is not drawn here."""
NETWORK_AGAIN_S, REFUSED_AGAIN_S = 5.0, 60.0
"""Retry intervals: Discord unreachable, or a rejection not about the place."""


@dataclass(frozen=True, kw_only=True)
class Poster:
    """Posts results to Discord, each exactly once."""

    store: Store
    clock: Clock
    downloads: Downloads
    places: Places
    review: ReviewDesk
    gate: PostingGate
    surface: CardSurface
    memory: CardMemory
    authors: Authors
    languages: CardLanguages
    others: ReadyWithIt
    owner: CardOwner

    async def deliver(self, job: Job) -> int:
        """Post the job's result and return the message id. Raises Later, Gathering, Parked (review) or NoPlace."""
        try:
            async with self.memory.lock(job.card_id):
                return await self._deliver(job)
        except NETWORK_ERRORS as error:
            log.info("delivery.later", job=job.id, error=type(error).__name__)
            wait_s = error.retry_after if isinstance(error, discord.RateLimited) else 0.0
            raise Later(max(NETWORK_AGAIN_S, wait_s), WaitsFor.DISCORD) from error
        except discord.HTTPException as error:
            log.warning("delivery.refused", job=job.id, status=error.status, code=error.code)
            raise Later(REFUSED_AGAIN_S, WaitsFor.DISCORD) from error

    async def _deliver(self, job: Job) -> int:
        found = await self.store.cards.with_jobs(job.guild_id, job.card_id)
        if found is None:
            raise NoPlace(texts.CARD_GONE)
        card, jobs = found[0], self.memory.as_posted(found[1])
        if (message_id := self.memory.posted(job)) is not None:
            return message_id  # it came with another's
        if wait_s := self.others.wait_s(jobs, job):
            raise Gathering(wait_s)
        dropped = next((each for each in jobs if each.id == job.id and each.dropped_by is not None), None)
        if dropped is not None:
            await self.review.withdraw(jobs, dropped)
            raise NoPlace(texts.CANCELLED_LATE)
        await self.review.require(card, jobs, job, also=await self.gate.moved_to(card))
        return await self._deliver_on(card, jobs, job, channel_id=card.channel_id)

    async def post_held(
        self,
        job: Job,
        media: Sequence[Media],
        *,
        channel_id: int,
        by_moderator: bool = False,
        by_author: bool = False,
        record: RecordOf[Job] | None = None,
    ) -> bool:
        """Post a held result: on its card, else in `channel_id`.

        `media` are its files with working links; `by_moderator`: a moderator wants it posted, and `record` gives the
        record line; `by_author`: its author does, who needs no ping. Returns False if posted meanwhile. Raises Later or
        NoPlace: it stays held. This costs nothing: the job is paid for.
        """
        async with self.memory.lock(job.card_id):
            found = await self.store.cards.with_jobs(job.guild_id, job.card_id)
            current = None if found is None else next((each for each in found[1] if each.id == job.id), None)
            if found is None or current is None or current.state is not JobState.HELD:
                return False
            card, jobs = found[0], self.memory.as_posted(found[1])
            if not self.owner.is_here(jobs, if_free=True):
                raise Later(FOLLOWED_AGAIN_S, WaitsFor.DISCORD)  # two edits at once would lose one's content
            renewed = replace(current, media=tuple(media))
            try:
                message_id = await self._deliver_on(
                    card, jobs, renewed, channel_id=channel_id, by_moderator=by_moderator
                )
            except DISCORD_ERRORS as error:
                raise Later(REFUSED_AGAIN_S, WaitsFor.DISCORD) from error
            await self._note_delivered(current, media, message_id, record)
            if by_author:
                await self.store.pings.done(card.guild_id, card.id)
            self.memory.forget_shown(card.id)
        return True

    async def post_late(self, job: Job) -> None:
        """Post a held result that came late, or whose sharing a crash cut off. Raises Later or NoPlace."""
        card = await self.store.cards.get(job.guild_id, job.card_id)
        if card is not None:
            channel_id = card.channel_id if card.message_id is not None else card.place_id
            await self.post_held(job, job.media, channel_id=channel_id)

    async def _note_delivered(
        self,
        job: Job,
        media: Sequence[Media],
        message_id: int,
        record: RecordOf[Job] | None,
    ) -> None:
        await self.store.jobs.change(
            job,
            JobState.DELIVERED,
            message_id=message_id,
            delivered_at=self.clock.wall(),
            media=tuple(media),
            error=None,
            unusable=False,
            record=record,
        )

    async def _deliver_on(
        self, card: Card, jobs: Sequence[Job], job: Job, *, channel_id: int, by_moderator: bool = False
    ) -> int:
        with posting_of(card.guild_id):  # the checks before must not queue behind uploads
            places = await self.gate.open_places(card, job, channel_id=channel_id, by_moderator=by_moderator)
            await self.authors.find(card)
        with speaking(await self.languages.of(card)):
            return await self._post(card, jobs, job, channel_id=channel_id, places=places)

    async def _post(self, card: Card, jobs: Sequence[Job], job: Job, *, channel_id: int, places: frozenset[int]) -> int:
        done = replace(job, state=JobState.DELIVERED, delivered_at=self.clock.wall(), error=None)
        jobs = _once_posted(jobs, done)
        async with self.downloads.results(job) as results, self.others.ready(card, jobs, job, results) as also:
            failpoint("download.done")
            jobs = [next((each for each, _ in also if each.id == other.id), other) for other in jobs]
            posting = Posting(
                card=card, jobs=jobs, job=done, results=results, channel_id=channel_id, places=places, also=also
            )
            with posting_of(card.guild_id):
                message = await self.places.post(posting)
            # The row says so only after the lock is free; drawn from it meanwhile, the card would lose its controls.
            self.memory.note_posted([done], message.id, self.clock.wall())
            failpoint("send.done")
        if (message.id, message.channel.id) != (card.message_id, card.message_channel_id):
            await self.store.cards.move(card.guild_id, card.id, message_id=message.id, channel_id=message.channel.id)
        self.surface.posted(card, jobs, message)
        return message.id


def _once_posted(jobs: Sequence[Job], done: Job) -> list[Job]:
    """Return the card's jobs as after success: the step that waits for `done` alone begins then."""
    jobs = [done if each.id == done.id else each for each in jobs]
    posted = {each.id for each in jobs if each.state is JobState.DELIVERED}
    return [replace(each, state=JobState.SUBMITTING) if _begins(each, posted) else each for each in jobs]


def _begins(job: Job, posted: Collection[str]) -> bool:
    waits_for_steps = job.state is JobState.WAITING and job.after_ids and not job.after_done
    return bool(waits_for_steps) and not job.waits_for_price and all(each in posted for each in job.after_ids)
