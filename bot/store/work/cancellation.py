"""Ending jobs before they are done."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from bot.domain.models import Job, JobState
from bot.store.engine.repository import Repository
from bot.store.money import ledger
from bot.store.vault.guild_keys import forget_unneeded
from bot.store.work.rows import job_in, jobs_of_card, update_job

CANCELLED_WITH_IT = "The step before this one was cancelled, so this was not started. Nothing was charged for it."
_PENDING = frozenset({JobState.AWAITING_APPROVAL, JobState.WAITING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """What came of cancelling a job. `job` is as it is now."""

    job: Job
    stopped: bool
    """Whether it was stopped before it was sent, and its credits given back."""
    others: int
    """How many jobs that waited for it were given back."""


class Cancellation(Repository):
    """Ending jobs before they are done."""

    async def cancel(
        self, guild_id: int, job_id: str, sentence: str, *, drop_by: int | None = None
    ) -> Cancelled | None:
        """Cancel the guild's job and those that wait for it. None if there is none, or if it has ended.

        What was never sent ends with its credits given back; `sentence` says why. What was sent goes on, and is paid;
        with `drop_by` (who wants it so) its result is not posted, but kept.
        """
        now = self._clock.wall()

        def change(db: sqlite3.Connection) -> Cancelled | None:
            job = job_in(db, guild_id, job_id)
            if job is None or job.state.ended:
                return None
            stopped = job.state in _PENDING or (job.state is JobState.SUBMITTING and job.attempts == 0)
            if stopped:
                job = _give_back(db, job, sentence, now)
            elif drop_by is not None:
                db.execute("UPDATE jobs SET dropped_by = ? WHERE id = ? AND guild_id = ?", (drop_by, job.id, guild_id))
            others = _give_back_waiting(db, job, now)
            _close_approval(db, job)
            forget_unneeded(db, guild_id)
            return Cancelled(job=job, stopped=stopped, others=others)

        return await self._database.write(change)

    async def is_dropped(self, guild_id: int, job_id: str) -> bool:
        """Whether somebody wants the job's result not to be posted."""
        return await self._database.read(
            lambda db: (
                db.execute(
                    "SELECT 1 FROM jobs WHERE id = ? AND guild_id = ? AND dropped_by IS NOT NULL", (job_id, guild_id)
                ).fetchone()
                is not None
            )
        )

    async def undrop(self, guild_id: int, job_id: str) -> None:
        """Take back that the job's result is not to be posted."""
        await self._database.write(
            lambda db: db.execute("UPDATE jobs SET dropped_by = NULL WHERE id = ? AND guild_id = ?", (job_id, guild_id))
        )


def _give_back(db: sqlite3.Connection, job: Job, sentence: str, now: float) -> Job:
    ledger.release(db, job, now)
    ended = replace(job, state=JobState.CANCELLED, lease=None, error=sentence, finished_at=now)
    update_job(db, ended)
    return ended


def _give_back_waiting(db: sqlite3.Connection, job: Job, now: float) -> int:
    """Cancel the jobs of the card that wait for `job`, and those after them; return how many."""
    gone = {job.id}
    for other in jobs_of_card(db, job.guild_id, job.card_id):  # in order: what waits stands behind what it waits for
        if other.state in _PENDING and gone & set(other.after_ids):
            _give_back(db, other, CANCELLED_WITH_IT, now)
            gone.add(other.id)
    return len(gone) - 1


def _close_approval(db: sqlite3.Connection, job: Job) -> None:
    """Let nobody be asked about a card of which nothing waits for an answer any more."""
    jobs = jobs_of_card(db, job.guild_id, job.card_id)
    if all(other.state is not JobState.AWAITING_APPROVAL for other in jobs):
        db.execute("DELETE FROM approvals WHERE guild_id = ? AND card_id = ?", (job.guild_id, job.card_id))
