"""Posting results: by editing the card, so that doing it twice leaves one result.

The order of places: the card through the interaction's token (15 minutes) → the card with the bot's own token → a new
message in the channel → a direct message to the author → none: the job is held. New messages carry a nonce derived
from the job's id, and the channel is searched for the result before one is sent: a lost reply never leads to two posts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import discord
import structlog

from bot.delivery import texts
from bot.delivery.attachments import arrange, close, media_files
from bot.delivery.card_memory import CardMemory
from bot.delivery.discord_facts import DISCORD_ERRORS, MESSAGE_GONE, NETWORK_ERRORS, is_closed, is_too_large
from bot.delivery.downloads import Downloads, ResultFiles
from bot.delivery.drawing import CardDrawing
from bot.delivery.messages import UPLOAD_TIMEOUT_S, Messages, carries_result, nonce_of
from bot.delivery.review import ReviewDesk
from bot.delivery.surface import CardSurface
from bot.delivery.view import links_on
from bot.domain.models import Card, Job, JobState, Media
from bot.jobs.surface import Later, NoPlace
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.runtime.metrics import Metrics
from bot.store import Store

log = structlog.get_logger(__name__)

NETWORK_AGAIN_S, REFUSED_AGAIN_S = 5.0, 60.0
"""When a delivery is retried: Discord could not be reached, or it refused for a reason other than the place."""


class Poster:
    """Posts results to Discord, each exactly once."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        messages: Messages,
        downloads: Downloads,
        drawing: CardDrawing,
        review: ReviewDesk,
        surface: CardSurface,
        memory: CardMemory,
    ) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._messages = messages
        self._downloads = downloads
        self._drawing = drawing
        self._review = review
        self._surface = surface
        self._memory = memory

    # ------------------------------------------------------------------ delivering

    async def deliver(self, job: Job) -> int:
        """Post the job's result and return the message id. Raises Later, Parked (review) or NoPlace."""
        try:
            async with self._memory.lock(job.card_id):
                return await self._deliver(job)
        except NETWORK_ERRORS as error:
            log.info("delivery.later", job=job.id, error=type(error).__name__)
            raise Later(NETWORK_AGAIN_S) from error
        except discord.HTTPException as error:
            log.warning("delivery.refused", job=job.id, status=error.status, code=error.code)
            raise Later(REFUSED_AGAIN_S) from error

    async def _deliver(self, job: Job) -> int:
        found = await self._store.cards.with_jobs(job.guild_id, job.card_id)
        if found is None:
            raise NoPlace(texts.CARD_GONE)
        card, jobs = found
        if await self._store.cancellation.is_dropped(job.guild_id, job.id):
            raise NoPlace(texts.CANCELLED_LATE)
        await self._review.require(card, job)
        return await self._deliver_on(card, jobs, job)

    async def post_held(self, job: Job, media: Sequence[Media], *, channel_id: int, is_reviewed: bool = False) -> bool:
        """Post a job that was made but not posted: on its card, else in `channel_id`, else by direct message.

        `media` are its files with links that work; `is_reviewed` says that a moderator wants it posted. Returns False
        if it has been posted meanwhile. Raises Later or NoPlace; then it stays held. The job is paid for already, and
        this costs nothing.
        """
        async with self._memory.lock(job.card_id):
            found = await self._store.cards.with_jobs(job.guild_id, job.card_id)
            current = None if found is None else next((each for each in found[1] if each.id == job.id), None)
            if found is None or current is None or current.state is not JobState.HELD:
                return False
            if not is_reviewed:
                await self._review.require_reviewed(current)
            card, jobs = found
            here = replace(card, channel_id=channel_id, message_channel_id=card.place_id)
            try:
                message_id = await self._deliver_on(here, jobs, replace(current, media=tuple(media)))
            except DISCORD_ERRORS as error:
                raise Later(REFUSED_AGAIN_S) from error
            await self._note_delivered(current, media, message_id)
            self._memory.forget_shown(card.id)
        return True

    async def post_late(self, job: Job) -> bool:
        """Post a held result that came after its job was given up; return whether it is posted now."""
        card = await self._store.cards.get(job.guild_id, job.card_id)
        if card is None:
            return False
        try:
            return await self.post_held(job, job.media, channel_id=card.channel_id)
        except (Later, NoPlace) as error:
            log.info("delivery.late_result_held", job=job.id, error=type(error).__name__)
            return False

    async def _note_delivered(self, job: Job, media: Sequence[Media], message_id: int) -> None:
        await self._store.jobs.change(
            job,
            JobState.DELIVERED,
            message_id=message_id,
            delivered_at=self._clock.wall(),
            media=tuple(media),
            error=None,
        )

    async def _deliver_on(self, card: Card, jobs: Sequence[Job], job: Job) -> int:
        # The card is drawn as it will be once this has succeeded.
        done = replace(job, state=JobState.DELIVERED, delivered_at=self._clock.wall(), error=None)
        jobs = tuple(done if other.id == job.id else other for other in jobs)
        async with self._downloads.results(job) as results:
            failpoint("download.done")
            message = await self._post(card, jobs, done, results)
            failpoint("send.done")
        if (message.id, message.channel.id) != (card.message_id, card.message_channel_id):
            await self._store.cards.move(card.guild_id, card.id, message_id=message.id, channel_id=message.channel.id)
        self._surface.posted(card, jobs, message)
        return message.id

    # ------------------------------------------------------------------ the places

    async def _post(self, card: Card, jobs: Sequence[Job], job: Job, results: ResultFiles) -> discord.Message:
        """Try the places in turn; return the message that now carries the result. Raises NoPlace without one."""
        for place in (self._on_card, self._in_channel, self._by_direct_message):
            for attempt in (results, results.without_files(job)):
                try:
                    message = await place(card, jobs, job, attempt)
                except DISCORD_ERRORS as error:
                    self._metrics.discord_error(error)
                    if not isinstance(error, discord.HTTPException):
                        raise
                    if is_too_large(error):
                        continue
                    if error.code in MESSAGE_GONE or is_closed(error):
                        log.info("delivery.next_place", job=job.id, code=error.code)
                        break
                    raise
                if message is not None:
                    return message
                break
        raise NoPlace(texts.NO_PLACE)

    async def _on_card(self, card: Card, jobs: Sequence[Job], job: Job, results: ResultFiles) -> discord.Message | None:
        """Edit the card: what it has stays, and this job's files replace those of an earlier attempt."""
        message = await self._messages.find(card)
        if message is None:
            return None
        documents = self._drawing.texts(await self._drawing.open_part(jobs), message.attachments)
        arrangement = arrange(jobs, job, results, message.attachments, [file.filename for file in documents])
        files = media_files(job, arrangement.results)
        media: list[discord.Attachment | discord.File] = [*arrangement.kept, *files]
        if arrangement.first:
            media = [*files, *arrangement.kept]
        links = [*links_on(message), *arrangement.links, *arrangement.results.links]
        try:
            async with asyncio.timeout(UPLOAD_TIMEOUT_S):
                return await message.edit(
                    embed=await self._drawing.embed(card, jobs),
                    attachments=[*media, *documents],
                    view=self._drawing.view(card, jobs, links),
                )
        finally:
            close([*files, *documents])

    async def _in_channel(
        self, card: Card, jobs: Sequence[Job], job: Job, results: ResultFiles
    ) -> discord.Message | None:
        if card.private:
            return None
        return await self._send(self._messages.channel(card.channel_id, card.guild_id), card, jobs, job, results)

    async def _by_direct_message(
        self, card: Card, jobs: Sequence[Job], job: Job, results: ResultFiles
    ) -> discord.Message | None:
        return await self._send(await self._messages.direct_message(card.author_id), card, jobs, job, results)

    async def _send(
        self,
        channel: discord.abc.Messageable,
        card: Card,
        jobs: Sequence[Job],
        job: Job,
        results: ResultFiles,
    ) -> discord.Message:
        """Send a new message, unless an earlier attempt has sent it already."""
        has_text = results.text is not None
        sent = await self._messages.search(channel, lambda each: carries_result(each, job, has_text=has_text))
        if sent is not None:
            return sent
        documents = self._drawing.texts(await self._drawing.open_part(jobs))
        results = arrange(jobs, job, results, (), [file.filename for file in documents]).results
        files = [*media_files(job, results), *documents]
        try:
            async with asyncio.timeout(UPLOAD_TIMEOUT_S):
                return await channel.send(
                    embed=await self._drawing.embed(card, jobs),
                    files=files,
                    nonce=nonce_of("result", job.id),
                    view=self._drawing.view(card, jobs, results.links) or discord.utils.MISSING,
                )
        finally:
            close(files)
