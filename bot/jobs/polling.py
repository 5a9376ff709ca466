"""The turn of a job in `queued` or `processing`: one GET. A poll writes nothing unless the state changed."""

from __future__ import annotations

import random

from bot.cannon.client import CannonClient
from bot.cannon.retry import poll_again
from bot.cannon.wire import Progress, RemoteStatus, media_of, text_of
from bot.catalogue import LiveCatalogue, Operation
from bot.domain.models import Job, JobState
from bot.domain.poll_schedule import deadline_s, next_poll_s
from bot.errors import CannonError, InputError, KeyRefused, RateLimited, RequestNotFound
from bot.guild.api_keys import UsableKey
from bot.jobs.agenda import Followed
from bot.jobs.learned_durations import LearnedDurations
from bot.jobs.transitions import BLOCKED_S, Transitions
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.runtime.metrics import Metrics

NOT_FOUND_AGAIN_S = 10.0
"""A request that the API does not know at first may only not have reached every one of its machines."""
NOT_FOUND_MAX = 6
"""How often in a row the API may not know a request before the job is given up."""


class Polling:
    """Polls jobs until Cannon Studio has a result, has failed, or takes too long."""

    def __init__(
        self,
        client: CannonClient,
        transitions: Transitions,
        *,
        catalogue: LiveCatalogue,
        learned: LearnedDurations,
        clock: Clock,
        metrics: Metrics,
        rng: random.Random,
    ) -> None:
        self._client = client
        self._transitions = transitions
        self._catalogue = catalogue
        self._learned = learned
        self._clock = clock
        self._metrics = metrics
        self._rng = rng

    async def take_turn(self, followed: Followed, key: UsableKey) -> float | None:
        """Poll the job once; return seconds until its next turn, None to let go of it."""
        job = followed.job
        lag_s = self._clock.monotonic() - followed.due
        try:
            progress = await self._client.get(key.secret, job.remote_id or "")
        except CannonError as error:
            self._metrics.poll(type(error).__name__, lag_s)
            self._metrics.api_error(error)
            return await self._failed(followed, key, error)
        self._metrics.poll(progress.status.value, lag_s)
        followed.failures = followed.not_found = 0
        if progress.status is RemoteStatus.SUCCEEDED:
            return await self._succeeded(followed, progress)
        if progress.status is RemoteStatus.FAILED:
            sentence = progress.error or "Cannon Studio could not make this."
            await self._transitions.end(followed, JobState.FAILED, sentence)
            return None
        if progress.status is RemoteStatus.PROCESSING and job.state is JobState.QUEUED:
            started = progress.started_at or self._clock.wall()
            if not await self._transitions.change(
                followed, JobState.PROCESSING, started_at=started, cost=progress.cost
            ):
                return None
            await self._transitions.show(job)
        return await self._wait(followed, progress.poll_after_s)

    async def _wait(self, followed: Followed, poll_after_s: float | None) -> float | None:
        """Return seconds until the next poll; None if the job is past its deadline and was ended."""
        job = followed.job
        durations, age_s = self._learned.of(job.operation, job.model), self._transitions.age_s(job)
        if age_s > deadline_s(durations):
            await self._transitions.end(
                followed,
                JobState.EXPIRED,
                f"Cannon Studio did not finish this within {age_s / 60:.0f} minutes. The credits were given back.",
            )
            return None
        return next_poll_s(durations, age_s, poll_after_s=poll_after_s, jitter=self._rng.uniform(-1, 1))

    async def _failed(self, followed: Followed, key: UsableKey, error: CannonError) -> float | None:
        if isinstance(error, KeyRefused):
            return await self._transitions.refuse_key(followed, key, error)
        if isinstance(error, RequestNotFound):
            return await self._not_found(followed)
        followed.failures += 1
        wait_s = poll_again(followed.failures, error, random=self._rng.random()) or BLOCKED_S
        if isinstance(error, RateLimited):
            self._transitions.pause(key, followed.job, wait_s)
        planned_s = await self._wait(followed, None)
        return None if planned_s is None else max(planned_s, wait_s)

    async def _not_found(self, followed: Followed) -> float | None:
        followed.not_found += 1
        if followed.not_found < NOT_FOUND_MAX:
            return min(NOT_FOUND_AGAIN_S * followed.not_found, 60.0)
        await self._transitions.end(
            followed,
            JobState.FAILED,
            "Cannon Studio does not know this job any more. The credits were given back.",
        )
        return None

    async def _succeeded(self, followed: Followed, progress: Progress) -> float | None:
        job, operation = followed.job, self._operation(followed.job)
        media = media_of(operation, progress.output)
        if not media and text_of(operation, progress.output) is None:
            await self._end_without_result(followed)
            return None
        failpoint("poll.success")
        cost = progress.cost if progress.cost is not None else job.cost if job.cost is not None else job.held
        finished = progress.completed_at or self._clock.wall()
        if not await self._transitions.change(
            followed, JobState.READY, output=progress.output, media=media, cost=cost, finished_at=finished, next_at=0.0
        ):
            return None
        failpoint("ready.stored")
        started = progress.created_at or job.submitted_at
        if started is not None:
            await self._learned.learn(job.operation, job.model, finished - started)
        return 0.0

    async def _end_without_result(self, followed: Followed) -> None:
        job = followed.job
        sentence = "Cannon Studio says this is done, but sent no result."
        await self._transitions.end(followed, JobState.FAILED, sentence)
        await self._transitions.surface.alert(
            job.guild_id, f"Job {job.id} ended at Cannon Studio without a result; it may have been charged there."
        )

    def _operation(self, job: Job) -> Operation | None:
        try:
            return self._catalogue.current.resolve(job.operation)
        except InputError:
            return None
