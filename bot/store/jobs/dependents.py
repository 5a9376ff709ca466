"""Jobs that wait for others' results: queued, or cancelled, in the transaction that ends the last one before them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.domain.models import PAID_STATES, PENDING_STATES, Job, JobState
from bot.domain.templates import outputs_in, text_output, with_outputs
from bot.store import texts
from bot.store.jobs.rows import jobs_of_card, update_job
from bot.store.money import ledger
from bot.store.sql import Connection

_REVIEWED = """
SELECT jobs.id FROM jobs JOIN reviews ON reviews.job_id = jobs.id WHERE jobs.card_id = ? AND jobs.state = 'ready'
"""


def follow_up(db: Connection, ended: Job, now: float) -> None:
    """Queue the jobs that were waiting only for `ended`; without its result, cancel or refuse and release them.

    They are on the same card. One that also waits for a moderator must not outlive a step before it.
    """
    if ended.state is JobState.REFUSED:
        cancel_dependents(db, ended, str(texts.STEP_NOT_SENT), now, to=JobState.REFUSED)
        return
    if ended.state not in PAID_STATES:
        cancel_dependents(db, ended, str(texts.STEP_LOST), now)
        return
    feed(db, ended, now)


def feed(db: Connection, made: Job, now: float) -> None:
    """Queue the jobs of the card that were waiting only for the result of `made`: posted or kept, or in review."""
    jobs = {job.id: job for job in jobs_of_card(db, made.guild_id, made.card_id)}
    reviewed = {row[0] for row in db.execute(_REVIEWED, (made.card_id,)).fetchall()}
    for job in jobs.values():
        if made.id not in job.after_ids or job.state is not JobState.WAITING:
            continue
        before = [jobs[each] for each in job.after_ids if each in jobs]
        if any(each.state not in PAID_STATES and each.id not in reviewed for each in before):
            continue  # another step is still running: a failed one would have cancelled this job
        values = filled(job, {each.id: each.output for each in before})
        if values is None:
            end_unsent(db, job, JobState.CANCELLED, str(texts.STEP_LOST), now)
            cancel_dependents(db, job, str(texts.STEP_LOST), now)
        else:
            update_job(db, replace(job, after_done=True, input=values), job)


def cancel_dependents(db: Connection, job: Job, sentence: str, now: float, *, to: JobState = JobState.CANCELLED) -> int:
    """End and release the jobs of the card that wait for `job`, and those after them, in `to`; return how many.

    `sentence` is stored with each: it says why. What is refused cannot be tried again.
    """
    pending = [each for each in jobs_of_card(db, job.guild_id, job.card_id) if each.state in PENDING_STATES]
    lost = {job.id}
    while found := [each for each in pending if each.id not in lost and lost.intersection(each.after_ids)]:
        for each in found:
            end_unsent(db, each, to, sentence, now)
            lost.add(each.id)
    return len(lost) - 1


def end_unsent(db: Connection, job: Job, to: JobState, sentence: str, now: float) -> Job:
    """End a job that was never submitted, release its hold if that is open, and return the job. `sentence` says why."""
    if not ledger.is_closed(db, job.id):
        ledger.release(db, job, now)
    ended = replace(job, state=to, lease=None, error=sentence, finished_at=now)
    update_job(db, ended, job)
    return ended


def filled(job: Job, outputs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the job's input with its templates filled in from `outputs` by job id; None if an output is missing."""
    values = dict(job.input)
    for name, template in job.fill.items():
        found = {ref: text_output(outputs.get(ref.source, {}), ref.key) for ref in outputs_in(template)}
        if not all(text and text.strip() for text in found.values()):
            return None
        values[name] = with_outputs(template, found)
    return values
