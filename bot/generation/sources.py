"""An operation's files: an upload, a link, an earlier job's result; checked before any spend."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot.account.api_keys import ApiKeys
from bot.cannon.client import CannonClient
from bot.cannon.outputs import media_of
from bot.catalogue import FieldKind, LiveCatalogue, Operation, ProbeKind
from bot.catalogue.texts import echo
from bot.domain.models import Job, Media, MediaKind, is_id
from bot.domain.practice import has_practice_link
from bot.domain.server.places import Viewer
from bot.domain.texts import MADE_IN_PRACTICE
from bot.errors import (
    BotError,
    InputError,
    MediaError,
    MediaGone,
    MediaUnreachable,
    Refused,
)
from bot.generation import texts
from bot.generation.visible_jobs import VisibleJobs
from bot.media.fetcher import MediaFetcher, SourceFacts
from bot.media.texts import NOT_LOADED, wrong_kind
from bot.runtime.clock import Clock
from bot.runtime.pace import Cap, TokenBucket
from bot.store import Store

FILES_MAX = 10
"""Per request: uploads, links and results of jobs together."""
CHECKS_A_MINUTE, MINUTE_S = 30, 60.0
AT_ONCE_OF_MEMBER, AT_ONCE = 2, 20
CHECKS_TIMEOUT_S = 30.0
"""For all checks of a request, including the wait for a place."""


class LookPace:
    """Limits each member's checks, in memory."""

    def __init__(self, clock: Clock) -> None:
        self._begun = TokenBucket(clock, CHECKS_A_MINUTE, MINUTE_S)
        self._places = Cap(AT_ONCE, AT_ONCE_OF_MEMBER)

    def require_few(self, count: int) -> None:
        """Raise InputError if a request may not have so many files."""
        if count > FILES_MAX:
            raise InputError(texts.TOO_MANY_FILES(most=FILES_MAX, given=count))

    @asynccontextmanager
    async def request(self, member_id: int, count: int = 1) -> AsyncIterator[None]:
        """Bound all checks of a request with `count` files, one after another.

        Raises InputError or Refused before the first of them, MediaUnreachable if they take too long.
        """
        self.require_few(count)
        if wait_s := self._begun.peek_s(member_id, count):
            raise Refused(texts.TOO_MANY_CHECKS(wait=math.ceil(wait_s)))
        for _ in range(count):
            self._begun.note(member_id)
        try:
            async with asyncio.timeout(CHECKS_TIMEOUT_S), self._places.place(member_id):
                yield
        except TimeoutError:
            raise MediaUnreachable(NOT_LOADED) from None


SOURCE_MAX_BYTES = 512 * 1024 * 1024
"""Cannon Studio publishes no limit; larger files are a mistake or an attack."""

Refresh = Callable[[str, Viewer, Collection[MediaKind]], Awaitable[str | None]]
"""Turns a link to Discord (a message, or an expired file link) into a fresh link for a viewer, or None."""
JobRefresh = Callable[[Job, Media], Awaitable[str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRef:
    """How a member gave a file. Exactly one of the three must be set."""

    attachment: tuple[str, str] | None = None
    """Link and name of an upload, or of a message's file."""
    url: str | None = None
    job_id: str | None = None

    @classmethod
    def of_text(cls, typed: str) -> SourceRef:
        """Return the text as an earlier job if it looks like an id, else as a link."""
        return cls(job_id=typed) if is_id(typed.upper()) else cls(url=typed)

    @property
    def count(self) -> int:
        return sum(given is not None for given in (self.attachment, self.url, self.job_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A checked file."""

    url: str
    facts: SourceFacts
    job: Job | None = None
    """The job whose result it is, if ours."""


FILMS = frozenset({MediaKind.VIDEO})
LastFrame = Callable[[int, Source], Awaitable[str]]
"""Returns a link to the last frame of a server's checked film: `bot.generation.again.shots`."""


def require_kept(*jobs: Job, secret: bool = False) -> None:
    """Raise InputError if the contents of all these jobs were erased, or, unless `secret`, if members vote on one."""
    if jobs and all(job.erased_at is not None for job in jobs):
        raise InputError(texts.ERASED)
    if not secret and any(job.is_secret for job in jobs):
        raise InputError(texts.IN_SHOOTOUT)


WithheldOf = Callable[[int, Collection[str]], Awaitable[Collection[str]]]
"""Returns which of a server's jobs a review withholds."""


async def require_shown(withheld_of: WithheldOf, guild_id: int, job_ids: Collection[str]) -> None:
    """Raise InputError if a review withholds the result of one of these jobs."""
    withheld = await withheld_of(guild_id, job_ids) if job_ids else frozenset()
    if withheld:
        raise InputError(texts.NOT_REVIEWED(job=min(withheld)), "job")


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Resolves a member's file to a link that Cannon Studio can fetch. Nothing is spent here."""

    store: Store
    visible: VisibleJobs
    media: MediaFetcher
    client: CannonClient
    keys: ApiKeys
    catalogue: LiveCatalogue
    pace: LookPace
    refresh: Refresh
    refresh_job: JobRefresh

    async def find(self, viewer: Viewer, ref: SourceRef, kinds: frozenset[MediaKind], label: str) -> Source:
        """Check the file of `ref` for the viewer: one of `kinds`. `label` names it in sentences.

        Raises InputError, or a MediaError: unreachable, gone, of another kind, not public, too large.
        """
        if ref.count != 1:
            raise InputError(texts.GIVEN_IN_SEVERAL_WAYS(field=label), label)
        if ref.job_id is not None:
            return await self._from_job(viewer, ref.job_id, kinds, label)
        if ref.attachment is not None:
            return await self._from_upload(*ref.attachment, kinds)
        return await self._from_link(viewer, ref.url or "", kinds, label)

    async def links(self, viewer: Viewer, refs: Sequence[SourceRef], label: str) -> list[str]:
        """Return links to these pictures, checked as by `find`, within one request's pace."""
        async with self.pace.request(viewer.member_id, len(refs)):
            return [(await self.find(viewer, ref, frozenset({MediaKind.IMAGE}), label)).url for ref in refs]

    async def _from_upload(self, link: str, name: str, kinds: frozenset[MediaKind]) -> Source:
        """Return an upload as a source. A file of another kind is recognised by its name: it has no link."""
        return Source(url=link, facts=await self._inspect(link, kinds, _quoted(name)))

    async def _from_link(self, viewer: Viewer, link: str, kinds: frozenset[MediaKind], label: str) -> Source:
        link = link.strip().strip("<>")
        link = await self.refresh(link, viewer, kinds) or link
        practice = await self.store.practice.is_on(viewer.guild_id)
        return Source(url=link, facts=await self._inspect(link, kinds, texts.FILE_FOR(field=label), practice=practice))

    async def _inspect(
        self, link: str, kinds: frozenset[MediaKind], file: str, *, practice: bool = False
    ) -> SourceFacts:
        if not practice and has_practice_link(link):
            raise InputError(MADE_IN_PRACTICE)
        try:
            return await self.media.of(practice=practice).inspect(link, expect=kinds, max_bytes=SOURCE_MAX_BYTES)
        except MediaError as error:
            # The same error, with the file's name: a command may take several.
            raise type(error)(texts.UNUSABLE(file=file, reason=error.sentence)) from error

    async def _from_job(self, viewer: Viewer, job_id: str, kinds: frozenset[MediaKind], label: str) -> Source:
        job = await self.visible.get(viewer, job_id)
        if job is None:
            raise InputError(texts.NO_JOB(job=_quoted(job_id)), "job")
        require_kept(job)
        await require_shown(self.store.reviews.withheld_of, job.guild_id, [job.id])
        medium = next((medium for medium in job.media if medium.kind in kinds), None)
        if medium is None:
            raise InputError(texts.UNUSABLE(file=_quoted(job.id), reason=wrong_kind(kinds)), "job")
        return await self.of_job(job, medium, kinds, label)

    async def of_job(self, job: Job, medium: Media, kinds: frozenset[MediaKind], label: str) -> Source:
        """Return a job's result by Cannon Studio's link as it is, else by a fresh one. Raises a MediaError."""
        practice = job.practice
        if practice and not await self.store.practice.is_on(job.guild_id):
            raise InputError(MADE_IN_PRACTICE, "job")
        try:
            facts = await self._inspect(medium.url, kinds, texts.FILE_FOR(field=label), practice=practice)
            return Source(url=medium.url, facts=facts, job=job)
        except MediaGone:
            fresh = await self.fresh_link(job, medium)
            if fresh is None:
                raise
        return Source(url=fresh, facts=await self._inspect(fresh, kinds, label, practice=practice), job=job)

    async def fresh_link(self, job: Job, medium: Media) -> str | None:
        """Request a link to a job's result from Cannon Studio, which keeps results for 7 days, else from Discord."""
        key = await self.keys.for_job(job)
        if key is not None and job.remote_id is not None:
            try:
                progress = await self.client.get(key.secret, job.remote_id)
            except BotError:
                progress = None
            if progress is not None:
                operation = self.catalogue.current.resolve(job.operation)
                for found in media_of(operation, progress.output):
                    if found.key == medium.key and found.url != medium.url:
                        return found.url
        return await self.refresh_job(job, medium)

    async def complete(self, job: Job) -> dict[str, Any]:
        """Return a linked job's input with what is read from earlier steps' files.

        A file that cannot be fetched now is left to Cannon Studio.
        """
        operation = self.catalogue.current.resolve(job.operation)
        sources = {field.probe.source for field in operation.fields if field.probe is not None}
        found: dict[str, Source] = {}
        for name in sources & job.fill.keys():
            link = job.input.get(name)
            if isinstance(link, str):
                with contextlib.suppress(MediaError):
                    facts = await self.media.of(practice=job.practice).inspect(link)
                    found[name] = Source(url=link, facts=facts)
        return {**probed(operation, job.input, found), **job.input}


def _quoted(typed: str) -> str:
    """Return words as short inline code, in which Discord formats nothing."""
    return f"`{echo(typed).replace('`', '') or '?'}`"


def probed(operation: Operation, values: Mapping[str, Any], sources: Mapping[str, Source]) -> dict[str, Any]:
    """Return fields read from the files, unless the member gave them."""
    found: dict[str, Any] = {}
    for field in operation.fields:
        if field.probe is None or values.get(field.name) is not None:
            continue
        source = sources.get(field.probe.source)
        if source is None:
            continue
        value = _probe(field.probe.kind, source.facts)
        if value is not None:
            found[field.name] = int(value) if field.kind is FieldKind.INTEGER else value
    return found


def _probe(kind: ProbeKind, facts: SourceFacts) -> str | float | None:
    if kind is ProbeKind.DURATION:
        return None if facts.duration_s is None else round(facts.duration_s, 2)
    return facts.content_type if kind is ProbeKind.CONTENT_TYPE else facts.name


def native_video_id(job: Job) -> str | None:
    """Return Sora's `video_…` id of a job's video, None for other jobs.

    The API's samples show such a task id on `sora2.video.*` outputs; that it may be used again is inferred.
    """
    task_id = job.output.get("task_id")
    return task_id if isinstance(task_id, str) and task_id.startswith("video_") else None
