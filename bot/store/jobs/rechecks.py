"""Ended jobs whose request at Cannon Studio may still succeed, and what becomes of them when it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from bot.domain.models import Job, JobState, Media
from bot.store.engine.repository import Repository
from bot.store.jobs.rows import job_in, job_of, update_job
from bot.store.jobs.tried_values import TriedOutcome, note_outcome
from bot.store.money import ledger
from bot.store.sql import Connection
from bot.store.vault.sealed_columns import forget_unneeded_keys

_DUE = "SELECT * FROM jobs WHERE recheck_at <= ? ORDER BY recheck_at LIMIT ?"
_LISTED = "SELECT * FROM jobs WHERE id = ? AND guild_id = ? AND recheck_at IS NOT NULL"


class Rechecks(Repository):
    """The jobs with a `recheck_at`. All of them have failed or expired, with their hold closed."""

    async def due(self, now: float, *, limit: int) -> list[Job]:
        """Return those of all guilds that are to be polled by `now` (Unix seconds), the longest due first."""
        rows = await self._database.read(lambda db: db.execute(_DUE, (now, limit)).fetchall())
        return [job_of(row) for row in rows]

    async def postpone(self, job: Job, at: float | None, *, counts: bool) -> None:
        """Poll the job next at `at` (Unix seconds), None for never again. `counts` if this poll was answered."""
        await self._change(
            job, lambda _db, current, _now: replace(current, recheck_at=at, rechecks=current.rechecks + counts)
        )

    async def found(
        self,
        job: Job,
        *,
        output: Mapping[str, Any],
        media: Sequence[Media],
        cost: Decimal | None,
        sentence: str,
        tried: TriedOutcome | None = None,
    ) -> Job | None:
        """Keep a late result as `held`, with its cost booked. Returns the job; None if it is not on the list any more.

        `sentence` says why it was not posted before, `tried` what has come of its values. A `cost` of None was not
        told: the estimate is booked.
        """

        def find(db: Connection, current: Job, now: float) -> Job:
            if booked := current.reserved if cost is None else cost:
                ledger.adjust(db, current, booked, now)
            if tried is not None:
                note_outcome(db, current, tried, now)
            return replace(
                current,
                state=JobState.HELD,
                output=output,
                media=tuple(media),
                cost=cost,
                error=sentence,
                finished_at=now,
                recheck_at=None,
            )

        return await self._change(job, find)

    async def billed(self, job: Job, cost: Decimal) -> Job | None:
        """Book what a request that has failed for good was charged, and take the job off the list.

        Returns the job; None if it is not on the list any more.
        """

        def bill(db: Connection, current: Job, now: float) -> Job:
            if cost:
                ledger.adjust(db, current, cost, now)
            return replace(current, cost=cost or None, recheck_at=None)

        return await self._change(job, bill)

    async def _change(self, job: Job, changed: Callable[[Connection, Job, float], Job]) -> Job | None:
        now = self._clock.wall()

        def change(db: Connection) -> Job | None:
            row = db.execute(_LISTED, (job.id, job.guild_id)).fetchone()
            if row is None:
                return None
            current = job_of(row)
            update_job(db, changed(db, current, now), current)
            forget_unneeded_keys(db, job.guild_id)
            return job_in(db, job.guild_id, job.id)

        return await self._database.write(change)
