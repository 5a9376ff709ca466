"""Jobs that wait for others' results: started, or given back, in the transaction that ends the last one before them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.domain.models import PAID_STATES, Job, JobState
from bot.store.money import ledger
from bot.store.work.cards import jobs_of_card, update_job

STEP_LOST = "The step before this one gave no result, so this was not started. Nothing was charged for it."

_PLACE = re.compile(r"\{([0-9A-Z]{1,25})\.([A-Za-z0-9_]{1,64})\}")
"""What stands for an output in a template: `{7AB2CD3EF4.image_url}`."""
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
        is_list = isinstance(template, list | tuple)
        texts = [_fill(str(each), outputs) for each in (template if is_list else [template])]
        if any(text is None for text in texts):
            return None
        values[name] = texts if is_list else texts[0]
    return values


def _fill(template: str, outputs: Mapping[str, Mapping[str, Any]]) -> str | None:
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        found = outputs.get(match[1], {}).get(match[2])
        if isinstance(found, list) and found:
            found = found[0]
        if not isinstance(found, str) or not found.strip():
            missing = True
            return ""
        return found

    text = _PLACE.sub(value, template)
    return None if missing else text
