"""Copies of delivered results: the same files in another place, each recorded so that it is removed with its result."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import discord
import structlog

from bot.delivery.attachments import close
from bot.delivery.card_languages import CardLanguages
from bot.delivery.deadlines import UPLOAD_TIMEOUT_S
from bot.delivery.discord_facts import FILE_LIMIT_BYTES, FILES_PER_MESSAGE, REQUEST_LIMIT_BYTES, is_too_large
from bot.delivery.formatting import MadeWith, alt_text, file_stem
from bot.delivery.messages import Messages, nonce_of
from bot.delivery.posting_gate import PostingGate
from bot.domain.models import Card, Job, JobState, Media
from bot.errors import MediaError, MediaGone, MediaTooLarge
from bot.jobs.surface import NoPlace
from bot.language import current, speaking
from bot.media.fetcher import LocalFile, MediaFetcher
from bot.media.scratch_dir import scratch_files
from bot.store import Store

log = structlog.get_logger(__name__)

FreshLink = Callable[[Job, Media], Awaitable[str | None]]
"""Finds a link that works to a result whose own has expired; None if there is none."""


def shown_jobs(jobs: Sequence[Job]) -> list[Job]:
    """Return the jobs that have media to show."""
    return [job for job in jobs if job.state is JobState.DELIVERED and job.media]


class ResultCopies:
    """Posts delivered results to other places."""

    def __init__(
        self,
        messages: Messages,
        *,
        gate: PostingGate,
        store: Store,
        media: MediaFetcher,
        fresh: FreshLink,
        made_with: MadeWith,
        languages: CardLanguages,
        folder: Path,
    ) -> None:
        self._messages = messages
        self._gate = gate
        self._store = store
        self._media = media
        self._fresh = fresh
        self._made_with = made_with
        self._languages = languages
        self._folder = folder

    async def post(
        self,
        channel: discord.abc.Messageable,
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
        """Post the card's results to the channel under `embed`, with those of their files that can be downloaded.

        `kind` names the copy, `place_id` is the channel's id, `to_member` whose direct messages it is, None for a
        channel of the server; `file_limit` is in bytes; `subject_id` is what is posted once within a few
        minutes, the card unless it is said. Raises NoPlace if they may not be posted there, and Discord's or the
        network's error.
        """
        shown = shown_jobs(jobs)
        try:
            if to_member is None:
                await self._gate.require_copy(card, shown, channel_id=place_id)
            else:
                await self._gate.require_person(card, shown, member_id=to_member)
        except NoPlace:
            close(documents)
            raise
        language = current() if to_member is not None else await self._languages.of_guild(card.guild_id)
        async with self._files(card, jobs, file_limit, language=language) as files:
            message = await self._send(
                channel,
                [*files, *documents],
                embed=embed,
                nonce=nonce_of(kind, subject_id or card.id, place_id),
                view=view or discord.utils.MISSING,
                reference=reply,
                mention_author=False,
            )
        await self.note(card, jobs, message, kind=kind)
        return message

    @contextlib.asynccontextmanager
    async def opened(
        self, card: Card, jobs: Sequence[Job], *, member_id: int, file_limit: int
    ) -> AsyncIterator[list[discord.File]]:
        """Give the results of a card that a member may see, to be sent to them alone; those that can be downloaded.

        `file_limit` is in bytes. Raises NoPlace if they may not be sent to the member.
        """
        await self._gate.require_person(card, shown_jobs(jobs), member_id=member_id)
        async with self._files(card, jobs, file_limit, language=current()) as files:
            yield files

    async def note(self, card: Card, jobs: Sequence[Job], message: discord.Message, *, kind: str) -> None:
        """Note a message that shows the card's results, so that it is deleted with them."""
        for job in shown_jobs(jobs) or jobs[:1]:
            await self._store.copies.note(
                card.guild_id, job.id, channel_id=message.channel.id, message_id=message.id, kind=kind
            )

    async def find(self, channel: discord.abc.Messageable, link: str) -> discord.Message | None:
        """Return a recent message of ours in the channel whose embed links to `link`: one that was not recorded."""
        return await self._messages.search(channel, lambda message: any(embed.url == link for embed in message.embeds))

    async def _send(
        self, channel: discord.abc.Messageable, files: Sequence[discord.File], **content: Any
    ) -> discord.Message:
        """Send the content with the files, or alone where Discord accepts no files, or not that many bytes."""
        try:
            async with asyncio.timeout(UPLOAD_TIMEOUT_S):
                try:
                    return await channel.send(files=files[:FILES_PER_MESSAGE], **content)
                except discord.HTTPException as error:
                    if not files or not is_too_large(error):
                        raise
                return await channel.send(**content)
        finally:
            close(files)

    @contextlib.asynccontextmanager
    async def _files(
        self, card: Card, jobs: Sequence[Job], file_limit: int, *, language: str
    ) -> AsyncIterator[list[discord.File]]:
        with scratch_files(self._folder, "copy-") as folder:
            files: list[discord.File] = []
            room = max(REQUEST_LIMIT_BYTES, file_limit)
            for job in shown_jobs(jobs):
                with speaking(language):
                    made_with = await self._made_with(job)
                for number, medium in enumerate(job.media):
                    stem = file_stem(job, number)
                    file = await self._load(job, medium, Path(folder), stem, min(file_limit, room))
                    if file is not None:
                        room -= file.size
                        name = f"{stem}{file.extension}"
                        with speaking(language):
                            alt = alt_text(job, made_with)
                        files.append(discord.File(file.path, filename=name, spoiler=card.spoiler, description=alt))
            try:
                yield files
            finally:
                close(files)

    async def _load(self, job: Job, medium: Media, folder: Path, stem: str, limit: int) -> LocalFile | None:
        """Return the medium on disk, None if it is too large or unavailable: then the embed only links to it."""
        media = self._media.of(practice=job.practice)
        try:
            try:
                return await media.download(medium.url, folder, stem, expect=medium.kind, max_bytes=limit)
            except MediaGone:
                link = await self._fresh(job, medium)
                if link is None:
                    return None
                return await media.download(link, folder, stem, expect=medium.kind, max_bytes=limit)
        except MediaTooLarge:
            return None
        except (MediaError, OSError) as error:
            log.info("copy.no_file", job=job.id, error=type(error).__name__)
            return None
