"""A job's media on disk during the upload; too large files become links."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from pathlib import Path

import structlog

from bot.cannon.outputs import text_of
from bot.catalogue import LiveCatalogue
from bot.delivery import texts
from bot.delivery.channels.facts import FILE_LIMIT_BYTES, REQUEST_LIMIT_BYTES
from bot.delivery.channels.guilds import Guilds
from bot.domain.models import Job, Media, MediaKind, WaitsFor
from bot.errors import (
    MediaError,
    MediaGone,
    MediaSlow,
    MediaTooLarge,
    MediaUnreachable,
    MediaUnsafe,
    MediaWrongKind,
)
from bot.generation.sources import Sources
from bot.jobs.surface import Later, NoPlace
from bot.media.fetcher import LocalFile, MediaFetcher
from bot.media.metadata import anonymous
from bot.media.scratch import scratch_files
from bot.media.sniff import names_other_file
from bot.runtime.clock import Clock
from bot.runtime.pace import Recent

log = structlog.get_logger(__name__)

MEDIA_RETRY_MAX_S = 3600.0
"""Retry period for an unreachable file, from its first failure."""
MEDIA_WRONG_MAX_S = 600.0
"""Retry period for a missing file without a fresh link, and for a wrong one, perhaps an error page for a moment."""
FAILED_KEPT = 1000


@dataclass(slots=True)
class ResultFiles:
    """A job's result: files on disk, links to larger ones, text."""

    files: list[LocalFile] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    text: str | None = None

    def without_files(self, job: Job) -> ResultFiles:
        """Return the result as links only."""
        return ResultFiles(links=[medium.url for medium in job.media], text=self.text)

    def cut(self, room: int) -> ResultFiles:
        """Return the result with at most `room` files, the others as links."""
        return ResultFiles(
            files=self.files[:room], urls=self.urls[:room], links=[*self.links, *self.urls[room:]], text=self.text
        )


@dataclass(slots=True)
class _Target:
    url: str
    folder: Path
    stem: str
    max_bytes: int


@dataclass(frozen=True)
class Downloads:
    """Fetches results into `folder`, within the server's upload limits."""

    guilds: Guilds
    _: KW_ONLY
    media: MediaFetcher
    catalogue: LiveCatalogue
    clock: Clock
    folder: Path
    sources: Sources
    _failed_at: Recent[str, float] = field(default_factory=partial(Recent, FAILED_KEPT), init=False)
    """By job id, when its first failure was, in monotonic seconds."""

    @contextlib.asynccontextmanager
    async def results(self, job: Job) -> AsyncIterator[ResultFiles]:
        """Yield the job's result with files on disk until the block ends.

        Raises Later if a download fails for now, NoPlace if it never can succeed.
        """
        results = ResultFiles(text=text_of(self.catalogue.current.find(job.operation), job.output))
        per_file, room = await self._limits(job)
        with contextlib.ExitStack() as stack:
            folder = self._own_folder(stack, job)
            for number, medium in enumerate(job.media):
                target = _Target(folder=folder, stem=f"{number}", max_bytes=min(per_file, room), url=medium.url)
                file = await self._download(job, medium, target)
                if file is None:
                    results.links.append(target.url)
                else:
                    results.files.append(file)
                    results.urls.append(target.url)
                    room -= file.size
            self._failed_at.pop(job.id, None)
            yield results

    def _own_folder(self, stack: contextlib.ExitStack, job: Job) -> Path:
        """Create the job's folder; if the disk fails, an unwritable one."""
        try:
            return Path(stack.enter_context(scratch_files(self.folder, f"{job.id}-")))
        except OSError as error:
            log.warning("delivery.disk", job=job.id, error=type(error).__name__)
            return self.folder / job.id

    async def _limits(self, job: Job) -> tuple[int, int]:
        guild = None if job.is_at_home else await self.guilds.find(job.guild_id)
        per_file = guild.filesize_limit if guild is not None else FILE_LIMIT_BYTES
        return per_file, max(REQUEST_LIMIT_BYTES, per_file)

    async def _download(self, job: Job, medium: Media, target: _Target) -> LocalFile | None:
        """Return the file, None if it must be linked.

        Linked: too large, too slow, not writable, or neither a medium nor attachable (a page, a program, content
        behind a login).
        """
        try:
            try:
                return await self._fetch(job, medium, target)
            except MediaGone:
                fresh = await self.sources.fresh_link(job, medium)
                if fresh is None:
                    raise
                target.url = fresh
                return await self._fetch(job, medium, target)
        except (MediaTooLarge, MediaSlow):
            return None
        except (MediaWrongKind, MediaGone) as error:
            if medium.kind is MediaKind.FILE and (
                isinstance(error, MediaWrongKind) or not names_other_file(medium.url)
            ):
                return None
            raise self._not_now(job, error) from error
        except MediaError as error:
            raise self._not_now(job, error) from error
        except OSError as error:
            # A failing disk must not lose a paid result: it is linked.
            log.warning("delivery.disk", job=job.id, error=type(error).__name__)
            return None

    async def _fetch(self, job: Job, medium: Media, target: _Target) -> LocalFile:
        file = await self.media.of(practice=job.practice).download(
            target.url, target.folder, target.stem, expect=medium.kind, max_bytes=target.max_bytes
        )
        return await asyncio.to_thread(anonymous, file) if job.is_secret else file

    def _not_now(self, job: Job, error: MediaError) -> Later | NoPlace:
        """Return when to retry; NoPlace (the job is held) once the file is hopeless."""
        if not isinstance(error, MediaGone | MediaUnsafe | MediaWrongKind | MediaUnreachable):
            return Later(60.0, WaitsFor.FILE)
        now = self.clock.monotonic()
        self._failed_at[job.id] = since = self._failed_at.get(job.id, now)
        retried_s = MEDIA_RETRY_MAX_S if isinstance(error, MediaUnreachable) else MEDIA_WRONG_MAX_S
        if now - since < retried_s:
            return Later(15.0, WaitsFor.FILE)
        del self._failed_at[job.id]
        return NoPlace(texts.unusable_file(error.sentence), unusable=not isinstance(error, MediaUnreachable))


UPLOADS_AT_ONCE, UPLOADS_OF_ONE_SERVER = 150, 2
"""Discord may never answer some, and others must not wait for those: the pace of calls bounds the rest."""

_posting: ContextVar[int | None] = ContextVar("posting", default=None)


@contextlib.contextmanager
def posting_of(guild_id: int) -> Iterator[None]:
    """Mark this block's calls as posting a result of the guild (retried later if Discord is busy)."""
    token = _posting.set(guild_id)
    try:
        yield
    finally:
        _posting.reset(token)


def posting_guild() -> int | None:
    """Return the guild whose result this task posts, None if none."""
    return _posting.get()
