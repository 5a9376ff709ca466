"""Ending jobs early."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.domain.models import PAID_STATES, PENDING_STATES, Job, JobState
from bot.domain.words.templates import outputs_in, text_output, with_outputs
from bot.store import texts
from bot.store.engine.repository import RecordOf, Repository
from bot.store.jobs.rows import job_in, jobs_of_card, update_job
from bot.store.money import ledger
from bot.store.sql import Connection
from bot.store.vault.secret_box import forget_unneeded_keys

_REVIEWED = """
SELECT jobs.id FROM jobs JOIN questions ON questions.kind = 'review' AND questions.subject = jobs.id
WHERE jobs.card_id = ? AND jobs.state = 'ready'
"""
_CLOSE = "DELETE FROM questions WHERE guild_id = ? AND kind = 'approval' AND subject = ? RETURNING reason"


def follow_up(db: Connection, ended: Job, now: float) -> None:
    """Queue the jobs waiting only for `ended`; without its result, cancel or refuse and release them.

    They are on the same card. A job also awaiting a moderator must not outlive its previous step.
    """
    if ended.state is JobState.REFUSED:
        cancel_dependents(db, ended, str(texts.STEP_LOST), now, to=JobState.REFUSED)
        return
    if ended.state not in PAID_STATES:
        cancel_dependents(db, ended, str(texts.STEP_LOST), now)
        return
    feed(db, ended, now)


def feed(db: Connection, made: Job, now: float) -> None:
    """Queue the card's jobs waiting only for the result of `made`: posted, kept or in review."""
    jobs = {job.id: job for job in jobs_of_card(db, made.guild_id, made.card_id)}
    reviewed = {row[0] for row in db.execute(_REVIEWED, (made.card_id,)).fetchall()}
    for job in jobs.values():
        if made.id not in job.after_ids or job.state is not JobState.WAITING:
            continue
        before = [jobs[each] for each in job.after_ids if each in jobs]
        if any(each.state not in PAID_STATES and each.id not in reviewed for each in before):
            continue  # another step still runs: a failed one would have cancelled this job
        values = filled(job, {each.id: each.output for each in before})
        if values is None:
            end_unsent(db, job, JobState.CANCELLED, str(texts.STEP_LOST), now)
            cancel_dependents(db, job, str(texts.STEP_LOST), now)
        else:
            update_job(db, replace(job, after_done=True, input=values), job)


def cancel_dependents(db: Connection, job: Job, sentence: str, now: float, *, to: JobState = JobState.CANCELLED) -> int:
    """End and release the card's jobs that depend on `job`, transitively, in state `to`; return how many.

    `sentence` is stored with each as the reason. Refused ones cannot be retried.
    """
    pending = [each for each in jobs_of_card(db, job.guild_id, job.card_id) if each.state in PENDING_STATES]
    lost = {job.id}
    while found := [each for each in pending if each.id not in lost and lost.intersection(each.after_ids)]:
        for each in found:
            end_unsent(db, each, to, sentence, now)
            lost.add(each.id)
    return len(lost) - 1


def end_unsent(db: Connection, job: Job, to: JobState, sentence: str, now: float) -> Job:
    """End an unsubmitted job, release its open hold, and return the job. `sentence` is the reason."""
    if not ledger.is_closed(db, job.id):
        ledger.release(db, job, now)
    ended = replace(job, state=to, error=sentence, finished_at=now)
    update_job(db, ended, job)
    return ended


def filled(job: Job, outputs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """Fill the input's templates from `outputs` by job id; None if an output is missing."""
    values = dict(job.input)
    for name, template in job.fill.items():
        found = {ref: text_output(outputs.get(ref.source, {}), ref.key) for ref in outputs_in(template)}
        if not all(text and text.strip() for text in found.values()):
            return None
        values[name] = with_outputs(template, found)
    return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """Outcome of cancelling; `job` is its current version."""

    job: Job
    stopped: bool
    """Whether it was stopped before its submission, and its credits released."""
    others: int
    """The number of dependents cancelled."""


class Cancellation(Repository):
    """Ends jobs early."""

    async def cancel(
        self,
        guild_id: int,
        job_id: str,
        sentence: str,
        *,
        drop_by: int | None = None,
        record: RecordOf[Cancelled] | None = None,
    ) -> Cancelled | None:
        """Cancel the guild's job and its dependents. None if there is none, or if it has ended.

        Unsubmitted ones end with their credits released; `sentence` is the reason. Submitted ones continue and
        are charged; with `drop_by` (the member who requested it) the result is kept, but not posted.
        """
        now = self._clock.wall()

        def change(db: Connection) -> Cancelled | None:
            job = job_in(db, guild_id, job_id)
            if job is None or job.state.ended:
                return None
            return cancel_in(db, job, sentence, now, drop_by=drop_by)

        return await self._recorded(guild_id, change, record)

    async def cancel_card(
        self, guild_id: int, card_id: str, sentence: str, *, record: RecordOf[tuple[Job, ...]] | None = None
    ) -> tuple[Job, ...] | None:
        """Cancel the card's unsubmitted jobs; return them, None if every job had ended.

        Their credits are released; `sentence` is the reason, except for dependents of cancelled steps.
        """
        now = self._clock.wall()

        def change(db: Connection) -> tuple[Job, ...] | None:
            open_before = [job.id for job in jobs_of_card(db, guild_id, card_id) if not job.state.ended]
            for job_id in open_before:
                job = job_in(db, guild_id, job_id)
                if job is not None and not job.state.ended:  # perhaps cancelled with its previous step
                    cancel_in(db, job, sentence, now)
            after = jobs_of_card(db, guild_id, card_id)
            stopped = tuple(job for job in after if job.id in open_before and job.state is JobState.CANCELLED)
            return stopped if open_before else None

        return await self._recorded(guild_id, change, record)

    async def keep(
        self, guild_id: int, job_ids: Sequence[str], *, record: RecordOf[tuple[Job, ...]] | None = None
    ) -> tuple[Job, ...]:
        """Have the results of these open jobs posted after all; return those that were dropped."""

        def change(db: Connection) -> tuple[Job, ...]:
            found = [job_in(db, guild_id, job_id) for job_id in job_ids]
            dropped = [job for job in found if job is not None and not job.state.ended and job.dropped_by is not None]
            for job in dropped:
                db.execute("UPDATE jobs SET dropped_by = NULL WHERE id = ? AND guild_id = ?", (job.id, guild_id))
            return tuple(replace(job, dropped_by=None) for job in dropped)

        return await self._recorded(guild_id, change, record)


def cancel_in(
    db: Connection, job: Job, sentence: str, now: float, *, drop_by: int | None = None, steps: str = ""
) -> Cancelled:
    """Cancel an open job and its dependents; `steps` is the dependents' reason, if not the usual one."""
    stopped = job.is_unsent
    if stopped:
        job = end_unsent(db, job, JobState.CANCELLED, sentence, now)
    elif drop_by is not None:
        # Due at once, also after a restart: a result under review may rest for an hour.
        db.execute(
            "UPDATE jobs SET dropped_by = ?, next_at = CASE state WHEN 'ready' THEN 0 ELSE next_at END"
            " WHERE id = ? AND guild_id = ?",
            (drop_by, job.id, job.guild_id),
        )
        job = replace(job, dropped_by=drop_by)
    others = cancel_dependents(db, job, steps or str(texts.STEP_LOST), now)
    if all(other.state is not JobState.AWAITING_APPROVAL for other in jobs_of_card(db, job.guild_id, job.card_id)):
        close_approval(db, job.guild_id, job.card_id)
    forget_unneeded_keys(db, [job.payer_id])
    return Cancelled(job=job, stopped=stopped, others=others)


def close_approval(db: Connection, guild_id: int, card_id: str) -> str | None:
    """End the wait for a card's approval; return the bound that it exceeds, or '', None if it does not wait."""
    row = db.execute(_CLOSE, (guild_id, card_id)).fetchone()
    return None if row is None else str(row[0])
