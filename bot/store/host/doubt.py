"""What a database that is older than what has happened does not know: docs/decisions/0027-a-restore-is-doubt.md."""

from __future__ import annotations

from bot.store.sql import Connection

# A step of a chain gets its input at its first attempt, so its attempts are not counted up.
_DOUBTFUL = """
UPDATE jobs SET in_doubt = 1, first_attempt_at = coalesce(first_attempt_at, :taken_at),
    attempts = CASE WHEN after_ids = '[]' THEN max(attempts, 1) ELSE attempts END
WHERE remote_id IS NULL AND state IN ('awaiting_approval', 'waiting', 'submitting')
"""
"""Since the backup they may have been submitted. Submitting treats them as attempts of unknown outcome: the same
idempotency key is sent while the API is trusted to know it, and after that they end with a refund."""


def doubt(db: Connection, since: float) -> None:
    """Note that what was not submitted may have been since that time (Unix seconds), unseen by this database."""
    db.execute(_DOUBTFUL, {"taken_at": since})
