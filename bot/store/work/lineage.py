"""Results after their delivery: lists, families (what was made from what), their copies in Discord, and their end."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, replace

from bot.domain.models import Job, JobState
from bot.store.engine.columns import to_json
from bot.store.engine.repository import Part
from bot.store.money import ledger
from bot.store.vault.guild_keys import forget_unneeded
from bot.store.work.cards import jobs_of_card, update_job
from bot.store.work.rows import job_of

FAMILY_MAX = 100
"""How many relatives are looked up at the most."""
ANCESTORS_MAX = 100
CANCELLED_WITH_IT = "The step before this one was cancelled, so this was not started. Nothing was charged for it."
_PENDING = frozenset({JobState.AWAITING_APPROVAL, JobState.WAITING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A message that shows a job's result. `kind` says what it is: `card`, `dm`, `ping`, `gallery`, `review`."""

    job_id: str
    channel_id: int
    message_id: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """What came of cancelling a job. `job` is as it is now."""

    job: Job
    stopped: bool
    """Whether it was stopped before it was sent, and its credits given back."""
    others: int
    """How many jobs that waited for it were given back."""


class Family(Part):
    """Reads of `jobs` for `/jobs`, the table `copies`, and what ends a result or a job early."""

    async def jobs_listed(
        self,
        guild_id: int,
        *,
        author_id: int | None = None,
        states: Collection[JobState] | None = None,
        limit: int = 10,
        offset: int = 0,
    ) -> tuple[list[Job], int]:
        """Return a page of the guild's jobs, newest first, and how many there are in all."""
        values = {
            "guild_id": guild_id,
            "author_id": author_id,
            "states": None if states is None else to_json(sorted(states)),
            "limit": limit,
            "offset": offset,
        }

        def look(db: sqlite3.Connection) -> tuple[list[Job], int]:
            rows = db.execute(_PAGE, values).fetchall()
            return [job_of(row) for row in rows], int(db.execute(_COUNT, values).fetchone()[0])

        return await self._database.read(look)

    async def family(self, guild_id: int, viewer_id: int, job_id: str) -> list[Job]:
        """Return the guild's job with all it came from and all that came from it, as far as this member may see them.

        Oldest first, so that none stands before what it came from; [] if the member may not see the job itself.
        """
        values = {"guild_id": guild_id, "viewer_id": viewer_id, "id": job_id}

        def look(db: sqlite3.Connection) -> list[Job]:
            root = db.execute(_ROOT, values | {"limit": ANCESTORS_MAX}).fetchone()
            if root is None:
                return []
            rows = db.execute(_DESCENDANTS, values | {"id": root[0], "limit": FAMILY_MAX}).fetchall()
            return [job_of(row) for row in rows]

        return await self._database.read(look)

    async def held(self, guild_id: int, author_id: int) -> list[Job]:
        """Return the member's jobs that were made but could not be posted, newest first."""
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT * FROM jobs WHERE guild_id = ? AND author_id = ? AND state = 'held'"
                " ORDER BY created_at DESC, position",
                (guild_id, author_id),
            ).fetchall()
        )
        return [job_of(row) for row in rows]

    # ------------------------------------------------------------------ copies

    async def note_copy(self, guild_id: int, job_id: str, *, channel_id: int, message_id: int, kind: str) -> bool:
        """Note a message that shows the job's result, so that it goes with it. False if the guild has no such job."""

        def change(db: sqlite3.Connection) -> bool:
            return bool(
                db.execute(
                    "INSERT INTO copies (job_id, guild_id, channel_id, message_id, kind)"
                    " SELECT id, guild_id, ?, ?, ? FROM jobs WHERE id = ? AND guild_id = ?"
                    " ON CONFLICT (job_id, message_id) DO UPDATE SET kind = excluded.kind",
                    (channel_id, message_id, kind, job_id, guild_id),
                ).rowcount
            )

        return await self._database.write(change)

    async def copies(self, guild_id: int, card_id: str) -> list[Copy]:
        """Return the copies of all results of the guild's card; its own message is not among them."""
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT copies.* FROM jobs JOIN copies ON copies.job_id = jobs.id"
                " WHERE jobs.card_id = ? AND jobs.guild_id = ? ORDER BY jobs.position, message_id",
                (card_id, guild_id),
            ).fetchall()
        )
        return [
            Copy(job_id=row["job_id"], channel_id=row["channel_id"], message_id=row["message_id"], kind=row["kind"])
            for row in rows
        ]

    async def forget_copy(self, guild_id: int, message_id: int) -> None:
        """Note that a copy is gone."""
        await self._database.write(
            lambda db: db.execute("DELETE FROM copies WHERE message_id = ? AND guild_id = ?", (message_id, guild_id))
        )

    async def card_gone(self, guild_id: int, card_id: str) -> None:
        """Note that the card's message was taken down: it stands nowhere, and no token reaches it."""
        await self._database.write(
            lambda db: db.execute(
                "UPDATE cards SET message_id = NULL, message_channel_id = NULL, token = NULL, token_expires_at = 0"
                " WHERE guild_id = ? AND id = ?",
                (guild_id, card_id),
            )
        )

    async def erase_record(self, guild_id: int, card_id: str) -> int:
        """Blank what the card's ended jobs say of their content: ids, times and credits stay. Returns how many."""

        def change(db: sqlite3.Connection) -> int:
            ended = [job for job in jobs_of_card(db, guild_id, card_id) if job.state.ended]
            for job in ended:
                # `update_job` takes the model from the input, and reports still count by it.
                db.execute(
                    "UPDATE jobs SET input = '{}', output = '{}', media = '[]', fill = '{}', error = NULL"
                    " WHERE id = ? AND guild_id = ?",
                    (job.id, guild_id),
                )
            return len(ended)

        return await self._database.write(change)

    # ------------------------------------------------------------------ cancelling

    async def cancel(
        self, guild_id: int, job_id: str, sentence: str, *, drop_by: int | None = None
    ) -> Cancelled | None:
        """Cancel the guild's job and those that wait for it. None if there is none, or if it has ended.

        What was never sent ends with its credits given back; `sentence` says why. What was sent goes on, and is paid;
        with `drop_by` (who wants it so) its result is not posted, but kept.
        """
        now = self._clock.wall()

        def change(db: sqlite3.Connection) -> Cancelled | None:
            row = db.execute("SELECT * FROM jobs WHERE id = ? AND guild_id = ?", (job_id, guild_id)).fetchone()
            if row is None or JobState(row["state"]).ended:
                return None
            job = job_of(row)
            stopped = job.state in _PENDING or (job.state is JobState.SUBMITTING and job.attempts == 0)
            if stopped:
                job = _give_back(db, job, sentence, now)
            elif drop_by is not None:
                db.execute("UPDATE jobs SET dropped_by = ? WHERE id = ? AND guild_id = ?", (drop_by, job.id, guild_id))
            others = _give_back_waiting(db, job, now)
            _close_approval(db, job)
            forget_unneeded(db, guild_id)
            return Cancelled(job=job, stopped=stopped, others=others)

        return await self._database.write(change)

    async def is_dropped(self, guild_id: int, job_id: str) -> bool:
        """Whether somebody wants the job's result not to be posted."""
        return await self._database.read(
            lambda db: (
                db.execute(
                    "SELECT 1 FROM jobs WHERE id = ? AND guild_id = ? AND dropped_by IS NOT NULL", (job_id, guild_id)
                ).fetchone()
                is not None
            )
        )

    async def want_again(self, guild_id: int, job_id: str) -> None:
        """Take back that the job's result is not to be posted."""
        await self._database.write(
            lambda db: db.execute("UPDATE jobs SET dropped_by = NULL WHERE id = ? AND guild_id = ?", (job_id, guild_id))
        )


def _give_back(db: sqlite3.Connection, job: Job, sentence: str, now: float) -> Job:
    ledger.release(db, job, now)
    ended = replace(job, state=JobState.CANCELLED, lease=None, error=sentence, finished_at=now)
    update_job(db, ended)
    return ended


def _give_back_waiting(db: sqlite3.Connection, job: Job, now: float) -> int:
    """Cancel the jobs of the card that wait for `job`, and those after them; return how many."""
    gone = {job.id}
    for other in jobs_of_card(db, job.guild_id, job.card_id):  # in order: what waits stands behind what it waits for
        if other.state in _PENDING and gone & set(other.after_ids):
            _give_back(db, other, CANCELLED_WITH_IT, now)
            gone.add(other.id)
    return len(gone) - 1


def _close_approval(db: sqlite3.Connection, job: Job) -> None:
    """Let nobody be asked about a card of which nothing waits for an answer any more."""
    jobs = jobs_of_card(db, job.guild_id, job.card_id)
    if all(other.state is not JobState.AWAITING_APPROVAL for other in jobs):
        db.execute("DELETE FROM approvals WHERE guild_id = ? AND card_id = ?", (job.guild_id, job.card_id))


_LISTED = """
FROM jobs
WHERE guild_id = :guild_id AND (:author_id IS NULL OR author_id = :author_id)
    AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
"""
_PAGE = f"SELECT * {_LISTED} ORDER BY created_at DESC, rowid DESC LIMIT :limit OFFSET :offset"
_COUNT = f"SELECT count(*) {_LISTED}"
# What a job came from is told word for word as in the index, or SQLite does not use it.
_ROOT = """
WITH RECURSIVE line (id, origin, height) AS (
    SELECT jobs.id, coalesce(json_extract(jobs.after_ids, '$[0]'), jobs.parent_id), 0
    FROM jobs JOIN cards ON cards.id = jobs.card_id
    WHERE jobs.id = :id AND jobs.guild_id = :guild_id AND (cards.private = 0 OR jobs.author_id = :viewer_id)
    UNION
    SELECT jobs.id, coalesce(json_extract(jobs.after_ids, '$[0]'), jobs.parent_id), line.height + 1
    FROM line JOIN jobs ON jobs.id = line.origin JOIN cards ON cards.id = jobs.card_id
    WHERE jobs.guild_id = :guild_id AND (cards.private = 0 OR jobs.author_id = :viewer_id) AND line.height < :limit
)
SELECT id FROM line ORDER BY height DESC LIMIT 1
"""
_DESCENDANTS = """
WITH RECURSIVE relatives (id) AS (
    SELECT :id
    UNION
    SELECT jobs.id FROM relatives
    JOIN jobs ON jobs.guild_id = :guild_id
        AND coalesce(json_extract(jobs.after_ids, '$[0]'), jobs.parent_id) = relatives.id
    JOIN cards ON cards.id = jobs.card_id
    WHERE cards.private = 0 OR jobs.author_id = :viewer_id
    LIMIT :limit
)
SELECT jobs.* FROM relatives JOIN jobs ON jobs.id = relatives.id ORDER BY jobs.created_at, jobs.position
"""
