"""The contact sheet of a batch of pictures: its files fetched, and drawn by a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from bot.domain.card_jobs import is_batch
from bot.domain.models import Job, MediaKind
from bot.errors import MediaError
from bot.media.contact_sheet import SHEET_NAME, NoSheet, Tile, draw
from bot.media.fetcher import MediaFetcher

__all__ = ["SHEET_NAME", "NoSheet", "contact_sheet", "wants_sheet"]

FILE_MAX_BYTES = 25 * 1024 * 1024
FETCH_TIMEOUT_S = 60.0
"""For all pictures of a sheet together."""


def pictures(job: Job) -> list[str]:
    """Return the links to the job's pictures."""
    return [medium.url for medium in job.media if medium.kind is MediaKind.IMAGE]


def wants_sheet(jobs: Sequence[Job]) -> bool:
    """Whether a card of these jobs gets a contact sheet in the end: a batch of which one job has a picture by now."""
    return is_batch(jobs) and any(pictures(job) for job in jobs)


@contextlib.asynccontextmanager
async def contact_sheet(
    media: MediaFetcher, jobs: Sequence[Job], shown: Sequence[Job], folder: Path
) -> AsyncIterator[Path]:
    """Have the sheet of a batch on disk as long as the block runs. Raises NoSheet.

    Each job has a tile; only those in `shown` have their picture in it.
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix="sheet-") as own:
        place = Path(own)
        try:
            async with asyncio.timeout(FETCH_TIMEOUT_S):
                tiles = [await _tile(media, job, place, is_shown=job in shown) for job in jobs]
            yield await draw(place, tiles)
        except (TimeoutError, OSError) as error:
            raise NoSheet(f"its pictures could not be had: {type(error).__name__}") from error


async def _tile(media: MediaFetcher, job: Job, folder: Path, *, is_shown: bool) -> Tile:
    """Return the job's tile; without its picture if that cannot be had."""
    name = None
    if is_shown and pictures(job):
        with contextlib.suppress(MediaError):
            stem = f"{job.position}"
            file = await media.download(
                pictures(job)[0], folder, stem, expect=MediaKind.IMAGE, max_bytes=FILE_MAX_BYTES
            )
            name = file.path.name
    return Tile(number=job.position + 1, caption=job.prompt, file=name)
