"""The table `job_attempts`: what came of a job's last calls, so that a stuck one is understood afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.models import Job
from bot.store.sql import Connection

KEPT = 20
"""How many of a job's attempts are kept, the newest."""
_TRIM = """
DELETE FROM job_attempts WHERE job_id = :job_id AND id NOT IN (
    SELECT id FROM job_attempts WHERE job_id = :job_id ORDER BY id DESC LIMIT :kept
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAttempt:
    """One call for a job. `call`: submit, poll, deliver or turn; `outcome`: the answer's class, never its words."""

    call: str
    outcome: str
    status: int | None = None
    """The HTTP status, None if there was no answer or it is not known."""
    at: float = 0.0
    """Unix seconds; set by the store."""


def note_attempt(db: Connection, job: Job, attempt: JobAttempt, now: float) -> None:
    """Store an attempt of the job, and forget the oldest beyond KEPT."""
    db.execute(
        "INSERT INTO job_attempts (job_id, guild_id, at, call, outcome, status) VALUES (?, ?, ?, ?, ?, ?)",
        (job.id, job.guild_id, now, attempt.call, attempt.outcome, attempt.status),
    )
    db.execute(_TRIM, {"job_id": job.id, "kept": KEPT})


def attempts_of(db: Connection, job_id: str) -> tuple[JobAttempt, ...]:
    """Return the job's attempts, the oldest first."""
    rows = db.execute("SELECT at, call, outcome, status FROM job_attempts WHERE job_id = ? ORDER BY id", (job_id,))
    return tuple(
        JobAttempt(at=row["at"], call=row["call"], outcome=row["outcome"], status=row["status"]) for row in rows
    )
