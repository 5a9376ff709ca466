"""Turns that end by an error of the bot's own: counted in the job's row, and at the tenth in a row the job ends."""

from __future__ import annotations

from functools import partial

import structlog

from bot.domain.models import JobState, WaitsFor
from bot.errors import DatabaseFailing
from bot.jobs import texts
from bot.jobs.followed import Followed
from bot.jobs.transitions import Transitions
from bot.runtime.clock import Clock
from bot.runtime.quiet_errors import QuietErrors
from bot.store import JobAttempt

log = structlog.get_logger(__name__)

FAULTS_MAX = 10
FAULT_S = 30.0
"""How much longer a job rests after each error in a row: with ten of them, all is over within half an hour."""
UNNOTED_MAX_S = 600.0
"""How long it rests at most while the database takes no note of it."""


class OwnErrors:
    """Decides what becomes of a job whose turn has failed by a bug. No job fails for ever, and none fills the log."""

    def __init__(self, transitions: Transitions, clock: Clock) -> None:
        self._quiet = QuietErrors(clock)
        self._transitions = transitions

    async def forget(self, followed: Followed, wait_s: float | None) -> float | None:
        """Forget the errors of a job whose turn went well; return `wait_s`, its wait, or None to let go of it."""
        job = followed.job
        if wait_s is None or job.state.ended or not job.faults:
            return wait_s
        waits_for = None if job.waits_for is WaitsFor.ERROR else job.waits_for
        is_noted = await self._transitions.change(followed, job.state, faults=0, waits_for=waits_for)
        return wait_s if is_noted else None

    async def note(self, followed: Followed, error: Exception) -> float | None:
        """Count an error that ended a turn; return seconds until the next turn, None to let go of the job."""
        if followed.row is None:
            self._quiet.note(log, "worker.job_not_read", followed.id, error, job=followed.id, state=followed.state)
            return _unnoted_s(followed)
        job, faults = followed.job, followed.job.faults + 1
        if isinstance(error, DatabaseFailing):
            self._quiet.note(log, "worker.database_failing", job.id, error, job=job.id, state=job.state)
            return _unnoted_s(followed)
        if max(faults, followed.failures) < FAULTS_MAX:
            self._quiet.note(log, "worker.turn_failed", job.id, error, job=job.id, state=job.state)
        attempt = JobAttempt(call="turn", outcome=type(error).__name__)
        try:
            if faults >= FAULTS_MAX:
                await self._give_up(followed)
                return None
            wait_s = await self._transitions.rest(
                followed, FAULT_S * faults, faults=faults, waits_for=WaitsFor.ERROR, attempt=attempt
            )
        except Exception as again:  # noqa: BLE001 - the loop must go on, whatever fails
            self._quiet.note(log, "worker.fault_not_noted", job.id, again, job=job.id)
            return _unnoted_s(followed)
        await self._transitions.show(followed.job)
        return wait_s

    async def _give_up(self, followed: Followed) -> None:
        """End the job: what was made is kept, what was never sent is refunded, what may still come is polled on."""
        job = followed.job
        log.error("job.given_up", job=job.id, operation=job.operation, state=job.state)
        if job.state is JobState.READY:
            await self._transitions.hold(followed, texts.GIVEN_UP_MADE)
        elif job.in_doubt:
            await self._transitions.end_unconfirmed(followed)  # alerts by itself
            return
        else:
            await self._transitions.end(followed, JobState.FAILED, texts.GIVEN_UP, recheck=job.remote_id is not None)
        if followed.job.state.ended:
            await self._transitions.surface.alert(job.guild_id, partial(texts.given_up_alert, job.id))


def _unnoted_s(followed: Followed) -> float:
    followed.failures += 1
    return min(FAULT_S * followed.failures, UNNOTED_MAX_S)
