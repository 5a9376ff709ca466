"""A card's attachments: a message holds ten files, the rest is linked."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path

import discord
import structlog

from bot.delivery import texts
from bot.delivery.channels.facts import FILES_PER_MESSAGE, MIB, UPLOAD_TIMEOUT_S
from bot.delivery.channels.messages import Messages, shows_media
from bot.delivery.channels.view import KnownMessage, alt_text, bare_name, file_stem, labelled
from bot.delivery.files.downloads import ResultFiles
from bot.domain.jobs.card_jobs import is_batch, is_linked
from bot.domain.models import Card, Job, MediaKind
from bot.errors import MediaError
from bot.media.caged import CagedError
from bot.media.contact_sheet import SHEET_NAME, Tile, draw
from bot.media.fetcher import MediaFetcher
from bot.media.scratch import scratch_files

log = structlog.get_logger(__name__)

FILE_MAX_BYTES = 25 * MIB
FETCH_TIMEOUT_S = 60.0


def image_links(job: Job) -> list[str]:
    return [medium.url for medium in job.media if medium.kind is MediaKind.IMAGE]


def wants_sheet(jobs: Sequence[Job]) -> bool:
    """Whether the finished card gets a contact sheet: a batch with an image."""
    return is_batch(jobs) and any(image_links(job) for job in jobs)


@dataclass(frozen=True)
class ContactSheets:
    """Adds sheets to finished batches; best effort."""

    messages: Messages
    _: KW_ONLY
    made_with: Callable[[Job], Awaitable[str]]
    media: MediaFetcher
    folder: Path

    async def add(self, card: Card, jobs: Sequence[Job]) -> None:
        """Attach the sheet to a finished image batch without one, if it has room.

        Raises Discord's or the network's error.
        """
        message = await self.messages.look(card) if wants_sheet(jobs) else None
        if message is None or any(bare_name(attachment.filename) == SHEET_NAME for attachment in message.attachments):
            return
        # Only what members already see: results may be withheld.
        shown = [job for job in jobs if shows_media(message, job)]
        if len(shown) < 2 or len(message.attachments) >= FILES_PER_MESSAGE:
            return
        try:
            async with contact_sheet(self.media, jobs, shown, self.folder) as path:
                alt = labelled(texts.SHEET_ALT_TEXT(count=len(shown)), await self.made_with(shown[0]))
                await self._attach(card, message, path, alt)
        except CagedError as error:
            log.info("card.no_sheet", card=card.id, error=str(error))

    async def _attach(self, card: Card, there: KnownMessage, sheet: Path, alt: str) -> None:
        file = discord.File(sheet, SHEET_NAME, spoiler=card.spoiler, description=alt)
        try:
            await self.messages.edit(card, within_s=UPLOAD_TIMEOUT_S, attachments=[file, *there.attachments])
        finally:
            file.close()


@contextlib.asynccontextmanager
async def contact_sheet(
    media: MediaFetcher, jobs: Sequence[Job], shown: Sequence[Job], folder: Path
) -> AsyncIterator[Path]:
    """Keep a batch's sheet on disk during the block. Raises CagedError.

    One tile per job; only those in `shown` with their image.
    """
    try:
        with scratch_files(folder, "sheet-") as own:
            place = Path(own)
            async with asyncio.timeout(FETCH_TIMEOUT_S):
                tiles = [await _tile(media, job, place, is_shown=job in shown) for job in jobs]
            yield await draw(place, tiles)
    except (TimeoutError, OSError) as error:
        raise CagedError(f"its images could not be fetched: {type(error).__name__}") from error


async def _tile(media: MediaFetcher, job: Job, folder: Path, *, is_shown: bool) -> Tile:
    """Return the job's tile, without an image if the download fails."""
    name = None
    if is_shown and image_links(job):
        with contextlib.suppress(MediaError):
            stem = f"{job.position}"
            file = await media.of(practice=job.practice).download(
                image_links(job)[0], folder, stem, expect=MediaKind.IMAGE, max_bytes=FILE_MAX_BYTES
            )
            name = file.path.name
    return Tile(number=job.position + 1, caption=job.depicts, file=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """A card's files after a result. `first`: new files come before old ones."""

    kept: list[discord.Attachment]
    results: ResultFiles
    links: list[str]
    """Links to old files that had to make room."""
    first: bool


def arrange(
    jobs: Sequence[Job],
    job: Job,
    results: ResultFiles,
    there: Sequence[discord.Attachment],
    texts: Sequence[str],
    *,
    taken: int = 0,
) -> Arrangement:
    """Return the layout of a card with the files `there`, now with `job`'s results and the files `texts`.

    `taken` counts new files of other jobs. A chain's last step comes first and the oldest file makes room; else earlier
    files stay.
    """
    new = {*names_of(job, results), *texts}
    old = [attachment for attachment in there if bare_name(attachment.filename) not in new]
    old_texts = [attachment for attachment in old if attachment.filename.endswith(".txt")]
    media = [attachment for attachment in old if attachment not in old_texts]
    room = FILES_PER_MESSAGE - len(texts) - len(old_texts)
    if is_linked(jobs):
        fitting = results.cut(room)
        left = room - len(fitting.files)
        links = [link for attachment in media[left:] if (link := _link_of(jobs, attachment)) is not None]
        return Arrangement(kept=[*media[:left], *old_texts], results=fitting, links=links, first=True)
    if wants_sheet(jobs) and all(bare_name(attachment.filename) != SHEET_NAME for attachment in media):
        room -= 1  # the sheet's place is last
    return Arrangement(kept=old, results=results.cut(max(0, room - taken - len(media))), links=[], first=False)


def arrange_all(
    jobs: Sequence[Job],
    parts: Sequence[tuple[Job, ResultFiles]],
    there: Sequence[discord.Attachment],
    texts: Sequence[str],
) -> tuple[Arrangement, list[tuple[Job, ResultFiles]]]:
    """Like `arrange`, for several jobs; return the old files' fate, and the parts."""
    kept, links, fitted, taken, first = list(there), list[str](), list[tuple[Job, ResultFiles]](), 0, False
    for job, results in parts:
        arranged = arrange(jobs, job, results, kept, texts, taken=taken)
        kept, first = arranged.kept, arranged.first
        links += [*arranged.links, *arranged.results.links]
        taken += len(arranged.results.files)
        fitted.append((job, arranged.results))
    return Arrangement(kept=kept, results=ResultFiles(), links=links, first=first), fitted


def _link_of(jobs: Sequence[Job], attachment: discord.Attachment) -> str | None:
    stem = bare_name(attachment.filename).rpartition(".")[0]
    for job in jobs:
        for number, medium in enumerate(job.media):
            if file_stem(job, number) == stem:
                return medium.url
    return None


def place_of_file(jobs: Sequence[Job], filename: str) -> int:
    """Return the position of the job whose file it is; other files come last."""
    name = bare_name(filename)
    return next((job.position for job in jobs if name.startswith(file_stem(job))), len(jobs))


def names_of(job: Job, results: ResultFiles) -> list[str]:
    """Return a job's file names on its card, without spoiler marks."""
    return [f"{file_stem(job, number)}{file.extension}" for number, file in enumerate(results.files)]


def media_files(job: Job, results: ResultFiles, *, spoiler: bool, made_with: str) -> list[discord.File]:
    """Open a job's files for upload, byte for byte (provenance stays, but in a vote). To be closed.

    `spoiler` marks them; `made_with` ends their alt text, '' for none.
    """
    return [
        discord.File(file.path, filename=name, spoiler=spoiler, description=alt_text(job, made_with))
        for name, file in zip(names_of(job, results), results.files, strict=True)
    ]


def text_files(texts: Mapping[str, str], there: Sequence[discord.Attachment] = ()) -> list[discord.File]:
    """Return named texts as files, without unchanged ones in `there`. To be closed."""
    sizes = {attachment.filename: attachment.size for attachment in there}
    data = {name: text.encode() for name, text in texts.items()}
    return [
        discord.File(io.BytesIO(text), filename=name) for name, text in data.items() if sizes.get(name) != len(text)
    ]


def close(files: Sequence[discord.File]) -> None:
    """Close files after the upload, or instead of it."""
    for file in files:
        file.close()
