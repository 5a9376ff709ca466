"""Which jobs each of the bot's processes on this database follows: those whose lease is its token."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from bot.domain.models import Job, JobState
from bot.store.engine.columns import to_json
from bot.store.engine.database import Database
from bot.store.engine.repository import Repository
from bot.store.jobs.rows import job_of, with_subject
from bot.store.sql import HOST, Connection, Row

WHOLE_MAX = 100
"""Maximum number of claimed jobs read whole at once."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claimed job's schedule: fields of Job."""

    id: str
    guild_id: int
    card_id: str
    state: JobState
    next_at: float
    wait_s: float
    active_s: float
    is_overdue: bool
    poll_after_s: float | None
    job: Job | None
    """The whole job, if few were claimed: they are new and due at once."""


class JobLeases(Repository):
    """Which jobs each process follows: those whose lease is its token."""

    async def drop(self, token: str) -> None:
        """Free all jobs under a token."""
        await self._database.write(lambda db: free(db, _OF_TOKENS, {"tokens": to_json([token])}))

    async def take_over(self) -> int:
        """Free the jobs of the dead; return how many."""
        return await self._database.write(lambda db: free_of_the_dead(db, self._database))

    async def free(self, token: str, job_ids: Collection[str]) -> None:
        """Free those of these jobs that are under this lease."""
        values = {"token": token, "ids": to_json(list(job_ids))}
        await self._database.write(lambda db: free(db, _OF_THESE, values))

    async def claim(self, token: str, *, limit: int, of: str = "") -> list[Claimed]:
        """Claim unleased running jobs of all guilds, soonest due first; return them.

        Skips jobs of cards not known to Discord. `of` is a further condition in SQL.
        """

        def change(db: Connection) -> list[Claimed]:
            values = {"lease": token, "limit": limit, "process": self._database.process}
            claimed = [_claimed(row) for row in db.execute(_CLAIM.format(of=of), values).fetchall()]
            claimed.sort(key=attrgetter("next_at"))  # RETURNING has no order
            if len(claimed) > WHOLE_MAX:
                return claimed
            jobs = _under(db, token, [each.id for each in claimed])
            return [replace(each, job=jobs[each.id]) for each in claimed]

        return await self._database.write(change, HOST)

    async def under(self, token: str, job_ids: Collection[str]) -> dict[str, Job]:
        return await self._database.read(lambda db: _under(db, token, job_ids))


# On PostgreSQL a claim passes over jobs that another transaction changes, so that it waits for no guild.
_CLAIM = """
UPDATE jobs SET lease = :lease, claimed_by = :process WHERE id IN (
    SELECT free.id FROM running_jobs AS free CROSS JOIN cards ON cards.id = free.card_id
    /*shared JOIN jobs AS own ON own.id = free.id */
    WHERE free.lease IS NULL AND cards.answered = 1 {of}
    /*shared AND own.lease IS NULL AND own.state IN ('submitting', 'queued', 'processing', 'ready') */
    ORDER BY free.next_at /*shared FOR UPDATE OF own SKIP LOCKED */ LIMIT :limit
)
RETURNING id, guild_id, card_id, state, next_at, wait_s, active_s, overdue_at IS NOT NULL, poll_after_s
"""
_OF_TOKENS = "SELECT id FROM running_jobs WHERE lease IN (SELECT value FROM json_each(:tokens))"
_OF_THESE = "SELECT id FROM running_jobs WHERE lease = :token AND id IN (SELECT value FROM json_each(:ids))"
_UNDER = "SELECT jobs.* FROM json_each(?) AS wanted CROSS JOIN jobs ON jobs.id = wanted.value WHERE +jobs.lease = ?"


def _claimed(row: Row) -> Claimed:
    job_id, guild_id, card_id, state, next_at, wait_s, active_s, is_overdue, poll_after_s = row
    return Claimed(
        job_id, guild_id, card_id, JobState(state), next_at, wait_s, active_s, bool(is_overdue), poll_after_s, None
    )


def _under(db: Connection, token: str, job_ids: Collection[str]) -> dict[str, Job]:
    rows = db.execute(_UNDER, (to_json(list(job_ids)), token)).fetchall()
    return {row["id"]: with_subject(db, job_of(row)) for row in rows}


def free_of_the_dead(db: Connection, database: Database) -> int:
    """Free the jobs of processes that are gone; return how many."""
    return free(db, _OF_TOKENS, {"tokens": to_json(database.dead(db))})


def forget_followers(db: Connection) -> None:
    """Free all jobs of a database that nothing uses, of any schema."""
    db.execute("UPDATE jobs SET lease = NULL WHERE lease IS NOT NULL")


def free(db: Connection, which: str, values: Mapping[str, Any]) -> int:
    """Free the jobs that a query gives; return how many."""
    return int(db.execute(_FREE_JOBS.format(which=which), values).rowcount)


_FREE_JOBS = "UPDATE jobs SET lease = NULL WHERE id IN ({which})"
