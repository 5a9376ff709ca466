"""Jobs that wait for others' results: started, or given back, in the transaction that ends the last one before them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.domain.models import PAID_STATES, Job, JobState
from bot.domain.templates import outputs_in, text_output, with_outputs
from bot.store.money import ledger
from bot.store.work.rows import jobs_of_card, update_job

STEP_LOST = "The step before this one gave no result, so this was not started. Nothing was charged for it."

_PENDING = frozenset({JobState.AWAITING_APPROVAL, JobState.WAITING})


def follow_up(db: sqlite3.Connection, ended: Job, now: float) -> None:
    """Start the jobs for which `ended` was the last to wait for; or cancel and release them, and those after them.

    They are on the same card. One that waits for a moderator too must not outlive a step before it.
    """
    just_ended = [ended]
    while just_ended:
        just_ended += _follow_up_one(db, just_ended.pop(0), now)


def _follow_up_one(db: sqlite3.Connection, ended: Job, now: float) -> list[Job]:
    """Do so for the jobs that wait for `ended` itself; return those that were cancelled."""
    # Read anew each time: a job that waits for two steps may have been cancelled for the other one.
    jobs = {job.id: job for job in jobs_of_card(db, ended.guild_id, ended.card_id)}
    lost = []
    for job in jobs.values():
        if ended.id not in job.after_ids or job.state not in _PENDING:
            continue
        before = [jobs[each] for each in job.after_ids if each in jobs]
        if all(each.state in PAID_STATES for each in before) and job.state is JobState.WAITING:
            values = filled(job, {each.id: each.output for each in before})
            if values is not None:
                update_job(db, replace(job, state=JobState.SUBMITTING, input=values))
                continue
        elif not any(each.state.ended and each.state not in PAID_STATES for each in before):
            continue  # another step is still being made
        ledger.release(db, job, now)
        cancelled = replace(job, state=JobState.CANCELLED, error=STEP_LOST, finished_at=now)
        update_job(db, cancelled)
        lost.append(cancelled)
    return lost


def filled(job: Job, outputs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the job's input with its templates filled in from `outputs` by job id; None if an output is missing."""
    values = dict(job.input)
    for name, template in job.fill.items():
        found = {ref: text_output(outputs.get(ref.source, {}), ref.key) for ref in outputs_in(template)}
        if not all(text and text.strip() for text in found.values()):
            return None
        values[name] = with_outputs(template, found)
    return values
