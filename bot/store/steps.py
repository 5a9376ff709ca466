"""Jobs that wait for another's result: started, or given back, in the transaction that ends the one before."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from bot.models import PAID_STATES, Job, JobState
from bot.store import ledger
from bot.store.cards import update_job
from bot.store.rows import job_of

STEP_LOST = "The step before this one gave no result, so this was not started. Nothing was charged for it."

_WAITING = "SELECT * FROM jobs WHERE after_id = ? AND after_id IS NOT NULL AND state = 'waiting' AND guild_id = ?"


def follow_up(db: sqlite3.Connection, ended: Job, now: float) -> None:
    """Start the jobs that wait for `ended`, with its outputs filled in; or cancel and release them, and theirs."""
    for job in [job_of(row) for row in db.execute(_WAITING, (ended.id, ended.guild_id)).fetchall()]:
        filled = _filled(job, ended)
        if filled is not None:
            update_job(db, filled)
            continue
        ledger.release(db, job, now)
        cancelled = replace(job, state=JobState.CANCELLED, error=STEP_LOST, finished_at=now)
        update_job(db, cancelled)
        follow_up(db, cancelled, now)


def _filled(job: Job, before: Job) -> Job | None:
    """Return the job ready to be sent, None if what it waits for did not come."""
    if before.state not in PAID_STATES:
        return None
    values = dict(job.input)
    for name, key in job.fill.items():
        value = before.output.get(key)
        if isinstance(value, list) and value:
            value = value[0]
        if not isinstance(value, str) or not value.strip():
            return None
        values[name] = value
    return replace(job, state=JobState.SUBMITTING, input=values)
