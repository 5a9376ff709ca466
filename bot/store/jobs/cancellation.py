"""Ending jobs before they are done."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.domain.models import PENDING_STATES, Job, JobState
from bot.store import texts
from bot.store.engine.record import RecordOf
from bot.store.engine.repository import Repository
from bot.store.jobs.dependents import cancel_dependents, end_unsent
from bot.store.jobs.rows import job_in, jobs_of_card
from bot.store.sql import Connection
from bot.store.vault.sealed_columns import forget_unneeded_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """The outcome of cancelling a job. `job` is as it is now."""

    job: Job
    stopped: bool
    """Whether it was stopped before it was submitted, and its credits released."""
    others: int
    """How many jobs that waited for it were cancelled too."""


class Cancellation(Repository):
    """Ending jobs before they are done."""

    async def cancel(
        self,
        guild_id: int,
        job_id: str,
        sentence: str,
        *,
        drop_by: int | None = None,
        record: RecordOf[Cancelled | None] | None = None,
    ) -> Cancelled | None:
        """Cancel the guild's job and those that wait for it. None if there is none, or if it has ended.

        What was never submitted ends with its credits released; `sentence` says why. What was submitted continues and
        is charged; with `drop_by` (the member who requested it) its result is kept, but not posted.
        """
        now = self._clock.wall()

        def change(db: Connection) -> Cancelled | None:
            job = job_in(db, guild_id, job_id)
            if job is None or job.state.ended:
                return None
            return cancel_in(db, job, sentence, now, drop_by=drop_by)

        return await self._recorded(guild_id, change, record)

    async def cancel_card(
        self,
        guild_id: int,
        card_id: str,
        sentence: str,
        *,
        record: RecordOf[tuple[Job, ...] | None] | None = None,
    ) -> tuple[Job, ...] | None:
        """Cancel all jobs of the guild's card that were not submitted yet; return them, None if every job had ended.

        Their credits are released; `sentence` says why, except for those whose previous step is cancelled with them.
        """
        now = self._clock.wall()

        def change(db: Connection) -> tuple[Job, ...] | None:
            open_before = [job.id for job in jobs_of_card(db, guild_id, card_id) if not job.state.ended]
            for job_id in open_before:
                job = job_in(db, guild_id, job_id)
                if job is not None and not job.state.ended:  # it may have been cancelled with its previous step
                    cancel_in(db, job, sentence, now)
            after = jobs_of_card(db, guild_id, card_id)
            stopped = tuple(job for job in after if job.id in open_before and job.state is JobState.CANCELLED)
            return stopped if open_before else None

        return await self._recorded(guild_id, change, record)


def cancel_in(
    db: Connection, job: Job, sentence: str, now: float, *, drop_by: int | None = None, steps: str = ""
) -> Cancelled:
    """Cancel an open job and those that wait for it; `steps` says why those were, where the usual is not the reason."""
    stopped = job.state in PENDING_STATES or (job.state is JobState.SUBMITTING and job.attempts == 0)
    if stopped:
        job = end_unsent(db, job, JobState.CANCELLED, sentence, now)
    elif drop_by is not None:
        db.execute("UPDATE jobs SET dropped_by = ? WHERE id = ? AND guild_id = ?", (drop_by, job.id, job.guild_id))
        job = replace(job, dropped_by=drop_by)
    others = cancel_dependents(db, job, steps or str(texts.STEP_CANCELLED), now)
    _close_approval(db, job)
    forget_unneeded_keys(db, job.guild_id)
    return Cancelled(job=job, stopped=stopped, others=others)


def _close_approval(db: Connection, job: Job) -> None:
    """Delete the approval of a card of which no job awaits it any more."""
    jobs = jobs_of_card(db, job.guild_id, job.card_id)
    if all(other.state is not JobState.AWAITING_APPROVAL for other in jobs):
        db.execute("DELETE FROM approvals WHERE guild_id = ? AND card_id = ?", (job.guild_id, job.card_id))
