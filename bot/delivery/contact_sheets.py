"""The contact sheet of a batch of images: fetch the files, draw them in a separate process, attach the sheet."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import discord
import structlog

from bot.delivery import texts
from bot.delivery.deadlines import UPLOAD_TIMEOUT_S
from bot.delivery.discord_facts import FILES_PER_MESSAGE, MIB
from bot.delivery.formatting import MadeWith, bare_name, labelled
from bot.delivery.messages import Messages, shows_media
from bot.delivery.seen import Seen
from bot.domain.card_jobs import is_batch
from bot.domain.models import Card, Job, MediaKind
from bot.errors import MediaError
from bot.media.contact_sheet import SHEET_NAME, NoSheet, Tile, draw
from bot.media.fetcher import MediaFetcher
from bot.media.scratch_dir import scratch_files

log = structlog.get_logger(__name__)

FILE_MAX_BYTES = 25 * MIB
FETCH_TIMEOUT_S = 60.0
"""For all images of a sheet together."""


def image_links(job: Job) -> list[str]:
    """Return the links to the job's images."""
    return [medium.url for medium in job.media if medium.kind is MediaKind.IMAGE]


def wants_sheet(jobs: Sequence[Job]) -> bool:
    """Whether a card of these jobs gets a contact sheet in the end: a batch in which at least one job has an image."""
    return is_batch(jobs) and any(image_links(job) for job in jobs)


class ContactSheets:
    """Adds the sheet to finished batches. Best effort: a card without one is complete, too."""

    def __init__(self, messages: Messages, *, made_with: MadeWith, media: MediaFetcher, folder: Path) -> None:
        self._messages = messages
        self._made_with = made_with
        self._media = media
        self._folder = folder

    async def add(self, card: Card, jobs: Sequence[Job]) -> None:
        """Attach the sheet to the card of a finished batch of images that has none and has room for it.

        Raises Discord's or the network's error.
        """
        message = await self._messages.look(card) if wants_sheet(jobs) else None
        if message is None or any(bare_name(attachment.filename) == SHEET_NAME for attachment in message.attachments):
            return
        # Only what members can see already: results may be withheld from the card.
        shown = [job for job in jobs if shows_media(message, job)]
        if len(shown) < 2 or len(message.attachments) >= FILES_PER_MESSAGE:
            return
        try:
            async with contact_sheet(self._media, jobs, shown, self._folder) as path:
                alt = labelled(texts.sheet_alt_text(len(shown)), await self._made_with(shown[0]))
                await self._attach(card, message, path, alt)
        except NoSheet as error:
            log.info("card.no_sheet", card=card.id, error=str(error))

    async def _attach(self, card: Card, there: Seen, sheet: Path, alt: str) -> None:
        file = discord.File(sheet, SHEET_NAME, spoiler=card.spoiler, description=alt)
        try:
            await self._messages.edit(card, within_s=UPLOAD_TIMEOUT_S, attachments=[file, *there.attachments])
        finally:
            file.close()


@contextlib.asynccontextmanager
async def contact_sheet(
    media: MediaFetcher, jobs: Sequence[Job], shown: Sequence[Job], folder: Path
) -> AsyncIterator[Path]:
    """Keep the sheet of a batch on disk while the block runs. Raises NoSheet.

    Each job has a tile; only those in `shown` have their image in it.
    """
    try:
        with scratch_files(folder, "sheet-") as own:
            place = Path(own)
            async with asyncio.timeout(FETCH_TIMEOUT_S):
                tiles = [await _tile(media, job, place, is_shown=job in shown) for job in jobs]
            yield await draw(place, tiles)
    except (TimeoutError, OSError) as error:
        raise NoSheet(f"its images could not be fetched: {type(error).__name__}") from error


async def _tile(media: MediaFetcher, job: Job, folder: Path, *, is_shown: bool) -> Tile:
    """Return the job's tile; without its image if that cannot be downloaded."""
    name = None
    if is_shown and image_links(job):
        with contextlib.suppress(MediaError):
            stem = f"{job.position}"
            file = await media.of(practice=job.practice).download(
                image_links(job)[0], folder, stem, expect=MediaKind.IMAGE, max_bytes=FILE_MAX_BYTES
            )
            name = file.path.name
    return Tile(number=job.position + 1, caption=job.prompt, file=name)
