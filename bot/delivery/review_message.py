"""The message that asks the moderators whether a result may be posted."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import discord

from bot.delivery import texts
from bot.delivery.attachments import close, media_files
from bot.delivery.card import card_embed
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
from bot.store import Review


class ReviewMessages:
    """Posts results to the review channel."""

    def __init__(self, *, messages: Messages, downloads: Downloads, drawing: CardDrawing, surface: CardSurface) -> None:
        self._messages = messages
        self._downloads = downloads
        self._drawing = drawing
        self._surface = surface

    async def post(self, review: Review, card: Card, job: Job) -> discord.Message:
        """Post the result to the review's channel, unless an earlier attempt has; too large files as links.

        Raises Later or NoPlace for files that cannot be downloaded, and Discord's or the network's error.
        """
        channel = self._messages.channel(review.channel_id, card.guild_id)
        async with self._downloads.results(job) as results:
            with posting_of(card.guild_id):
                return await self._post(channel, review, card, job, results)

    async def _post(
        self, channel: discord.abc.Messageable, review: Review, card: Card, job: Job, results: ResultFiles
    ) -> discord.Message:
        has_text = results.text is not None
        sent = await self._messages.search(channel, lambda each: carries_result(each, job, has_text=has_text))
        if sent is not None:
            return sent
        try:
            return await self._send(channel, review, card, job, results)
        except discord.HTTPException as error:
            if not is_too_large(error):
                raise
        return await self._send(channel, review, card, job, results.without_files(job))

    async def _send(
        self, channel: discord.abc.Messageable, review: Review, card: Card, job: Job, results: ResultFiles
    ) -> discord.Message:
        # The moderators see what is withheld from everybody else.
        context = replace(await self._drawing.context(card.guild_id, [job]), withheld=frozenset())
        where = f"<#{card.channel_id}>" if card.message_id is None else message_link(card)
        view = message_view(self._surface.review_controls(job), results.links)
        documents = self._drawing.texts([job])
        files = [*media_files(job, results)[: FILES_PER_MESSAGE - len(documents)], *documents]
        try:
            async with asyncio.timeout(UPLOAD_TIMEOUT_S):
                return await channel.send(
                    embed=review_embed(card_embed(card, [job], context), review, where),
                    files=files,
                    view=view or discord.utils.MISSING,
                    nonce=nonce_of("review", job.id, review.channel_id),
                )
        finally:
            close(files)


def review_embed(drawn: discord.Embed, review: Review, where: str) -> discord.Embed:
    """Turn a result's card into the question whether it may be posted in `where`, a link."""
    drawn.title = texts.may_be_posted(drawn.title or "")[:EMBED_TITLE_CHARS]
    drawn.colour = discord.Colour(ATTENTION)
    drawn.set_field_at(0, name=texts.STATE, value=texts.IN_REVIEW, inline=False)
    drawn.add_field(name=texts.PLACE, value=where)
    drawn.add_field(name=texts.DEADLINE, value=stamp(review.expires_at))
    return drawn
