"""Jobs: the leased table that is the queue. Every change carries the state and the lease that it expects."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal
from typing import Any

from bot.domain.models import RUNNING_STATES, Job, JobState, MediaKind
from bot.store.engine.columns import to_json
from bot.store.engine.repository import Part
from bot.store.money import ledger
from bot.store.vault.guild_keys import forget_unneeded
from bot.store.work.cards import update_job
from bot.store.work.dependents import follow_up
from bot.store.work.rows import job_of

CHANGEABLE = frozenset(
    {
        "remote_id", "attempts", "first_attempt_at", "next_at", "submitted_at", "started_at", "finished_at",
        "delivered_at", "message_id", "output", "media", "error", "cost", "key_id", "input",
    }
)  # fmt: skip
"""What `change` may set besides the state; who a job belongs to and what it holds never changes."""


class Jobs(Part):
    """The tables `jobs` and `leases`."""

    async def job(self, guild_id: int, job_id: str) -> Job | None:
        """Return the guild's job, None if it has none of this id."""
        row = await self._database.read(
            lambda db: db.execute("SELECT * FROM jobs WHERE id = ? AND guild_id = ?", (job_id, guild_id)).fetchone()
        )
        return None if row is None else job_of(row)

    async def recent(
        self,
        guild_id: int,
        *,
        limit: int = 25,
        states: Collection[JobState] | None = None,
        author_id: int | None = None,
    ) -> list[Job]:
        """Return the guild's jobs, newest first: those in `states`, of this member, at most `limit`."""
        wanted = None if states is None else to_json(sorted(states))
        query = _RECENT_OF_GUILD if author_id is None else _RECENT_OF_MEMBER
        values = {"guild_id": guild_id, "author_id": author_id, "states": wanted, "limit": limit}
        rows = await self._database.read(lambda db: db.execute(query, values).fetchall())
        return [job_of(row) for row in rows]

    async def results(
        self,
        guild_id: int,
        viewer_id: int,
        *,
        kinds: Collection[MediaKind],
        typed: str = "",
        limit: int = 25,
    ) -> list[Job]:
        """Return the guild's delivered jobs with a medium of `kinds` that this member may see, newest first.

        Private results are seen by their own author only. `typed` is part of an id or of a prompt.
        """
        values = {
            "guild_id": guild_id,
            "viewer_id": viewer_id,
            "kinds": to_json(sorted(kinds)),
            "typed": typed.strip().lower(),
            "exact": typed.strip(),  # SQLite's lower() knows ASCII only
            "limit": limit,
        }
        rows = await self._database.read(lambda db: db.execute(_RESULTS, values).fetchall())
        return [job_of(row) for row in rows]

    async def visible(self, guild_id: int, viewer_id: int, job_id: str) -> Job | None:
        """Return the guild's job if this member may see it: their own, or one whose card is not private."""
        values = {"guild_id": guild_id, "viewer_id": viewer_id, "id": job_id}
        row = await self._database.read(lambda db: db.execute(_VISIBLE, values).fetchone())
        return None if row is None else job_of(row)

    async def in_message(self, guild_id: int, viewer_id: int, message_id: int) -> list[Job]:
        """Return the guild's jobs whose results stand in that message, in order, as far as this member may see them."""
        values = {"guild_id": guild_id, "viewer_id": viewer_id, "message_id": message_id}
        rows = await self._database.read(lambda db: db.execute(_IN_MESSAGE, values).fetchall())
        return [job_of(row) for row in rows]

    async def counts(self, guild_id: int) -> dict[JobState, int]:
        """Return how many jobs the guild has in each state; a state without any is left out."""
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT state, count(*) FROM jobs WHERE guild_id = ? GROUP BY state", (guild_id,)
            ).fetchall()
        )
        return {JobState(state): count for state, count in rows}

    async def open_total(self) -> int:
        """Return how many jobs of all guilds have not ended."""
        return await self._database.read(lambda db: int(db.execute(_OPEN_TOTAL).fetchone()[0]))

    async def hold_lease(self, token: str, expires_at: float) -> bool:
        """Take or renew this process's lease until `expires_at` (Unix seconds): one row for all its jobs.

        Returns whether it was there before. If not, it is new or was ended by another, and no job is under it.
        """

        def change(db: sqlite3.Connection) -> bool:
            renewed = db.execute("UPDATE leases SET expires_at = ? WHERE token = ?", (expires_at, token)).rowcount
            if not renewed:
                db.execute("INSERT INTO leases (token, expires_at) VALUES (?, ?)", (token, expires_at))
            return bool(renewed)

        return await self._database.write(change)

    async def drop_lease(self, token: str) -> None:
        """Give the lease back; all its jobs may be claimed by others."""
        await self._database.write(lambda db: _end_lease(db, token))

    async def claim(self, token: str, *, now: float, limit: int = 200) -> list[Job]:
        """Take jobs that run and are nobody's, soonest due first, of all guilds; return them.

        Leases that expired by `now` (Unix seconds) end here. Jobs of cards that Discord is not known to have
        are left alone. Without a living lease of its own the caller gets nothing.
        """

        def change(db: sqlite3.Connection) -> list[Job]:
            for (expired,) in db.execute("SELECT token FROM leases WHERE expires_at <= ?", (now,)).fetchall():
                _end_lease(db, expired)
            if db.execute("SELECT 1 FROM leases WHERE token = ?", (token,)).fetchone() is None:
                return []
            free = [job_of(row) for row in db.execute(_FREE, (limit,)).fetchall()]
            db.executemany("UPDATE jobs SET lease = ? WHERE id = ?", [(token, job.id) for job in free])
            return [replace(job, lease=token) for job in free]

        return await self._database.write(change)

    async def change(
        self, job: Job, to: JobState, *, settle: Decimal | None = None, release: bool = False, **changes: Any
    ) -> Job | None:
        """Move a job to the state `to` and set `changes` (names of Job's fields), if it is still as `job` says.

        `settle` turns its hold into this true cost in credits; `release` gives the hold back. One transaction.
        A job that stops running is nobody's any more. Returns the job as it is now; None if its state or lease
        is another one by now: somebody else was first, and nothing was changed.

        Raises ValueError for an end that leaves the hold open, StoreError if the hold was closed before.
        """
        if unknown := changes.keys() - CHANGEABLE:
            raise TypeError(f"change() does not set {', '.join(sorted(unknown))}")
        if settle is not None and release:
            raise ValueError("a hold is settled or released, not both")
        if release and not to.ended:
            raise ValueError("only a job that ends is released")
        now = self._clock.wall()

        def change(db: sqlite3.Connection) -> Job | None:
            row = db.execute(_FENCED, (job.id, job.guild_id, job.state, job.lease)).fetchone()
            if row is None:
                return None
            current = job_of(row)
            if settle is not None:
                ledger.settle(db, current, settle, now)
            elif release:
                ledger.release(db, current, now)
            elif to.ended and not ledger.is_closed(db, job.id):
                raise ValueError(f"job {job.id} may not become {to} with its hold open: settle or release it")
            update_job(db, replace(current, state=to, lease=current.lease if to in RUNNING_STATES else None, **changes))
            if to.ended:
                follow_up(db, replace(current, state=to, **changes), now)
                forget_unneeded(db, job.guild_id)
            return job_of(db.execute("SELECT * FROM jobs WHERE id = ?", (job.id,)).fetchone())

        return await self._database.write(change)


_RECENT_OF_GUILD = """
SELECT * FROM jobs
WHERE guild_id = :guild_id AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
ORDER BY created_at DESC, rowid DESC LIMIT :limit
"""
_RECENT_OF_MEMBER = """
SELECT * FROM jobs
WHERE guild_id = :guild_id AND author_id = :author_id
    AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
ORDER BY created_at DESC, rowid DESC LIMIT :limit
"""
_RESULTS = """
SELECT jobs.* FROM jobs JOIN cards ON cards.id = jobs.card_id
WHERE jobs.guild_id = :guild_id AND jobs.state = 'delivered'
    AND (cards.private = 0 OR jobs.author_id = :viewer_id)
    AND EXISTS (
        SELECT 1 FROM json_each(jobs.media) AS medium
        WHERE medium.value ->> 'kind' IN (SELECT value FROM json_each(:kinds))
    )
    AND (:typed = '' OR instr(lower(jobs.id), :typed) > 0
        OR EXISTS (
            SELECT 1 FROM json_each(jobs.input) AS given
            WHERE given.key IN ('prompt', 'text', 'description')
                AND (instr(lower(given.value), :typed) > 0 OR instr(given.value, :exact) > 0)
        ))
ORDER BY jobs.created_at DESC, jobs.rowid DESC LIMIT :limit
"""
_VISIBLE = """
SELECT jobs.* FROM jobs JOIN cards ON cards.id = jobs.card_id
WHERE jobs.id = :id AND jobs.guild_id = :guild_id AND (cards.private = 0 OR jobs.author_id = :viewer_id)
"""
# `+`: a message has ten jobs at the most, so its index is the one to use, and not one of the guild's that is in order.
_IN_MESSAGE = """
SELECT jobs.* FROM jobs JOIN cards ON cards.id = jobs.card_id
WHERE jobs.message_id = :message_id AND +jobs.guild_id = :guild_id
    AND (cards.private = 0 OR jobs.author_id = :viewer_id)
ORDER BY jobs.created_at, jobs.position
"""
# The conditions on state and lease are word for word those of the partial indexes, or SQLite does not use them.
_OPEN_TOTAL = """
SELECT count(*) FROM jobs
WHERE state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
"""
_FREE = """
SELECT jobs.* FROM jobs CROSS JOIN cards ON cards.id = jobs.card_id
WHERE jobs.lease IS NULL AND jobs.state IN ('submitting', 'queued', 'processing', 'ready') AND cards.answered = 1
ORDER BY jobs.next_at LIMIT ?
"""
_FENCED = "SELECT * FROM jobs WHERE id = ? AND guild_id = ? AND state = ? AND lease IS ?"


def end_all_leases(db: sqlite3.Connection) -> None:
    """Free every job. Only for one who knows that no other process is there."""
    db.execute("UPDATE jobs SET lease = NULL WHERE lease IS NOT NULL")
    db.execute("DELETE FROM leases")


def _end_lease(db: sqlite3.Connection, token: str) -> None:
    db.execute("UPDATE jobs SET lease = NULL WHERE lease = ?", (token,))
    db.execute("DELETE FROM leases WHERE token = ?", (token,))
