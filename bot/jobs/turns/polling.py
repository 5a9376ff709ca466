"""The turn of a job in `queued` or `processing`: one GET. A poll writes only when the state changed."""

from __future__ import annotations

import random
from dataclasses import KW_ONLY, dataclass, replace
from functools import partial
from typing import Any

import structlog

from bot.account.api_keys import UsableKey
from bot.account.key_health import KeyVerdict
from bot.cannon.budgets import Call
from bot.cannon.client import CannonClient
from bot.cannon.errors import missing_in, relabelled
from bot.cannon.outputs import media_of, text_of
from bot.cannon.retry import poll_again
from bot.cannon.wire import Progress, RemoteStatus
from bot.catalogue import LiveCatalogue, labels_of
from bot.domain.jobs.poll_schedule import (
    FORGOTTEN_S,
    REMEMBERED_S,
    believed_wait_s,
    deadline_s,
    done_between,
    least_wait_s,
    next_poll_s,
    slow_wait_s,
    unhinted_wait_s,
)
from bot.domain.models import Job, JobState
from bot.errors import CannonError, KeyRefused, RateLimited, RequestNotFound
from bot.jobs import texts
from bot.jobs.follow.durations import LearnedDurations
from bot.jobs.follow.lanes import Followed
from bot.jobs.follow.webhook_hints import WebhookTrust, was_hinted
from bot.jobs.turns.key_waits import UNKNOWN_KEY_S, KeyWaits
from bot.jobs.turns.transitions import Transitions, note_error
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.runtime.metrics import Metrics

log = structlog.get_logger(__name__)

DENIED_S, DENIED_SOON = 10.0, 6
"""A new request may not have reached all of the API's machines: interval, growing each time, and number of such polls.
"""
DENIED_LATER_S = 300.0
"""Interval after that."""
DENIED_MAX_S = 3600.0
"""How long the API may deny a request before the job is given up."""
HINT_SHARE = 0.05
"""A webhook is expected within this share of the job's duration after its end, as far as learned."""
STARTED_WRITE_S = 30.0
"""Age from which it is stored by itself that a request is worked on: most end before, and no card says it."""
ACTIVE_WRITE_S = 300.0
"""Active time that a crash may lose: it only delays the deadline."""


@dataclass
class Polling:
    """Polls jobs until Cannon Studio has a result or failed, ever more seldom if that takes unusually long."""

    client: CannonClient
    transitions: Transitions
    key_waits: KeyWaits
    _: KW_ONLY
    catalogue: LiveCatalogue
    learned: LearnedDurations
    trust: WebhookTrust
    clock: Clock
    metrics: Metrics
    rng: random.Random

    async def take_turn(self, followed: Followed, key: UsableKey) -> float | None:
        """Poll the job once; return seconds until its next turn, None to drop it."""
        job = followed.job
        lag_s = self.clock.monotonic() - followed.due
        try:
            progress = await self._get(followed, key)
        except CannonError as error:
            self.metrics.poll(type(error).__name__, lag_s)
            self.metrics.api_error(error)
            note_error(followed, "poll", error)
            return await self._failed(followed, key, error)
        self.metrics.poll(progress.status.value, lag_s)
        last_seen_s = followed.active_s if followed.is_watched else None
        if not await self._note_answer(followed, key) or not await self.transitions.note_cost(followed, progress.cost):
            return None
        if progress.status is RemoteStatus.SUCCEEDED:
            return await self._succeeded(followed, progress, last_seen_s)
        if progress.status is RemoteStatus.FAILED:
            await self.transitions.speak(followed.job)
            await self._end_without_result(followed, progress, self._reason(followed.job, progress))
            return None
        job = followed.job
        if not await self._note_running(followed, progress):
            return None
        if last_seen_s is not None and not job.practice:
            self.learned.note_running(job, since_s=last_seen_s, age_s=followed.active_s)
        return await self._wait(followed)

    async def _get(self, followed: Followed, key: UsableKey) -> Progress:
        try:
            return await self.client.get(key.secret, followed.job.remote_id or "")
        finally:
            followed.polled_at = self.clock.monotonic()

    async def _note_running(self, followed: Followed, progress: Progress) -> bool:
        """Store that it is worked on, and another wait between polls; False if the job was lost."""
        job, changes = followed.job, dict[str, Any]()
        wait_s = believed_wait_s(self.learned.of(job), progress.poll_after_s)
        if wait_s not in {None, job.poll_after_s}:
            changes["poll_after_s"] = wait_s
        if progress.status is not RemoteStatus.PROCESSING or job.state is not JobState.QUEUED:
            return not changes or await self.transitions.change(followed, job.state, **changes)
        started = job.started_at or self._in_its_life(job, progress.started_at)
        cost = job.cost if progress.cost is None else progress.cost
        if not changes and followed.active_s < STARTED_WRITE_S:
            followed.job = replace(job, started_at=started, cost=cost)
            return True
        return await self.transitions.change(followed, JobState.PROCESSING, started_at=started, cost=cost, **changes)

    async def _note_answer(self, followed: Followed, key: UsableKey) -> bool:
        """Count the time since the last answer; False if the job was lost."""
        now, job = self.clock.monotonic(), followed.job
        if followed.answered_at is not None:
            followed.active_s += now - followed.answered_at
        followed.answered_at, followed.answers_to = now, key.slot(job.payer_id)
        followed.failures = followed.denials = 0
        followed.trouble = ""
        followed.denied_at = None
        if not (job.denied_s or job.blocked_s or job.waits_for):
            return True
        is_shown = job.waits_for or job.blocked_s
        if not await self.transitions.change(followed, job.state, denied_s=0.0, blocked_s=0.0):
            return False
        if is_shown:
            await self.transitions.show(job)
        return True

    async def _wait(self, followed: Followed) -> float | None:
        job, jitter = followed.job, self.rng.uniform(-1, 1)
        if job.overdue_at is not None:
            return await self._wait_slowly(followed, jitter)
        durations = self.learned.of(job)
        if followed.active_s > deadline_s(durations):
            return await self._go_slow(followed, jitter)
        if followed.active_s - job.active_s > ACTIVE_WRITE_S and not await self.transitions.change(followed, job.state):
            return None
        waits_for_hint = self.trust.covers(job) and not was_hinted(followed)
        wait_s = unhinted_wait_s if waits_for_hint else next_poll_s
        scheduled_s = wait_s(durations, followed.active_s, poll_after_s=job.poll_after_s, jitter=jitter)
        # Age by the clock, too: what a restart forgot of `active_s` makes no request young.
        return max(scheduled_s, least_wait_s(job.poll_after_s, self._age_s(job)))

    async def _go_slow(self, followed: Followed, jitter: float) -> float | None:
        """Show that the job takes unusually long. It keeps its hold, but frees its place."""
        wait_s = slow_wait_s(0, jitter=jitter)
        if await self.transitions.rest(followed, wait_s, overdue_at=self.clock.wall()) is None:
            return None
        job = followed.job
        log.info("job.overdue", job=job.id, operation=job.operation, active_s=round(followed.active_s))
        await self.transitions.show(job)
        await self.transitions.start_waiting(job.guild_id)
        return wait_s

    async def _wait_slowly(self, followed: Followed, jitter: float) -> float | None:
        job = followed.job
        if self._age_s(job) <= REMEMBERED_S:
            polls = job.slow_polls + 1
            return await self.transitions.rest(followed, slow_wait_s(polls, jitter=jitter), slow_polls=polls)
        await self._expire(followed)
        return None

    async def _expire(self, followed: Followed) -> None:
        job = followed.job
        await self.transitions.end(followed, JobState.EXPIRED, texts.NOT_FINISHED)
        await self.transitions.surface.alert(job.guild_id, partial(texts.NOT_FINISHED_ALERT, job=job.id))

    async def _failed(self, followed: Followed, key: UsableKey, error: CannonError) -> float | None:
        """Poll again later: a failed poll says nothing about the job."""
        if isinstance(error, KeyRefused):
            verdict = await self.key_waits.judge(followed.job, key)
            if verdict is KeyVerdict.REFUSED:
                return await self.key_waits.wait(followed)
            if verdict is KeyVerdict.ALIVE:
                return await self._denied(followed, key)
        if isinstance(error, RequestNotFound):
            return await self._denied(followed, key)
        followed.answered_at = followed.denied_at = None
        followed.is_watched = False
        followed.failures += 1
        wait_s = poll_again(followed.failures, error, random=self.rng.random()) or UNKNOWN_KEY_S
        wait_s = max(wait_s, least_wait_s(followed.job.poll_after_s, followed.active_s))
        if isinstance(error, RateLimited):
            self.key_waits.pause(key, followed.job, wait_s, Call.POLL)
        if self._age_s(followed.job) > FORGOTTEN_S:
            await self._expire(followed)
            return None
        if isinstance(error, RateLimited):
            return await self.key_waits.rest(followed, key, wait_s)
        return wait_s

    async def _denied(self, followed: Followed, key: UsableKey) -> float | None:
        """Handle an unknown request: believed after an hour of nothing else."""
        job, now, slot = followed.job, self.clock.monotonic(), key.slot(followed.job.payer_id)
        if key.id != job.key_id and followed.answers_to != slot:
            return await self.key_waits.wait(followed)  # a key of another account cannot know the request
        denied_s = job.denied_s + (0.0 if followed.denied_at is None else now - followed.denied_at)
        followed.denied_at, followed.answered_at, followed.is_watched = now, None, False
        followed.denials += 1
        if denied_s >= DENIED_MAX_S:
            await self.transitions.end(followed, JobState.FAILED, texts.NOT_KNOWN, recheck=True)
            return None
        wait_s = DENIED_S * followed.denials if followed.denials <= DENIED_SOON else DENIED_LATER_S
        return await self.transitions.rest(followed, wait_s, denied_s=denied_s)

    async def _succeeded(self, followed: Followed, progress: Progress, last_seen_s: float | None) -> float | None:
        job, operation = followed.job, self.catalogue.current.find(followed.job.operation)
        media = media_of(operation, progress.output)
        if not media and text_of(operation, progress.output) is None:
            await self.transitions.speak(job)
            await self._end_without_result(followed, progress, str(texts.FAILED))
            return None
        failpoint("poll.success")
        # With an unknown cost the hold is settled, but no price shown.
        cost = progress.cost if progress.cost is not None else job.cost
        finished = self._in_its_life(job, progress.completed_at)
        made = {"output": progress.output, "media": media, "cost": cost, "finished_at": finished}
        self._learn(followed, progress, last_seen_s)
        if not await self.transitions.change(followed, JobState.READY, **made, next_at=0.0):
            return None
        failpoint("ready.stored")
        self.trust.note_done(followed)
        return 0.0

    def _learn(self, followed: Followed, progress: Progress, last_seen_s: float | None) -> None:
        """Learn the duration, if it was observed well enough or the API's times are plausible."""
        job = followed.job
        if job.practice:
            return
        reported_s, watched_s = None, last_seen_s or 0.0
        if progress.completed_at is not None and progress.created_at is not None:
            reported_s = progress.completed_at - progress.created_at
        seen_done_s = self._age_s(job) if last_seen_s is None else followed.active_s
        if last_seen_s is not None and was_hinted(followed):
            last_seen_s = max(last_seen_s, seen_done_s * (1 - HINT_SHARE))
        done = done_between(reported_s, last_seen_s, seen_done_s)
        if done is None:
            return
        since_s, age_s = done
        if since_s > watched_s:
            self.learned.note_running(job, since_s=watched_s, age_s=since_s)
        self.learned.learn(job, since_s=since_s, age_s=age_s)

    async def _end_without_result(self, followed: Followed, progress: Progress, sentence: str) -> None:
        """End a job without a result; a charge is settled all the same."""
        lacks = missing_in(progress.faults)
        if progress.cost:
            await self.transitions.end_billed(followed, progress.cost, sentence, lacks=lacks)
            return
        await self.transitions.end(followed, JobState.FAILED, sentence, lacks=lacks)

    def _in_its_life(self, job: Job, at: float | None) -> float:
        """Return a time of the API, Unix seconds, clamped to the job's life; now for None."""
        now = self.clock.wall()
        return now if at is None else min(max(at, job.submitted_at or at), now)

    def _age_s(self, job: Job) -> float:
        return self.clock.wall() - (job.submitted_at or job.created_at)

    def _reason(self, job: Job, progress: Progress) -> str:
        if progress.error is None:
            return str(texts.FAILED)
        labels = labels_of(self.catalogue.current.find(job.operation))
        return relabelled(progress.error, progress.error, progress.faults, labels)
