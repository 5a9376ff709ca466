"""What hosts read of jobs in the terminal. English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.app.host.texts import age, count, in_columns, moment
from bot.domain.models import END_STATES

ENDED = frozenset(state.value for state in END_STATES)
PENDING = (
    "This job was not started: it waits for a moderator, for a free place, or for another job. It starts by itself;"
    " `jobs release --end` refunds it instead."
)
CHANGED_MEANWHILE = "The job has just changed. Check it again with `cannon-bot jobs show`."
WOULD_BE_KEPT = "its result was made and is paid, so it is kept; its author posts it with Post it in /jobs"
WOULD_BE_POLLED = "its credits are refunded; the bot still polls Cannon Studio, and posts a late result"
WOULD_BE_REFUNDED = "its credits are refunded"


def marked_uncertain(open_jobs: int) -> str:
    return (
        f"{count(open_jobs, 'job')} had not ended. Those that may have been submitted since the backup are not paid"
        " twice: they continue under the same idempotency key, or are refunded if that is too old."
    )


NO_JOB = "There is no job {job_id}.".format


def followed(process: str) -> str:
    return f"{process or 'A running bot'} follows this job. Stop it, run this again, and start it."


DUE_NOW = ("Job {job_id} is due now: a running bot takes it up within 15 seconds, else the next start does.").format
RECHECK_NOW = (
    "The result of job {job_id} is polled now: by a running bot within 15 seconds, or by the next start."
).format


def cannot_retry(state: str, *, has_request: bool) -> str:
    if state == "held":
        return "The result of this job was made and is kept. Its author or a moderator posts it: Post it in /jobs."
    if state in {"failed", "expired"} and not has_request:
        return "Cannon Studio never took this job, and it was refunded. Its author can press Try again on its card."
    if state in {"failed", "expired"}:
        return "Nothing more can come of this job: its request is too old, its cost is booked, or it was erased."
    return f"This job has ended ({state}). There is nothing to retry."


HAS_ENDED = "This job has ended ({state}): nothing follows it, and it has no hold.".format
FREE_NOW = (
    "No process has job {job_id} now. A running bot takes it up within 15 seconds, else the next start does."
).format
WOULD_END = "This would end job {job_id}: {outcome}. Add --yes to do it.".format


def ended(job_id: str, state: str, *, refunded: bool) -> str:
    return f"Job {job_id} has ended ({state})." + (" Its credits are refunded." if refunded else "")


def table(rows: Sequence[Mapping[str, Any]], now: float) -> str:
    """Return jobs as lines: id, state, operation, server, member, age, what is next, calls."""
    head = ("JOB", "STATE", "OPERATION", "SERVER", "MEMBER", "AGE", "NEXT", "SENT")
    lines = [head] + [
        (
            each["id"],
            each["state"],
            each["operation"],
            str(each["guild_id"]),
            str(each["author_id"]),
            age(now - each["created_at"]),
            _next(each, now),
            str(each["attempts"]),
        )
        for each in rows
    ]
    return in_columns(lines)


FOLLOWED = "followed by a running bot"


def _next(job: Mapping[str, Any], now: float) -> str:
    has_ended = job["finished_at"] is not None or job["state"] in ENDED
    if job["is_followed"] and not has_ended:
        return FOLLOWED
    due = job["recheck_at"] if has_ended else job["next_at"]
    return "-" if due is None else "now" if due <= now else f"in {age(due - now)}"


def host_credits(found: Sequence[Mapping[str, str]]) -> str:
    """Return what is spent under each of the host's limits, as a line each; '' without any."""
    return "\n".join(
        f"{each['setting']}: {each['spent']} of {each['limit']} credits spent or held this month (UTC), "
        + ("by all servers" if each["server"] == "all" else f"most of any server: {each['server']}")
        for each in found
    )


def details(found: Mapping[str, Any]) -> str:
    """Return all that is known of a job as lines."""
    lines = [
        f"{name:16} {moment(value) if name.endswith(('_at', '_until')) and value else value}"
        for name, value in found.items()
        if name not in {"ledger", "is_followed"} and value not in (None, [], (), "")
    ]
    if found["is_followed"]:
        lines.append(f"{'next_at':16} {FOLLOWED}")
    lines += ["", "ledger"] + [
        f"  {moment(each['at'])}  {each['kind']:8} {each['credits']} credits" for each in found["ledger"]
    ]
    return "\n".join(lines)
