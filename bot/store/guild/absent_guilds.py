"""Guilds that have removed the bot, and their jobs and keys."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.domain.models import Job, JobState
from bot.language import speaking
from bot.store import texts
from bot.store.engine.repository import Record, Repository, write_decision
from bot.store.jobs.ending import end_unsent
from bot.store.jobs.rows import job_of, update_job
from bot.store.money import ledger
from bot.store.sql import Connection
from bot.store.vault.secret_box import forget_keys, forget_unneeded_keys

# Must match the condition of the index of open jobs.
_OPEN = "state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')"
_UNSENT = f"{_OPEN} AND (state IN ('awaiting_approval', 'waiting') OR state = 'submitting' AND in_doubt = 0)"
"""What Cannon Studio has certainly not taken."""
_LOST = f"{_OPEN} AND (state IN ('submitting', 'ready') OR key_id IS NOT NULL)"
"""What needs the guild and its keys; the host's key still follows its own jobs."""

_CONCERNED = f"""
SELECT guild_id FROM absent_guilds UNION SELECT guild_id FROM guild_keys WHERE secret IS NOT NULL
UNION SELECT guild_id FROM jobs WHERE {_OPEN} UNION SELECT guild_id FROM jobs WHERE recheck_at IS NOT NULL
"""  # noqa: S608 - the conditions above
_WITH_UNSENT = (
    f"SELECT DISTINCT guild_id FROM jobs WHERE {_UNSENT} AND guild_id IN (SELECT guild_id FROM absent_guilds)"  # noqa: S608 - the condition above
)
_OVERDUE = f"""
SELECT guild_id FROM absent_guilds WHERE since <= ? AND (
    EXISTS (SELECT 1 FROM guild_keys WHERE guild_keys.guild_id = absent_guilds.guild_id AND secret IS NOT NULL)
    OR EXISTS (SELECT 1 FROM jobs WHERE jobs.guild_id = absent_guilds.guild_id AND {_LOST})
)
"""  # noqa: S608 - the condition above


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What ended when an absent guild's grace period passed: jobs whose result is kept, and abandoned jobs."""

    held: int
    failed: int


class AbsentGuilds(Repository):
    """The table `absent_guilds`."""

    async def all(self) -> set[int]:
        rows = await self._rows("SELECT guild_id FROM absent_guilds")
        return {row[0] for row in rows}

    async def concerned(self) -> set[int]:
        rows = await self._rows(_CONCERNED)
        return {row[0] for row in rows}

    async def with_unsent(self) -> list[int]:
        rows = await self._rows(_WITH_UNSENT)
        return [row[0] for row in rows]

    async def overdue(self, before: float) -> list[int]:
        """Return the guilds absent since `before` (Unix seconds) or longer that still have keys or jobs."""
        rows = await self._rows(_OVERDUE, (before,))
        return [row[0] for row in rows]

    async def note(self, guild_id: int) -> int:
        """Mark the guild as absent; cancel and release unsubmitted jobs, and return how many.

        What Cannon Studio may have accepted is paid: it stays open, with its key.
        """
        now = self._clock.wall()

        def change(db: Connection) -> int:
            db.execute(
                "INSERT INTO absent_guilds (guild_id, since) VALUES (?, ?) ON CONFLICT (guild_id) DO NOTHING",
                (guild_id, now),
            )
            unsent = _jobs(db, guild_id, _UNSENT)
            for job in unsent:
                end_unsent(db, job, JobState.CANCELLED, str(texts.GUILD_LEFT), now)
            db.execute("DELETE FROM approvals WHERE guild_id = ?", (guild_id,))
            db.execute(
                "UPDATE cards SET dropped_at = ?, token = NULL, token_expires_at = 0"
                " WHERE guild_id = ? AND answered = 0 AND dropped_at IS NULL",
                (now, guild_id),
            )
            forget_unneeded_keys(db, guild_id)
            return len(unsent)

        return await self._write(guild_id, change)

    async def remove(self, guild_id: int) -> bool:
        """Note that the bot is back; return whether the guild was absent."""
        return await self._execute("DELETE FROM absent_guilds WHERE guild_id = ?", (guild_id,), guild_id=guild_id) == 1

    async def forget(self, guild_id: int) -> Forgotten:
        """Forget an absent guild's secrets and end the jobs that need them, in one transaction.

        Results already made are kept and settled. Other jobs are released and not polled again, which would
        need the key.
        """
        now = self._clock.wall()

        def change(db: Connection) -> Forgotten:
            lost = _jobs(db, guild_id, _LOST)
            for job in lost:
                _end(db, job, now)
            if forget_keys(db, guild_id, now):
                with speaking(self._database.language_of(db, guild_id)):
                    line = Record(by_id=0, kind="key", text=str(texts.KEY_OF_ABSENT_FORGOTTEN))
                write_decision(db, guild_id, line, now)
            held = sum(job.state is JobState.READY for job in lost)
            return Forgotten(held=held, failed=len(lost) - held)

        forgotten = await self._write(guild_id, change)
        await self._database.scrub()
        return forgotten


def _jobs(db: Connection, guild_id: int, condition: str) -> list[Job]:
    query = f"SELECT * FROM jobs WHERE guild_id = ? AND {condition}"  # noqa: S608 - one of the conditions above
    return [job_of(row) for row in db.execute(query, (guild_id,)).fetchall()]


def _end(db: Connection, job: Job, now: float) -> None:
    if job.state is JobState.READY:
        ledger.settle(db, job, job.charge, now)
        ended = replace(job, state=JobState.HELD, error=str(texts.GUILD_LEFT_HELD))
    else:
        ledger.release(db, job, now)
        ended = replace(job, state=JobState.FAILED, cost=None, error=str(texts.GUILD_LEFT_LOST), finished_at=now)
    update_job(db, replace(ended, waits_for=None), job)
