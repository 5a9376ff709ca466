"""Ended jobs whose request may still succeed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from bot.domain.models import Job, JobState, Media
from bot.store.engine.repository import Repository
from bot.store.jobs.rows import job_in, job_of, update_job
from bot.store.money import ledger
from bot.store.sql import Connection
from bot.store.vault.secret_box import forget_unneeded_keys

_DUE = "SELECT * FROM jobs WHERE recheck_at <= ? ORDER BY recheck_at LIMIT ?"
_LISTED = "SELECT * FROM jobs WHERE id = ? AND guild_id = ? AND recheck_at IS NOT NULL"
_WITHOUT_RESULT = f"{_LISTED} AND state IN ('failed', 'expired')"


POST_AGAIN_S = 60.0
"""Delay before a held result is posted whose follower died."""


class Rechecks(Repository):
    """Jobs with a `recheck_at`: failed or expired with a closed hold, or held to be posted."""

    async def due(self, now: float, *, limit: int) -> list[Job]:
        """Return the rechecks of all guilds due by `now` (Unix seconds), longest due first."""
        return await self._all(job_of, _DUE, (now, limit))

    async def postpone(self, job: Job, at: float | None, *, counts: bool) -> None:
        """Poll next at `at` (Unix seconds), None for never. `counts` if this poll was answered."""
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
    ) -> Job | None:
        """Keep a late result as `held`, with its cost booked. Returns the job; None if no longer listed.

        It stays listed until posting was tried, in case of a crash. `sentence` says why it was not posted
        before. A `cost` of None is unknown: the estimate is booked.
        """

        def find(db: Connection, current: Job, now: float) -> Job:
            if booked := current.reserved if cost is None else cost:
                ledger.adjust(db, current, booked, now)
            return replace(
                current,
                state=JobState.HELD,
                output=output,
                media=tuple(media),
                cost=cost,
                error=sentence,
                finished_at=now,
                recheck_at=now + POST_AGAIN_S,
            )

        return await self._change(job, find, _WITHOUT_RESULT)

    async def billed(self, job: Job, cost: Decimal) -> Job | None:
        """Book the charge of a request that failed for good, and delist the job.

        Returns the job; None if no longer listed.
        """

        def bill(db: Connection, current: Job, now: float) -> Job:
            if cost:
                ledger.adjust(db, current, cost, now)
            return replace(current, cost=cost or None, recheck_at=None)

        return await self._change(job, bill, _WITHOUT_RESULT)

    async def _change(
        self, job: Job, changed: Callable[[Connection, Job, float], Job], listed: str = _LISTED
    ) -> Job | None:
        now = self._clock.wall()

        def change(db: Connection) -> Job | None:
            row = db.execute(listed, (job.id, job.guild_id)).fetchone()
            if row is None:
                return None
            current = job_of(row)
            update_job(db, changed(db, current, now), current)
            forget_unneeded_keys(db, [job.payer_id])
            return job_in(db, job.guild_id, job.id)

        return await self._write(job.guild_id, change)
