"""The sample of a voice: noted in the transaction that stores its job, so that it is paid once."""

from __future__ import annotations

from bot.domain.models import Job
from bot.errors import Refused
from bot.store import texts
from bot.store.engine.columns import to_text
from bot.store.sql import Connection

LIVING_SAMPLE = """
SELECT job_id FROM voice_samples JOIN jobs ON jobs.id = voice_samples.job_id
WHERE voice_samples.guild_id = :guild_id AND voice_samples.key_id = :key_id AND voice_id = :voice_id
    AND jobs.guild_id = :guild_id AND jobs.erased_at IS NULL
    AND jobs.state NOT IN ('failed', 'cancelled', 'refused', 'expired')
"""
"""The job with a voice's sample, made or being made; its parameters are the columns of the table's key."""
_CLAIM = """
INSERT INTO voice_samples (guild_id, key_id, voice_id, job_id) VALUES (:guild_id, :key_id, :voice_id, :job_id)
ON CONFLICT (guild_id, key_id, voice_id) DO UPDATE SET job_id = excluded.job_id
"""


def claim_sample(db: Connection, job: Job, voice_id: str) -> None:
    """Note that the job, which is stored in this transaction, is the voice's sample. Raises Refused if it has one."""
    values: dict[str, str | int] = {
        "guild_id": job.guild_id,
        "key_id": job.key_id or 0,
        "voice_id": to_text(voice_id),
        "job_id": job.id,
    }
    if db.execute(LIVING_SAMPLE, values).fetchone() is not None:
        raise Refused(texts.SAMPLE_MADE)
    db.execute(_CLAIM, values)
