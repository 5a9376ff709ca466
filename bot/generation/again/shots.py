"""Lines of shots: the next one begins with the last frame of the one before, and all can be one film."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.catalogue.operation import same_name
from bot.domain.models import Job, JobState, MediaKind
from bot.domain.server.places import Viewer
from bot.errors import InputError, Refused
from bot.generation import texts
from bot.generation.sources import FILMS, Source, Sources
from bot.generation.visible_jobs import VisibleJobs
from bot.media import film
from bot.media.caged import CagedError
from bot.media.fetcher import MediaFetcher
from bot.media.scratch import scratch_files
from bot.runtime.pace import TokenBucket, Turns

FILM_MAX_BYTES: Final = 64 * 1024 * 1024
"""Of a shot that is opened here."""
CONTINUES_ITSELF: Final = ("wan27video", "Wan 2.7")
"""The model that takes a film and continues it: https://www.cannonstudio.app/developers/docs/operations/video-generate."""

JOINS_AN_HOUR: Final = 6
TURN_WAIT_S: Final = 300.0
"""An answer to a press can be given for 15 minutes, and a join takes up to 4 of them."""

Publish = Callable[[int, Path], Awaitable[str]]
"""Posts a server's picture where Cannon Studio can fetch it; returns its link. Raises as `CastPictures.publish`."""


def continues_itself(job: Job) -> bool:
    """Whether the film's model takes the film itself, instead of a frame."""
    return job.model is not None and any(same_name(job.model, each) for each in CONTINUES_ITSELF)


def is_film(job: Job) -> bool:
    return job.state is JobState.DELIVERED and any(each.kind is MediaKind.VIDEO for each in job.media)


@dataclass(frozen=True, kw_only=True)
class Shots:
    """Opens films: frames and joins, in the cage of decoders."""

    sources: Sources
    visible: VisibleJobs
    media: MediaFetcher
    publish: Publish
    folder: Path
    pace: TokenBucket
    """Of each member's joins."""
    frames: Turns = field(default_factory=Turns)
    joins: Turns = field(default_factory=Turns)
    """Apart, as encoding takes minutes of a core: no paid *Continue* waits for it."""
    joining: set[int] = field(default_factory=set)
    """The members whose join waits or runs."""

    async def last_frame(self, guild_id: int, source: Source) -> str:
        """Return a link to the last frame of a checked film. Raises Refused, InputError or a MediaError."""
        require_possible()
        practice = source.job is not None and source.job.practice
        async with _turn(self.frames, guild_id):
            with scratch_files(self.folder, "film-") as folder:
                name = await self._load(source.url, Path(folder), "film", practice=practice)
                try:
                    return await self.publish(guild_id, await film.last_frame(Path(folder), name))
                except CagedError as error:
                    raise InputError(texts.FILM_UNREADABLE) from error

    async def line(self, viewer: Viewer, job: Job) -> list[Job]:
        """Return the shots that lead to this film, oldest first, as far as the viewer may see them."""
        shots = [job]
        while len(shots) < film.SHOTS_MAX and (parent_id := shots[0].parent_id) is not None:
            parent = await self.visible.get(viewer, parent_id)
            if parent is None or not is_film(parent):
                break
            shots.insert(0, parent)
        return shots

    @asynccontextmanager
    async def joined(self, member_id: int, shots: list[Job], *, max_bytes: int) -> AsyncIterator[Path]:
        """Keep the shots as one file of at most `max_bytes` during the block, in a turn of their server's.

        Raises Refused, InputError or a MediaError.
        """
        require_possible()
        if len(shots) < 2:
            raise InputError(texts.ONE_SHOT)
        if member_id in self.joining or self.pace.wait_s(member_id):
            raise Refused(texts.TOO_MANY_FILMS)
        self.joining.add(member_id)
        try:
            async with _turn(self.joins, shots[-1].guild_id):
                with scratch_files(self.folder, "film-") as folder:
                    yield await self._joined(Path(folder), shots, max_bytes)
        finally:
            self.joining.discard(member_id)

    async def _joined(self, folder: Path, shots: list[Job], max_bytes: int) -> Path:
        names = []
        for number, job in enumerate(shots):
            medium = next(each for each in job.media if each.kind is MediaKind.VIDEO)
            source = await self.sources.of_job(job, medium, FILMS, "video")
            names.append(await self._load(source.url, folder, f"shot-{number}", practice=job.practice))
        try:
            return await film.joined(folder, names, max_bytes=max_bytes)
        except CagedError as error:
            raise InputError(texts.NOT_JOINED) from error

    async def _load(self, link: str, folder: Path, stem: str, *, practice: bool) -> str:
        media = self.media.of(practice=practice)
        found = await media.download(link, folder, stem, expect=MediaKind.VIDEO, max_bytes=FILM_MAX_BYTES)
        return found.path.name


@asynccontextmanager
async def _turn(lane: Turns, guild_id: int) -> AsyncIterator[None]:
    """Raise Refused if no turn comes while the answer to the press can still be given."""
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(lane.turn(guild_id, timeout_s=TURN_WAIT_S))
        except TimeoutError:
            raise Refused(texts.TOO_MANY_FILMS) from None
        yield


def require_possible() -> None:
    """Raise Refused if this bot can't open films."""
    if not film.is_possible():
        raise Refused(texts.NO_FILMS_HERE)
