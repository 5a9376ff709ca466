"""The tables `shootouts` and `shootout_votes`: cards on which members vote between models."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum

from bot.domain.models import Job, JobState, ShootoutPhase
from bot.domain.plain import from_plain, to_plain
from bot.domain.server.shootouts import MODELS_MIN, Shootout, ShootoutEntry, ShootoutKind, are_made, has_result, results
from bot.runtime.failpoints import failpoint
from bot.store.engine.columns import to_json
from bot.store.engine.repository import RecordOf, Repository
from bot.store.jobs.rows import job_in, jobs_of_card
from bot.store.sql import Connection, Row

COUNTED = 500
"""How many of a server's last shoot-outs its table is made of."""

_GET = """
SELECT shootouts.*, (
    SELECT count(*) FROM shootout_votes AS cast_votes
    WHERE cast_votes.guild_id = shootouts.guild_id AND cast_votes.card_id = shootouts.card_id
) AS votes
FROM shootouts WHERE guild_id = ? AND card_id = ?
"""
# All open states are named, as in the condition of the index jobs_open.
_DUE = """
SELECT guild_id, card_id FROM shootouts
WHERE ended_at IS NULL AND (
    undrawn = 1 OR ends_at <= ? OR (ends_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM jobs WHERE jobs.card_id = shootouts.card_id
        AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
    ))
) ORDER BY ends_at LIMIT ?
"""
_VOTE = """
INSERT INTO shootout_votes (guild_id, card_id, member_id, job_id) VALUES (?, ?, ?, ?)
ON CONFLICT (guild_id, card_id, member_id) DO UPDATE SET job_id = excluded.job_id
"""
_OWN = "SELECT job_id FROM shootout_votes WHERE guild_id = ? AND card_id = ? AND member_id = ?"
_UNDRAWN = "UPDATE shootouts SET undrawn = ? WHERE guild_id = ? AND card_id = ? AND undrawn <> ?"
_COUNTS = "SELECT job_id, count(*) AS votes FROM shootout_votes WHERE guild_id = ? AND card_id = ? GROUP BY job_id"
_BEGIN = "UPDATE shootouts SET ends_at = ?, undrawn = 0 WHERE guild_id = ? AND card_id = ? AND ends_at IS NULL"
_END = (
    "UPDATE shootouts SET ended_at = ?, data = ?, undrawn = 0 WHERE guild_id = ? AND card_id = ? AND ended_at IS NULL"
)
_PHASE = "UPDATE jobs SET shootout = ? WHERE guild_id = ? AND id = ?"
_TO_BE_DRAWN = "UPDATE cards SET undrawn = 1 WHERE guild_id = ? AND id = ?"
_FORGET = "DELETE FROM shootout_votes WHERE guild_id = ? AND card_id = ?"
_ENDED = (
    "SELECT *, 0 AS votes FROM shootouts WHERE guild_id = ? AND ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT ?"
)


class Voted(StrEnum):
    """The outcome of a vote."""

    DONE = "done"
    NO_RESULT = "no result"
    """There is nothing to vote for, or no longer."""
    TOO_EARLY = "too early"
    """Not all results are there."""
    ENDED = "ended"


class Shootouts(Repository):
    """Votes are one a member and card. Once a shoot-out has ended only their numbers are kept."""

    async def get(self, guild_id: int, card_id: str) -> Shootout | None:
        return await self._one(_shootout, _GET, (guild_id, card_id))

    async def ended(self, guild_id: int) -> list[Shootout]:
        """Return the guild's last shoot-outs that have ended, newest first."""
        return [_shootout(row) for row in await self._rows(_ENDED, (guild_id, COUNTED))]

    async def due(self, limit: int) -> list[tuple[int, str]]:
        """Return shoot-outs of all guilds with something to do, as (guild's id, card's id).

        Someone has voted, its results are there, or its time has passed.
        """
        rows = await self._database.glance(lambda db: db.execute(_DUE, (self._clock.wall(), limit)).fetchall())
        return [(row["guild_id"], row["card_id"]) for row in rows]

    async def vote(self, guild_id: int, job_id: str, member_id: int) -> tuple[Voted, Shootout | None]:
        """Store a member's vote for a job, in place of their earlier one; return the outcome, and the shoot-out."""
        now = self._clock.wall()

        def change(db: Connection) -> tuple[Voted, Shootout | None]:
            job = job_in(db, guild_id, job_id)
            row = None if job is None else db.execute(_GET, (guild_id, job.card_id)).fetchone()
            if job is None or row is None:
                return Voted.NO_RESULT, None
            shootout = _shootout(row)
            if shootout.ended_at is not None or (shootout.ends_at is not None and shootout.ends_at <= now):
                return Voted.ENDED, shootout
            if not are_made(jobs_of_card(db, guild_id, job.card_id)):
                return Voted.TOO_EARLY, shootout
            if job.state is not JobState.READY and not has_result(job):  # a ready one's file is on the card by now
                return Voted.NO_RESULT, shootout
            own = db.execute(_OWN, (guild_id, job.card_id, member_id)).fetchone()
            db.execute(_VOTE, (guild_id, job.card_id, member_id, job_id))
            if own is None:  # a changed vote shows nowhere
                db.execute(_UNDRAWN, (1, guild_id, job.card_id, 1))
            return Voted.DONE, shootout

        return await self._write(guild_id, change)

    async def advance(
        self, guild_id: int, card_id: str, *, end: bool = False, record: RecordOf[Shootout] | None = None
    ) -> Shootout | None:
        """Begin the time of one whose results are there; end one whose time has passed, or at once with `end`.

        With fewer than two results it ends instead of beginning. Returns it as it is then; None if it is not there, or
        ended before: each ends once. Nothing else changes while a job is open. The caller draws it.
        """
        now = self._clock.wall()

        def change(db: Connection) -> Shootout | None:
            row = db.execute(_GET, (guild_id, card_id)).fetchone()
            if row is None or row["ended_at"] is not None:
                return None
            db.execute(_UNDRAWN, (0, guild_id, card_id, 0))
            jobs = jobs_of_card(db, guild_id, card_id)
            if not all(job.state.ended for job in jobs):
                return _shootout(row)
            is_vote = sum(map(has_result, jobs)) >= MODELS_MIN
            if is_vote and row["ends_at"] is None and not end:
                db.execute(_BEGIN, (now + row["minutes"] * 60, guild_id, card_id))
            elif end or not is_vote or row["ends_at"] <= now:
                _end(db, guild_id, card_id, jobs, now)
            failpoint("shootout.changed")
            return _shootout(db.execute(_GET, (guild_id, card_id)).fetchone())

        failpoint("shootout.before")
        changed = await self._recorded(guild_id, change, record)
        failpoint("shootout.stored")
        return changed


def _end(db: Connection, guild_id: int, card_id: str, jobs: Sequence[Job], now: float) -> None:
    """Store its outcome, reveal its jobs, forget who voted for what, and have the card drawn."""
    votes = {row["job_id"]: row["votes"] for row in db.execute(_COUNTS, (guild_id, card_id)).fetchall()}
    entries = results(jobs, votes)
    db.execute(_END, (now, to_json(to_plain(entries)), guild_id, card_id))
    for entry in entries:
        db.execute(_PHASE, (ShootoutPhase.WON if entry.won else ShootoutPhase.ENDED, guild_id, entry.job_id))
    db.execute(_FORGET, (guild_id, card_id))
    db.execute(_TO_BE_DRAWN, (guild_id, card_id))


def _shootout(row: Row) -> Shootout:
    return Shootout(
        guild_id=row["guild_id"],
        card_id=row["card_id"],
        kind=ShootoutKind(row["kind"]),
        minutes=row["minutes"],
        ends_at=row["ends_at"],
        ended_at=row["ended_at"],
        votes=row["votes"],
        entries=tuple(from_plain(ShootoutEntry, each) for each in json.loads(row["data"])),
    )
