"""Polls, seldom, jobs that ended without a result but may still succeed at Cannon Studio.

An ended job is never reopened. A late result moves it to `held`, with its cost booked in the same transaction; from
there it is posted like any held result.
"""

from __future__ import annotations

import asyncio
from dataclasses import KW_ONLY, dataclass, field
from decimal import Decimal
from enum import Enum, auto

import structlog
from structlog.contextvars import bind_contextvars

from bot.account.api_keys import ApiKeys
from bot.cannon.client import CannonClient
from bot.cannon.outputs import media_of, text_of
from bot.cannon.wire import Progress, RemoteStatus
from bot.catalogue import LiveCatalogue
from bot.domain.jobs.poll_schedule import FORGOTTEN_S, recheck_at
from bot.domain.models import PAID_STATES, Job, JobState, credits_words
from bot.errors import CannonError, DatabaseFailing, KeyRefused, RequestNotFound
from bot.jobs import texts
from bot.jobs.surface import Surface
from bot.language import speaking
from bot.runtime.clock import Clock
from bot.server.settings import Languages
from bot.store import Store

log = structlog.get_logger(__name__)

LIMIT = 50
"""Jobs polled per round."""
AT_ONCE = 4
POLL_TIMEOUT_S = 20.0
NO_ANSWER_S = 3600.0
"""Interval after an inconclusive poll."""
STILL_MADE_S = 60.0
"""Interval after a member learned that it is still being made."""


class Found(Enum):
    """Result of polling an ended job."""

    RESULT = auto()
    """There is a result, kept or posted already."""
    STILL_MADE = auto()
    NOTHING = auto()
    """Cannon Studio failed, or does not know the request: nothing more can be charged."""
    UNKNOWN = auto()
    """Cannon Studio did not answer."""


@dataclass(frozen=True)
class Reconciler:
    """Polls ended jobs, free of charge, until their result is found or impossible."""

    store: Store
    _: KW_ONLY
    client: CannonClient
    keys: ApiKeys
    catalogue: LiveCatalogue
    surface: Surface
    languages: Languages
    clock: Clock
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE), init=False)

    async def run_once(self) -> None:
        """Poll the ended jobs that are due."""
        due = await self.store.rechecks.due(self.clock.wall(), limit=LIMIT)
        await asyncio.gather(*map(self._look_and_log, due))

    async def _look_and_log(self, job: Job) -> None:
        bind_contextvars(job=job.id, guild=job.guild_id, card=job.card_id)  # each is a task
        try:
            async with self._slots:
                await self.look(job)
        except DatabaseFailing as error:
            log.info("recheck.later", job=job.id, error=error)
        except Exception:
            log.exception("recheck.failed", job=job.id)  # the others are polled anyway
            await self._postpone(job, Found.STILL_MADE)

    async def look(self, job: Job) -> Found:
        """Poll an ended job now; a result is booked, and posted if possible."""
        if job.recheck_at is None or job.remote_id is None:
            return Found.NOTHING
        if job.state in PAID_STATES:
            return await self._post(job)
        progress = await self._poll(job, job.remote_id)
        if isinstance(progress, Found):
            return await self._postpone(job, progress)
        if progress.status is RemoteStatus.SUCCEEDED:
            return await self._keep(job, progress)
        if progress.status is RemoteStatus.FAILED:
            await self._book(job, progress)
            return Found.NOTHING
        return await self._postpone(job, Found.STILL_MADE)

    async def _poll(self, job: Job, remote_id: str) -> Progress | Found:
        key = await self.keys.for_job(job)
        if key is None:
            return Found.UNKNOWN
        try:
            async with asyncio.timeout(POLL_TIMEOUT_S):
                return await self.client.get(key.secret, remote_id)
        except (KeyRefused, RequestNotFound):
            # A key of another account cannot know the request.
            return Found.NOTHING if key.id == job.key_id else Found.UNKNOWN
        except (CannonError, TimeoutError):
            return Found.UNKNOWN

    async def look_for_member(self, job: Job) -> Found:
        """Poll an ended job for a member; if it is still being made, it is polled again soon."""
        found = await self.look(job)
        if found is Found.STILL_MADE:
            await self.store.rechecks.postpone(job, self.clock.wall() + STILL_MADE_S, counts=False)
        return found

    async def _postpone(self, job: Job, found: Found) -> Found:
        now = self.clock.wall()
        if found is not Found.UNKNOWN:
            at = recheck_at(now, job.submitted_at, job.rechecks + 1)
        else:
            at = now + NO_ANSWER_S if now - (job.submitted_at or now) < FORGOTTEN_S else None
        await self.store.rechecks.postpone(job, at, counts=found is not Found.UNKNOWN)
        return found

    async def _keep(self, job: Job, progress: Progress) -> Found:
        operation = self.catalogue.current.find(job.operation)
        media = media_of(operation, progress.output)
        if not media and text_of(operation, progress.output) is None:
            await self._book(job, progress)
            return Found.NOTHING
        with speaking(await self.languages.of_card(job.guild_id, job.card_id)):
            kept = await self.store.rechecks.found(
                job,
                output=progress.output,
                media=media,
                cost=progress.cost,
                sentence=str(texts.CAME_LATE),
            )
        if kept is not None:
            log.info("recheck.found", job=job.id, operation=job.operation)
            await self._post(kept)
        return Found.RESULT

    async def _post(self, job: Job) -> Found:
        """Post a late result once; if that is impossible, it stays held for its author."""
        if job.state is JobState.HELD:
            await self.surface.post_late(job)
        await self.store.rechecks.postpone(job, None, counts=False)
        return Found.RESULT

    async def _book(self, job: Job, progress: Progress) -> None:
        cost = progress.cost or Decimal(0)
        booked = await self.store.rechecks.billed(job, cost)
        if booked is not None and cost:
            await self.surface.show(job.guild_id, job.card_id)
            if job.own:
                return  # its author alone pays
            await self.surface.alert(job.guild_id, lambda: texts.BILLED_ALERT(job=job.id, amount=credits_words(cost)))
