"""Copies of delivered results, recorded so that they are removed with the result."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import discord
import structlog

from bot.delivery.card.card import BETWEEN
from bot.delivery.card.drawing import CardDrawing
from bot.delivery.card.readers import CardLanguages
from bot.delivery.channels.facts import (
    CALL_TIMEOUT_S,
    FILE_LIMIT_BYTES,
    FILES_PER_MESSAGE,
    NETWORK_ERRORS,
    REQUEST_LIMIT_BYTES,
    TOKEN_EXPIRED,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    UPLOAD_TIMEOUT_S,
    is_too_large,
)
from bot.delivery.channels.gate import PostingGate
from bot.delivery.channels.messages import Messages, nonce_of
from bot.delivery.channels.view import alt_text, file_stem, message_view
from bot.delivery.files.attachments import close
from bot.delivery.posting.forum_posts import Home, find_post, send_post, title_of
from bot.delivery.posting.poster import Poster
from bot.domain.models import Card, Job, JobState, Media
from bot.errors import MediaError, MediaGone, MediaTooLarge
from bot.generation.sources import Sources
from bot.jobs.surface import Later, NoPlace
from bot.language import current, speaking
from bot.media.fetcher import LocalFile, MediaFetcher
from bot.media.scratch import scratch_files
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.store import Store

log = structlog.get_logger(__name__)


def shown_jobs(jobs: Sequence[Job]) -> list[Job]:
    return [job for job in jobs if job.state is JobState.DELIVERED and job.media]


def _media_of(card: Card, jobs: Sequence[Job]) -> list[tuple[Card, Job, int]]:
    """Return the card's shown media: each with its job and its number there."""
    return [(card, job, number) for job in shown_jobs(jobs) for number in range(len(job.media))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """A card in a gallery of several, and what is said about it there."""

    card: Card
    jobs: Sequence[Job]
    line: str


@dataclass(frozen=True)
class ResultCopies:
    """Posts delivered results to other places."""

    messages: Messages
    _: KW_ONLY
    gate: PostingGate
    store: Store
    media: MediaFetcher
    sources: Sources
    drawing: CardDrawing
    languages: CardLanguages
    folder: Path

    async def post(
        self,
        channel: Home,
        card: Card,
        jobs: Sequence[Job],
        *,
        kind: str,
        place_id: int,
        embed: discord.Embed,
        to_member: int | None = None,
        documents: Sequence[discord.File] = (),
        file_limit: int = FILE_LIMIT_BYTES,
        subject_id: str = "",
        view: discord.ui.View | None = None,
        reply: discord.MessageReference | None = None,
    ) -> discord.Message:
        """Post the card's results to the channel under `embed`, with their downloadable files.

        `to_member` is the recipient of a DM, None for a channel; `file_limit` is in bytes; `subject_id` (default: the
        card) is posted once within a few minutes. Raises NoPlace if not allowed there, and Discord's or the network's
        error.
        """
        shown = shown_jobs(jobs)
        try:
            if to_member is None:
                await self.gate.require(card, shown, channel_id=place_id)
            else:
                await self.gate.require_person(card, shown, member_id=to_member)
        except NoPlace:
            close(documents)
            raise
        language, media = await self.languages.of_guild(card.guild_id), _media_of(card, jobs)
        async with self._files(media, file_limit, language=language) as files:
            links = [job.media[number].url for _, job, number in media] if len(files) < len(media) else []
            message = await self._send(
                channel,
                [*files, *documents],
                title=title_of(jobs),
                embed=embed,
                nonce=nonce_of(kind, subject_id or card.id, place_id),
                view=view or message_view([], links) or discord.utils.MISSING,
                reference=reply,
                mention_author=False,
            )
        await self.note(card, jobs, message, kind=kind)
        return message

    async def post_gallery(
        self,
        channel: Home,
        exhibits: Sequence[Exhibit],
        *,
        kind: str,
        subject_id: str,
        embed: discord.Embed,
        place_id: int,
        file_limit: int = FILE_LIMIT_BYTES,
    ) -> discord.Message:
        """Post several cards under one `embed`: for each its line, and its first file; to be removed with any of them.

        What may not be shown there is left out. A message from before a crash is found by its `embed.url` and recorded;
        `subject_id` is posted once within a few minutes. Raises NoPlace if nothing may be shown, and Discord's or the
        network's error.
        """
        sent = await self.find(channel, str(embed.url), title=str(embed.title))
        if sent is not None:
            for each in exhibits:
                await self.note(each.card, each.jobs, sent, kind=kind)
            return sent
        shown, refusal = [], None
        for each in exhibits:
            try:
                await self.gate.require_gallery(each.card, shown_jobs(each.jobs), channel_id=place_id)
                shown.append(each)
            except NoPlace as error:
                refusal = error
        if refusal is not None and not shown:
            raise refusal
        embed.description = "\n".join(filter(None, [embed.description, *(each.line for each in shown)]))
        media = [medium for each in shown for medium in _media_of(each.card, each.jobs)[:1]]
        language = await self.languages.of_guild(exhibits[0].card.guild_id)
        async with self._files(media, file_limit, language=language) as files:
            nonce = nonce_of(kind, subject_id, place_id)
            quiet = discord.AllowedMentions.none()
            message = await self._send(
                channel, files, title=embed.title or "", embed=embed, nonce=nonce, allowed_mentions=quiet
            )
        failpoint("gallery.sent")
        for each in shown:
            await self.note(each.card, each.jobs, message, kind=kind)
        return message

    async def post_film(
        self, channel: discord.abc.Messageable, shots: Sequence[tuple[Card, Job]], film: Path, *, place_id: int
    ) -> discord.Message:
        """Post the joined film of these shots, to be removed with any of them.

        Raises NoPlace or Later if one of them may not be shown there, and Discord's or the network's error.
        """
        for card, job in shots:
            await self.gate.require(card, [job], channel_id=place_id)
        is_spoiler = any(card.spoiler for card, _ in shots)
        last = shots[-1][1]
        with speaking(await self.languages.of_guild(last.guild_id)):
            made_with = await self.drawing.made_with(last)
            alt = alt_text(last, made_with)
        authors = " ".join(dict.fromkeys(f"<@{job.author_id}>" for _, job in shots))
        caption = BETWEEN.join(part for part in (made_with, authors) if part)
        file = discord.File(film, filename=f"{file_stem(last)}-film.mp4", spoiler=is_spoiler, description=alt)
        message = await self._send(
            channel,
            [file],
            content=f"-# {caption}",
            allowed_mentions=discord.AllowedMentions.none(),
            nonce=nonce_of("film", last.id, place_id),
        )
        for card, job in shots:
            await self.note(card, [job], message, kind="film")
        return message

    @contextlib.asynccontextmanager
    async def opened(
        self, card: Card, jobs: Sequence[Job], *, member_id: int, file_limit: int
    ) -> AsyncIterator[list[discord.File]]:
        """Yield the card's downloadable results that a member may see.

        `file_limit` is in bytes. Raises NoPlace if the member may not get them.
        """
        await self.gate.require_person(card, shown_jobs(jobs), member_id=member_id)
        async with self._files(_media_of(card, jobs), file_limit, language=current()) as files:
            yield files

    async def note(self, card: Card, jobs: Sequence[Job], message: discord.Message, *, kind: str) -> None:
        """Record a message that shows the card's results, to delete it with them."""
        for job in shown_jobs(jobs) or jobs[:1]:
            await self.store.copies.note(
                card.guild_id, job.id, channel_id=message.channel.id, message_id=message.id, kind=kind
            )

    async def find(self, channel: Home, link: str, *, title: str) -> discord.Message | None:
        """Return the bot's recent message whose embed links to `link`: an unrecorded copy. A post has the `title`."""

        def fits(message: discord.Message) -> bool:
            return any(embed.url == link for embed in message.embeds)

        if isinstance(channel, discord.ForumChannel):
            return await find_post(channel, title, fits)
        return await self.messages.search(channel, fits)

    async def _send(
        self, channel: Home, files: Sequence[discord.File], *, title: str = "", **content: Any
    ) -> discord.Message:
        """Send with the files, or without them where Discord rejects them or their size; in a forum as a post."""
        send: Callable[..., Awaitable[discord.Message]] = (
            partial(send_post, channel, title=title) if isinstance(channel, discord.ForumChannel) else channel.send
        )
        try:
            async with asyncio.timeout(UPLOAD_TIMEOUT_S):
                try:
                    return await send(files=files[:FILES_PER_MESSAGE], **content)
                except discord.HTTPException as error:
                    if not files or not is_too_large(error):
                        raise
                return await send(files=[], **content)
        finally:
            close(files)

    @contextlib.asynccontextmanager
    async def _files(
        self, media: Sequence[tuple[Card, Job, int]], file_limit: int, *, language: str
    ) -> AsyncIterator[list[discord.File]]:
        with scratch_files(self.folder, "copy-") as folder:
            files: list[discord.File] = []
            room = max(REQUEST_LIMIT_BYTES, file_limit)
            for card, job, number in media:
                stem = file_stem(job, number)
                file = await self._load(job, job.media[number], Path(folder), stem, min(file_limit, room))
                if file is not None:
                    room -= file.size
                    with speaking(language):
                        alt = alt_text(job, await self.drawing.made_with(job))
                    name = f"{stem}{file.extension}"
                    files.append(discord.File(file.path, filename=name, spoiler=card.spoiler, description=alt))
            try:
                yield files
            finally:
                close(files)

    async def _load(self, job: Job, medium: Media, folder: Path, stem: str, limit: int) -> LocalFile | None:
        """Return the medium on disk; None (embed links to it) if too large or unavailable."""
        media = self.media.of(practice=job.practice)
        try:
            try:
                return await media.download(medium.url, folder, stem, expect=medium.kind, max_bytes=limit)
            except MediaGone:
                link = await self.sources.fresh_link(job, medium)
                if link is None:
                    return None
                return await media.download(link, folder, stem, expect=medium.kind, max_bytes=limit)
        except MediaTooLarge:
            return None
        except (MediaError, OSError) as error:
            log.info("copy.no_file", job=job.id, error=type(error).__name__)
            return None


@dataclass(frozen=True, kw_only=True)
class Sharing:
    """Shares each card once: the database decides who was first."""

    store: Store
    gate: PostingGate
    poster: Poster

    async def share(self, card: Card, jobs: Sequence[Job], *, channel_id: int, links: Mapping[str, str]) -> bool:
        """Share results of the card's `jobs` in a channel; `links` are fresh ones of delivered jobs.

        Returns False if the card is no longer private, or still open. Raises NoPlace (nothing changed) if not allowed
        there, or Later: held, for the author to post.
        """
        posted = [job for job in jobs if job.state is JobState.DELIVERED]
        await self.gate.require(card, posted, channel_id=channel_id)
        held = await self.store.cards.share(card.guild_id, card.id, channel_id=channel_id)
        if held is None:
            return False
        for job in held:
            media = [replace(medium, url=links.get(medium.url, medium.url)) for medium in job.media]
            try:
                await self.poster.post_held(job, media, channel_id=channel_id)
            except (Later, NoPlace):
                await self._let_author_post(held)
                raise
        await self._let_author_post(held)
        return True

    async def _let_author_post(self, jobs: Sequence[Job]) -> None:
        """Hand an attempted post to the author, so that no later process repeats it."""
        for job in jobs:
            await self.store.rechecks.postpone(job, None, counts=False)


ERASED_AT_ONCE = 20
ERASED_AGAIN_S = 6 * 3600.0
"""Retry interval for a copy that could not be deleted (mostly a missing permission)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenDown:
    """The outcome, in messages."""

    gone: int
    left: int


@dataclass(frozen=True)
class Takedown:
    """Deletes the messages of a card. Idempotent."""

    messages: Messages
    _: KW_ONLY
    store: Store
    clock: Clock

    async def take_down(self, card: Card) -> TakenDown:
        """Delete the copies of the card's results, then its own message; missing ones count as done.

        Failures stay recorded for a second attempt.
        """
        gone = left = 0
        places = {copy.message_id: copy.channel_id for copy in await self.store.copies.of_card(card.guild_id, card.id)}
        for message_id, channel_id in places.items():
            if await self._deleted(card, channel_id, message_id):
                await self.store.copies.forget(card.guild_id, message_id)
                gone += 1
            else:
                left += 1
        if card.message_id is None:
            return TakenDown(gone=gone, left=left)
        if await self._own_deleted(card, card.message_id):
            await self.store.cards.take_down(card.guild_id, card.id)
            return TakenDown(gone=gone + 1, left=left)
        return TakenDown(gone=gone, left=left + 1)

    async def take_down_copy(self, guild_id: int, channel_id: int, message_id: int) -> bool:
        """Delete one copy and forget it; return whether it is gone."""
        gone = await self._gone(channel_id, None, message_id)
        if gone:
            await self.store.copies.forget(guild_id, message_id)
        return gone

    async def delete_erased(self, guild_id: int | None = None) -> None:
        """Delete copies of erased results, of one guild or all; failures are retried later."""
        for copy in await self.store.copies.doomed(limit=ERASED_AT_ONCE, guild_id=guild_id):
            if not await self.take_down_copy(copy.guild_id, copy.channel_id, copy.message_id):
                again_at = self.clock.wall() + ERASED_AGAIN_S
                await self.store.copies.postpone(copy.guild_id, copy.message_id, again_at)

    async def _deleted(self, card: Card, channel_id: int, message_id: int) -> bool:
        guild_id = card.guild_id if channel_id == card.channel_id else None
        return await self._gone(channel_id, guild_id, message_id)

    async def _gone(self, channel_id: int, guild_id: int | None, message_id: int) -> bool:
        if channel_id == message_id:  # a post's first message has its id
            return await delete_message(partial(self.messages.delete_post, message_id))
        return await delete_message(self.messages.channel(channel_id, guild_id).get_partial_message(message_id))

    async def _own_deleted(self, card: Card, message_id: int) -> bool:
        if self.messages.token_lives(card) and await delete_message(self.messages.webhook(card), message_id):
            return True
        if card.is_by_token:
            return card.private  # only its token reached it: an ephemeral message is gone for all but its author
        return await self._deleted(card, card.place_id, message_id)


async def delete_message(
    target: discord.PartialMessage | discord.Webhook | Callable[[], Awaitable[None]], message_id: int = 0
) -> bool:
    """Delete a message of the bot's, or what a function deletes; return whether it is gone."""
    try:
        async with asyncio.timeout(CALL_TIMEOUT_S):
            if isinstance(target, discord.Webhook):
                await target.delete_message(message_id)
            elif isinstance(target, discord.PartialMessage):
                await target.delete()
            else:
                await target()
    except discord.HTTPException as error:
        if error.code in {UNKNOWN_MESSAGE, UNKNOWN_CHANNEL}:
            return True
        if error.code not in TOKEN_EXPIRED:
            log.info("takedown.refused", status=error.status, code=error.code)
        return False
    except NETWORK_ERRORS as error:
        log.info("takedown.later", error=type(error).__name__)
        return False
    return True
