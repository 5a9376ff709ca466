"""Review: a result goes to the moderators' channel until one of them publishes it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import discord
import structlog

from bot.delivery import texts
from bot.delivery.card.card import card_embed
from bot.delivery.card.context import ATTENTION, STOPPED
from bot.delivery.card.drawing import CardDrawing
from bot.delivery.card.readers import CardLanguages
from bot.delivery.card.states import state_word
from bot.delivery.channels.facts import (
    CALL_TIMEOUT_S,
    CLOSED_STATUSES,
    DISCORD_ERRORS,
    EMBED_TITLE_CHARS,
    FILES_PER_MESSAGE,
    UPLOAD_TIMEOUT_S,
    is_too_large,
)
from bot.delivery.channels.messages import Messages, carries_result, nonce_of
from bot.delivery.channels.view import message_link, message_view
from bot.delivery.files.attachments import close, media_files
from bot.delivery.files.downloads import Downloads, ResultFiles, posting_of
from bot.delivery.notices import Notifications
from bot.delivery.surface import CardSurface
from bot.domain.jobs.card_jobs import is_linked, main_job
from bot.domain.models import Card, Job, JobState, WaitsFor
from bot.domain.words.text import stamp
from bot.jobs.surface import Later, NoPlace, Parked
from bot.language import Text, speaking
from bot.runtime.clock import Clock
from bot.store import REVIEW, Answer, Question, Store

_Result = tuple[Job, ResultFiles]


@dataclass(frozen=True, kw_only=True)
class ReviewMessages:
    """Posts results to the review channel."""

    messages: Messages
    downloads: Downloads
    drawing: CardDrawing
    surface: CardSurface
    languages: CardLanguages

    async def post(self, review: Question, card: Card, main: Job, jobs: Sequence[Job]) -> discord.Message:
        """Post the results of `jobs` to the channel of `main`'s review, once; too large files as links.

        Raises Later or NoPlace if files can't be downloaded, and Discord's or the network's error.
        """
        channel = self.messages.channel(review.channel_id, card.guild_id)
        async with contextlib.AsyncExitStack() as stack:
            results = [(job, await stack.enter_async_context(self.downloads.results(job))) for job in jobs]
            with posting_of(card.guild_id), speaking(await self.languages.of_guild(card.guild_id)):
                return await self._post(channel, review, card, main, results)

    async def _post(
        self, channel: discord.abc.Messageable, review: Question, card: Card, main: Job, results: Sequence[_Result]
    ) -> discord.Message:
        has_text = any(files.text is not None for job, files in results if job.id == main.id)
        sent = await self.messages.search(channel, lambda each: carries_result(each, main, [main], has_text=has_text))
        if sent is not None:
            return sent
        try:
            return await self._send(channel, review, card, main, results)
        except discord.HTTPException as error:
            if not is_too_large(error):
                raise
        return await self._send(
            channel, review, card, main, [(job, files.without_files(job)) for job, files in results]
        )

    async def _send(
        self, channel: discord.abc.Messageable, review: Question, card: Card, main: Job, results: Sequence[_Result]
    ) -> discord.Message:
        jobs = [job for job, _ in results]
        # Moderators see what is withheld from others.
        context = replace(await self.drawing.context(card, jobs), withheld=frozenset(), is_for_review=True, left="")
        is_reachable = card.message_id is not None and not card.is_by_token
        where = message_link(card) if is_reachable else f"<#{card.channel_id}>"
        links = [link for _, found in results for link in found.links]
        view = message_view([self.surface.review_controls(main)], links)
        documents = self.drawing.texts(jobs)
        made_with = {job.id: await self.drawing.made_with(job) for job in jobs}
        media = [
            file
            for job, found in results
            for file in media_files(job, found, spoiler=card.spoiler, made_with=made_with[job.id])
        ]
        room = FILES_PER_MESSAGE - len(documents)
        close(media[room:])
        files = [*media[:room], *documents]
        try:
            async with asyncio.timeout(UPLOAD_TIMEOUT_S):
                return await channel.send(
                    embed=review_embed(card_embed(card, jobs, context), review, where),
                    files=files,
                    view=view or discord.utils.MISSING,
                    nonce=nonce_of("review", main.id, review.channel_id),
                )
        finally:
            close(files)


def review_embed(drawn: discord.Embed, review: Question, where: str) -> discord.Embed:
    """Turn a result's card into the question whether to post it in `where`, a link."""
    drawn.title = texts.may_be_posted(drawn.title or "")[:EMBED_TITLE_CHARS]
    drawn.colour = discord.Colour(ATTENTION)
    drawn.add_field(name=str(texts.PLACE), value=where)
    drawn.add_field(name=str(texts.DEADLINE), value=stamp(review.expires_at))
    return drawn


def answered(question: discord.Embed, title: str, colour: int) -> discord.Embed:
    """Turn the question into its answer: its last field is the deadline."""
    question.title, question.colour = title, discord.Colour(colour)
    return question.remove_field(len(question.fields) - 1)


log = structlog.get_logger(__name__)

NO_CHANNEL_AGAIN_S = 600.0
"""Retry interval if the review channel accepts no messages."""
JUST_DECIDED_S = 1.0
"""A moderator decided meanwhile."""
ALERT_AGAIN_S = 24 * 3600.0
CHECK_AGAIN_S = 3600.0
"""Polling interval of a review; a decision wakes it at once."""

CHAIN_AGAIN_S = 15.0
"""Polling interval of a reviewed chain step that waits for the others."""


@dataclass(frozen=True, kw_only=True)
class ReviewDesk:
    """Has results reviewed before publication. Decisions are stored: restarts change nothing."""

    store: Store
    clock: Clock
    messages: Messages
    questions: ReviewMessages
    notifications: Notifications
    languages: CardLanguages

    async def require(self, card: Card, jobs: Sequence[Job], job: Job, *, also: Sequence[int] = ()) -> None:
        """Return if `job`'s result may be posted where it was requested, and in `also`.

        `also` is another place, as in `begin_review`. A chain's steps are reviewed together, once none is open. Raises
        Parked while it waits, NoPlace if rejected or expired, Later if the moderators can't be reached now.
        """
        review = await self.store.questions.begin_review(job.guild_id, job.id, also=also)
        if review is None or review.verdict is Answer.PUBLISHED:
            return
        if review.verdict is Answer.REFUSED:
            raise NoPlace(review.sentence)
        left_s = review.expires_at - self.clock.wall()
        if left_s <= 0:
            await self._expire(review)
        together = _reviewed_together(jobs, job)
        if any(not each.state.ended and each.state is not JobState.READY for each in together):
            raise Parked(CHAIN_AGAIN_S)
        if review.message_id is None:
            await self._post_question(card, [each for each in together if each.state is JobState.READY], also)
        raise Parked(min(left_s, CHECK_AGAIN_S))

    async def _post_question(self, card: Card, jobs: Sequence[Job], also: Sequence[int]) -> None:
        begun = [await self.store.questions.begin_review(card.guild_id, job.id, also=also) for job in jobs]
        waiting = [review for review in begun if review is not None and review.verdict is None]
        if not waiting:
            raise Later(JUST_DECIDED_S)
        jobs = [job for job in jobs if job.id in {review.subject for review in waiting}]
        main = main_job(jobs)
        review = next(review for review in waiting if review.subject == main.id)
        try:
            message = await self.questions.post(review, card, main, jobs)
        except discord.HTTPException as error:
            if error.status not in CLOSED_STATUSES:
                raise
            now = self.clock.wall()
            if await self.store.alerts.note(card.guild_id, "review channel", until=now + ALERT_AGAIN_S):
                sentence = partial(texts.NO_REVIEW_CHANNEL, channel=review.channel_id)
                await self.notifications.alert_moderators(card.guild_id, sentence)
            raise Later(NO_CHANNEL_AGAIN_S, WaitsFor.DISCORD) from error
        place = {"channel_id": message.channel.id, "message_id": message.id}
        for job in jobs:
            # Recorded first, to be taken down with the result; an unrecorded question is found again.
            await self.store.copies.note(card.guild_id, job.id, **place, kind=REVIEW)
            await self.store.questions.note_message(card.guild_id, REVIEW, job.id, **place)

    async def _expire(self, review: Question) -> None:
        """Reject without a moderator. Raises NoPlace, or Later if a moderator has just decided."""
        if not await self.store.questions.review(
            review.guild_id, review.subject, Answer.REFUSED, by_id=0, sentence=str(texts.REVIEW_EXPIRED)
        ):
            raise Later(JUST_DECIDED_S)
        await self._close(review, JobState.EXPIRED, texts.REVIEW_EXPIRED)
        raise NoPlace(texts.REVIEW_EXPIRED)

    async def withdraw(self, jobs: Sequence[Job], job: Job) -> None:
        """End the review of a result that its author does not want posted, unless others are reviewed with it."""
        together = _reviewed_together(jobs, job)
        if any(each.dropped_by is None and not each.state.ended for each in together):
            return
        found = [await self.store.questions.get(each.guild_id, REVIEW, each.id) for each in together]
        waiting = [review for review in found if review is not None and review.verdict is None]
        if waiting:
            # Closed first: after a crash in between it is closed again, and not left open.
            await self._close(waiting[0], JobState.CANCELLED, texts.REVIEW_WITHDRAWN)
        for review in waiting:
            await self.store.questions.withdraw_review(review.guild_id, review.subject)

    async def _close(self, review: Question, state: JobState, sentence: Text) -> None:
        """Turn the question, if it was posted, into what became of the result; best effort."""
        if review.message_id is None:
            return
        channel = self.messages.channel(review.channel_id, review.guild_id)
        with speaking(await self.languages.of_guild(review.guild_id)):
            title, content = state_word(state), str(sentence)
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                asked = await channel.fetch_message(review.message_id)
                embeds = [answered(each, title, STOPPED) for each in asked.embeds]
                await asked.edit(content=content, embeds=embeds, view=None)
        except DISCORD_ERRORS as error:
            log.info("review.not_closed", job=review.subject, error=type(error).__name__)


def _reviewed_together(jobs: Sequence[Job], job: Job) -> Sequence[Job]:
    """Return the jobs decided together: a chain's steps, else `job` alone."""
    return jobs if is_linked(jobs) else [job]
