"""How a process of several claims jobs, and frees them for the others when it stops."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from bot.jobs.follow.claims import Claims
from bot.store.engine.columns import to_json
from bot.store.engine.repository import Repository
from bot.store.processes import SHARED_LEASE_S, SHARED_RENEW_S, free
from bot.store.sql import Connection


class FreedJobs(Repository):
    """Frees jobs for other processes."""

    async def free(self, token: str, job_ids: Collection[str]) -> None:
        """Free those of these jobs that are under this lease."""

        def change(db: Connection) -> None:
            free(db, _OF_THESE, {"token": token, "ids": to_json(list(job_ids))})

        await self._database.write(change)


_OF_THESE = "SELECT id FROM running_jobs WHERE lease = :token AND id IN (SELECT value FROM json_each(:ids))"


CLAIM_AGAIN_S = 1.0
"""How soon after a claim it is repeated, for jobs that another transaction was just changing."""


class FleetClaims(Claims):
    """Claims whole cards, whose message one process edits."""

    lease_s, renew_s = SHARED_LEASE_S, SHARED_RENEW_S
    by_card = True

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._freed = self.store.rows(FreedJobs)
        self._again_at: float | None = None
        """When to repeat a claim, monotonic seconds; None: not to be."""

    async def claim(self) -> None:
        """Claim, and once more a moment later: a claim passes over jobs that are being changed."""
        now = self.clock.monotonic()
        if now < self.agenda.claim_due:
            return
        await super().claim()
        if self._again_at is not None and now >= self._again_at:
            self._again_at = None
            return
        self._again_at = now + CLAIM_AGAIN_S if self._again_at is None else self._again_at
        self.agenda.claim_due = min(self.agenda.claim_due, self._again_at)

    async def leave(self) -> None:
        """Free what has no turn now, for others at once; the lease is kept for the turns."""
        await self.renew()
        idle = [each.id for each in self.agenda.jobs.values() if not (each.busy or each.is_begun)]
        if not idle:
            return
        await self._freed.free(self.lease, idle)
        for job_id in idle:
            self.agenda.drop(job_id)
        self.announce_free()
