"""The message that asks the moderators whether a result may be posted."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace

import discord

from bot.delivery import texts
from bot.delivery.attachments import close, media_files
from bot.delivery.card import card_embed
from bot.delivery.card_languages import CardLanguages
from bot.delivery.colours import ATTENTION
from bot.delivery.deadlines import UPLOAD_TIMEOUT_S
from bot.delivery.discord_facts import EMBED_TITLE_CHARS, FILES_PER_MESSAGE, is_too_large
from bot.delivery.downloads import Downloads, ResultFiles
from bot.delivery.drawing import CardDrawing
from bot.delivery.formatting import message_link
from bot.delivery.messages import Messages, carries_result, nonce_of
from bot.delivery.surface import CardSurface
from bot.delivery.upload_slots import posting_of
from bot.delivery.view import message_view
from bot.domain.models import Card, Job
from bot.domain.text import stamp
from bot.language import speaking
from bot.store import Review

_Result = tuple[Job, ResultFiles]
"""A job with its result on disk."""


class ReviewMessages:
    """Posts results to the review channel."""

    def __init__(
        self,
        *,
        messages: Messages,
        downloads: Downloads,
        drawing: CardDrawing,
        surface: CardSurface,
        languages: CardLanguages,
    ) -> None:
        self._messages = messages
        self._downloads = downloads
        self._drawing = drawing
        self._surface = surface
        self._languages = languages

    async def post(self, review: Review, card: Card, main: Job, jobs: Sequence[Job]) -> discord.Message:
        """Post the results of `jobs` to the channel of the review, that of `main`; too large files as links.

        Nothing is posted if an earlier attempt has done so.

        Raises Later or NoPlace for files that cannot be downloaded, and Discord's or the network's error.
        """
        channel = self._messages.channel(review.channel_id, card.guild_id)
        async with contextlib.AsyncExitStack() as stack:
            results = [(job, await stack.enter_async_context(self._downloads.results(job))) for job in jobs]
            with posting_of(card.guild_id), speaking(await self._languages.of_guild(card.guild_id)):
                return await self._post(channel, review, card, main, results)

    async def _post(
        self, channel: discord.abc.Messageable, review: Review, card: Card, main: Job, results: Sequence[_Result]
    ) -> discord.Message:
        has_text = any(files.text is not None for job, files in results if job.id == main.id)
        sent = await self._messages.search(channel, lambda each: carries_result(each, main, [main], has_text=has_text))
        if sent is not None:
            return sent
        try:
            return await self._send(channel, review, card, main, results)
        except discord.HTTPException as error:
            if not is_too_large(error):
                raise
        links = [(job, files.without_files(job)) for job, files in results]
        return await self._send(channel, review, card, main, links)

    async def _send(
        self, channel: discord.abc.Messageable, review: Review, card: Card, main: Job, results: Sequence[_Result]
    ) -> discord.Message:
        jobs = [job for job, _ in results]
        # The moderators see what is withheld from everybody else.
        context = replace(await self._drawing.context(card, jobs), withheld=frozenset(), is_for_review=True)
        is_reachable = card.message_id is not None and not card.is_ephemeral
        where = message_link(card) if is_reachable else f"<#{card.channel_id}>"
        links = [link for _, found in results for link in found.links]
        view = message_view(self._surface.review_controls(main), links)
        documents = self._drawing.texts(jobs)
        made_with = {job.id: await self._drawing.made_with(job) for job in jobs}
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


def review_embed(drawn: discord.Embed, review: Review, where: str) -> discord.Embed:
    """Turn a result's card into the question whether it may be posted in `where`, a link."""
    drawn.title = texts.may_be_posted(drawn.title or "")[:EMBED_TITLE_CHARS]
    drawn.colour = discord.Colour(ATTENTION)
    drawn.add_field(name=str(texts.PLACE), value=where)
    drawn.add_field(name=str(texts.DEADLINE), value=stamp(review.expires_at))
    return drawn
