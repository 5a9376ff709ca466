"""A job's media on disk while they are uploaded; what is too large to attach becomes a link."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
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
from bot.jobs.surface import Later, NoPlace
from bot.media.fetcher import LocalFile, MediaFetcher
from bot.media.scratch import scratch_files
from bot.media.sniff import names_other_file
from bot.runtime.clock import Clock

log = structlog.get_logger(__name__)

MEDIA_RETRY_MAX_S = 3600.0
"""For how long the download of a file that cannot be reached is retried, from its first failure on."""
MEDIA_GONE_MAX_S = 600.0
"""For how long a file is tried again that is not there, and of which Cannon Studio gives no other link."""
MEDIA_WRONG_MAX_S = 60.0
"""For how long a file is tried again that is not what it should be: its host may answer with a page for a moment."""
FAILED_KEPT = 1000
"""For how many jobs it is known how their download failed before."""

FreshLink = Callable[[Job, Media], Awaitable[str | None]]
"""Asks for another link to a job's result; None if there is none."""


@dataclass(slots=True)
class ResultFiles:
    """What a job's result consists of: files on disk, links to what is too large, text."""

    files: list[LocalFile] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    """Where the files are from, in their order."""
    links: list[str] = field(default_factory=list)
    text: str | None = None

    def without_files(self, job: Job) -> ResultFiles:
        """Return the same result as links only."""
        return ResultFiles(links=[medium.url for medium in job.media], text=self.text)

    def cut(self, room: int) -> ResultFiles:
        """Return the same result with at most `room` files, and links in place of the others."""
        return ResultFiles(
            files=self.files[:room], urls=self.urls[:room], links=[*self.links, *self.urls[room:]], text=self.text
        )


@dataclass(slots=True)
class _Failed:
    """How the download of a job's files has failed so far."""

    since: float
    """Monotonic seconds."""
    was_slow: bool = False


@dataclass(slots=True)
class _Target:
    """Where a file comes from and goes to."""

    url: str
    folder: Path
    stem: str
    max_bytes: int


class Downloads:
    """Fetches results into `folder`, within the upload limits of the job's server."""

    def __init__(
        self,
        guilds: Guilds,
        *,
        media: MediaFetcher,
        catalogue: LiveCatalogue,
        clock: Clock,
        folder: Path,
        fresh: FreshLink,
    ) -> None:
        self._guilds = guilds
        self._media = media
        self._catalogue = catalogue
        self._clock = clock
        self._folder = folder
        self._fresh = fresh
        self._failed: dict[str, _Failed] = {}
        """By job id."""

    @contextlib.asynccontextmanager
    async def results(self, job: Job) -> AsyncIterator[ResultFiles]:
        """Give the job's result, its files on disk until the block ends.

        Raises Later if a file cannot be downloaded now, NoPlace if it never can.
        """
        results = ResultFiles(text=text_of(self._catalogue.current.find(job.operation), job.output))
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
            self._failed.pop(job.id, None)
            yield results

    def _own_folder(self, stack: contextlib.ExitStack, job: Job) -> Path:
        """Make the folder for the job's files. Where the disk fails it is one in which nothing can be written."""
        try:
            return Path(stack.enter_context(scratch_files(self._folder, f"{job.id}-")))
        except OSError as error:
            log.warning("delivery.disk", job=job.id, error=type(error).__name__)
            return self._folder / job.id

    async def _limits(self, job: Job) -> tuple[int, int]:
        """Return the largest file and the largest request, in bytes, for the job's server."""
        guild = await self._guilds.find(job.guild_id)
        per_file = guild.filesize_limit if guild is not None else FILE_LIMIT_BYTES
        return per_file, max(REQUEST_LIMIT_BYTES, per_file)

    async def _download(self, job: Job, medium: Media, target: _Target) -> LocalFile | None:
        """Return the file, None if it has to be linked.

        Then it is too large, or it comes too slowly for the second time, or it cannot be written to disk, or it is no
        medium and none of the files that are attached: a page, a program, something that only a browser signed in may
        open.
        """
        try:
            try:
                return await self._fetch(job, medium, target)
            except MediaGone:
                fresh = await self._fresh(job, medium)
                if fresh is None:
                    raise
                target.url = fresh
                return await self._fetch(job, medium, target)
        except MediaTooLarge:
            return None
        except MediaSlow as error:
            failed = self._note_failed(job)
            if failed.was_slow:
                return None  # it would be begun again for ever
            failed.was_slow = True
            raise self._not_now(job, error) from error
        except (MediaWrongKind, MediaGone) as error:
            if medium.kind is MediaKind.FILE and (
                isinstance(error, MediaWrongKind) or not names_other_file(medium.url)
            ):
                return None
            raise self._not_now(job, error) from error
        except MediaError as error:
            raise self._not_now(job, error) from error
        except OSError as error:
            # A failing disk must not lose a paid result: it is linked instead.
            log.warning("delivery.disk", job=job.id, error=type(error).__name__)
            return None

    async def _fetch(self, job: Job, medium: Media, target: _Target) -> LocalFile:
        return await self._media.of(practice=job.practice).download(
            target.url, target.folder, target.stem, expect=medium.kind, max_bytes=target.max_bytes
        )

    def _note_failed(self, job: Job) -> _Failed:
        failed = self._failed.setdefault(job.id, _Failed(since=self._clock.monotonic()))
        while len(self._failed) > FAILED_KEPT:
            self._failed.pop(next(iter(self._failed)))
        return failed

    def _not_now(self, job: Job, error: MediaError) -> Later | NoPlace:
        """Return when to retry; NoPlace, which leaves the job held, once there is no hope for the file."""
        failed_s = self._clock.monotonic() - self._note_failed(job).since
        if isinstance(error, MediaUnreachable) and failed_s < MEDIA_RETRY_MAX_S:
            return Later(15.0, WaitsFor.FILE)
        if isinstance(error, MediaGone) and failed_s < MEDIA_GONE_MAX_S:
            return Later(10.0, WaitsFor.FILE)
        if isinstance(error, MediaUnsafe | MediaWrongKind) and failed_s < MEDIA_WRONG_MAX_S:
            return Later(15.0, WaitsFor.FILE)
        if isinstance(error, MediaGone | MediaUnsafe | MediaWrongKind | MediaUnreachable):
            self._failed.pop(job.id, None)
            return NoPlace(texts.unusable_file(error.sentence), unusable=not isinstance(error, MediaUnreachable))
        return Later(60.0, WaitsFor.FILE)


UPLOADS_AT_ONCE, UPLOADS_OF_ONE_SERVER = 32, 2
"""As many as Discord takes calls in a second, if each lasts two thirds of one."""
GIVES_WAY_S = 1.0
"""An upload that takes longer gives its slot to the next one: Discord may never answer it, and others need a moment."""
SLOW_UPLOADS_MOST = 120
"""How many may have done so at once."""

_posting: ContextVar[int | None] = ContextVar("posting", default=None)


@contextlib.contextmanager
def posting_of(guild_id: int) -> Iterator[None]:
    """Mark the calls of this block: they post a result of the guild, which is tried again if Discord cannot take it."""
    token = _posting.set(guild_id)
    try:
        yield
    finally:
        _posting.reset(token)


def posting_guild() -> int | None:
    """Return the guild whose result the running task is posting, None if it posts none."""
    return _posting.get()


@dataclass(slots=True, eq=False)
class UploadSlot:
    """One upload's place, from `take` to `release`."""

    guild_id: int
    is_slow: bool = False
    """Whether it has given way: it counts for its server still, but not for the others."""
    timer: asyncio.TimerHandle | None = None


class UploadSlots:
    """The places for uploads. A free one goes to the guild with the fewest uploads, then to who waited longest."""

    def __init__(self) -> None:
        self._running: Counter[int] = Counter()
        self._slow = 0
        self._waiting: dict[asyncio.Future[UploadSlot], int] = {}

    async def take(self, guild_id: int) -> UploadSlot:
        """Wait for a slot and take it; `release` must follow."""
        mine: asyncio.Future[UploadSlot] = asyncio.get_running_loop().create_future()
        self._waiting[mine] = guild_id
        self._admit()
        try:
            return await mine
        except asyncio.CancelledError:
            if self._waiting.pop(mine, None) is None:
                self.release(mine.result())
            raise

    def release(self, slot: UploadSlot) -> None:
        """Free a slot."""
        if slot.timer is not None:
            slot.timer.cancel()
        self._slow -= slot.is_slow
        self._running[slot.guild_id] -= 1
        self._running += Counter()  # forgets those that are at zero
        self._admit()

    def running(self, guild_id: int | None = None) -> int:
        """Return how many uploads run, of one guild or of all."""
        return self._running.total() if guild_id is None else self._running[guild_id]

    def _admit(self) -> None:
        while self._running.total() - self._slow < UPLOADS_AT_ONCE:
            free = [
                (waiting, guild_id)
                for waiting, guild_id in self._waiting.items()
                if self._running[guild_id] < UPLOADS_OF_ONE_SERVER and not waiting.done()  # done here: cancelled
            ]
            if not free:
                return
            waiting, guild_id = min(free, key=lambda each: self._running[each[1]])  # the first of those that are equal
            del self._waiting[waiting]
            self._running[guild_id] += 1
            slot = UploadSlot(guild_id)
            slot.timer = asyncio.get_running_loop().call_later(GIVES_WAY_S, self._give_way, slot)
            waiting.set_result(slot)

    def _give_way(self, slot: UploadSlot) -> None:
        if self._slow < SLOW_UPLOADS_MOST:
            slot.is_slow = True
            self._slow += 1
            self._admit()
