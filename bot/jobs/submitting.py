"""The turn of a job in `submitting`: one POST, with the key that keeps it from being paid twice."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from bot.cannon.client import CannonClient
from bot.cannon.retry import SAFE_WINDOW_S, submit_again
from bot.cannon.wire import CreatedRequest, RemoteStatus
from bot.catalogue import LiveCatalogue
from bot.domain.models import Job, JobState
from bot.domain.poll_schedule import first_poll_s
from bot.errors import (
    CannonError,
    CannonUnavailable,
    IdempotencyClash,
    InputError,
    KeyRefused,
    RateLimited,
    UnreadableAnswer,
)
from bot.guild.api_keys import UsableKey
from bot.jobs.agenda import Followed
from bot.jobs.learned_durations import LearnedDurations
from bot.jobs.transitions import Transitions
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.runtime.metrics import Metrics

log = structlog.get_logger(__name__)


class Submitting:
    """Submits jobs. `complete` returns a linked job's input with what is known of its files only now."""

    def __init__(
        self,
        client: CannonClient,
        transitions: Transitions,
        *,
        catalogue: LiveCatalogue,
        complete: Callable[[Job], Awaitable[Mapping[str, Any]]],
        webhook_url: Callable[[Job], str | None],
        learned: LearnedDurations,
        clock: Clock,
        metrics: Metrics,
        rng: random.Random,
    ) -> None:
        self._client = client
        self._transitions = transitions
        self._catalogue = catalogue
        self._complete = complete
        self._webhook_url = webhook_url
        self._learned = learned
        self._clock = clock
        self._metrics = metrics
        self._rng = rng

    async def take_turn(self, followed: Followed, key: UsableKey) -> float | None:
        """Submit the job, if that cannot pay twice; return seconds until its next turn, None to let go of it."""
        job, now = followed.job, self._clock.wall()
        first = job.first_attempt_at if job.first_attempt_at is not None else now
        # One of the attempts may have arrived, and another key's idempotency does not know of it.
        another_key = job.attempts > 1 and key.id != job.key_id
        if another_key or now - first > SAFE_WINDOW_S:
            await self._transitions.end_unconfirmed(followed)
            return None
        values = await self._complete(job) if job.attempts == 0 and job.after_ids else job.input
        if not await self._transitions.change(
            followed,
            JobState.SUBMITTING,
            attempts=job.attempts + 1,
            first_attempt_at=first,
            key_id=key.id,
            input=values,
        ):
            return None
        failpoint("submit.before")
        try:
            accepted = await self._client.submit(
                key.secret,
                self._wire_id(job),
                values,
                idempotency_key=job.idempotency_key,
                webhook_url=self._webhook_url(job),
            )
        except CannonError as error:
            return await self._refused(followed, key, error, now - first)
        return await self._accepted(followed, accepted)

    async def _accepted(self, followed: Followed, accepted: CreatedRequest) -> float | None:
        job = followed.job
        failpoint("submit.sent")
        self._metrics.submit(job.operation, "accepted")
        state = JobState.PROCESSING if accepted.status is RemoteStatus.PROCESSING else JobState.QUEUED
        if not await self._transitions.change(
            followed, state, remote_id=accepted.remote_id, submitted_at=self._clock.wall(), next_at=0.0
        ):
            return None
        failpoint("submit.stored")
        followed.failures = 0
        await self._transitions.show(job)
        durations = self._learned.of(job.operation, job.model)
        return first_poll_s(durations, poll_after_s=accepted.poll_after_s, jitter=self._rng.uniform(-1, 1))

    async def _refused(self, followed: Followed, key: UsableKey, error: CannonError, age_s: float) -> float | None:
        job = followed.job
        self._metrics.submit(job.operation, type(error).__name__)
        self._metrics.api_error(error)
        if isinstance(error, KeyRefused):
            return await self._transitions.refuse_key(followed, key, error)
        wait_s = submit_again(job.attempts, error, first_attempt_age_s=age_s, random=self._rng.random())
        if wait_s is None:
            await self._give_up(followed, error)
            return None
        if isinstance(error, RateLimited):
            self._transitions.pause(key, job, wait_s)
        # A long wait is a column, not a sleeping coroutine: it survives a restart.
        if not await self._transitions.change(followed, JobState.SUBMITTING, next_at=self._clock.wall() + wait_s):
            return None
        return wait_s

    async def _give_up(self, followed: Followed, error: CannonError) -> None:
        job = followed.job
        # A clash at a second attempt says that the first one arrived after all, with another webhook address, say.
        clashed = isinstance(error, IdempotencyClash) and job.attempts > 1
        if clashed or isinstance(error, CannonUnavailable | RateLimited | UnreadableAnswer):
            await self._transitions.end_unconfirmed(followed)
            return
        log.warning("job.refused_by_api", job=job.id, status=error.status, error=type(error).__name__)
        await self._transitions.end(followed, JobState.FAILED, error.sentence)

    def _wire_id(self, job: Job) -> str:
        """Return the id the API takes: the live document may have replaced a deduced one since the job was accepted."""
        try:
            return self._catalogue.current.resolve(job.operation).id
        except InputError:
            return job.operation
