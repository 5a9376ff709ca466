"""What a worker of several claims, and what it leaves to the others."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import structlog

from bot.jobs.follow.claims import Claims
from bot.jobs.follow.lanes import Followed
from bot.store import CommitUnknown
from bot.store.engine.columns import to_json
from bot.store.engine.repository import Repository
from bot.store.processes import SHARED_LEASE_S, SHARED_RENEW_S, free
from bot.store.sql import Connection

log = structlog.get_logger(__name__)

CLAIM_REST_S = 1.0
"""After this time a process takes what it left to others: one of them may be gone."""
SPARED_S = 0.5
"""A job that is due so soon is not left to another process: its next turn would be late."""
OFFERED_MORE = 200
"""How many more jobs are offered than may be left to others: those whose card has a turn are not taken."""


class GivenJobs(Repository):
    """Frees jobs for other processes."""

    async def give(self, token: str, offered: Collection[str], *, at_most: int | None = None) -> set[str]:
        """Free jobs under this lease for others, of whole cards all of whose jobs are offered; return their ids."""

        def change(db: Connection) -> set[str]:
            given = _to_give(db, token, offered, at_most)
            if given:
                free(db, _THESE, {"ids": to_json(given)})
                db.execute("UPDATE leases SET jobs = jobs - ? WHERE token = ?", (len(given), token))
            return set(given)

        return await self._database.write(change)


def _to_give(db: Connection, token: str, offered: Collection[str], at_most: int | None) -> list[str]:
    """Return the offered jobs of whole cards, at most so many."""
    cards: dict[str, list[str]] = {}
    for card_id, job_id in db.execute(_OFFERED, {"ids": to_json(list(offered)), "token": token}):
        cards.setdefault(card_id, []).append(job_id)
    offer, given = set(offered), list[str]()
    for ids in cards.values():
        if offer.issuperset(ids) and (at_most is None or len(given) + len(ids) <= at_most):
            given += ids
    return given


_THESE = "SELECT value FROM json_each(:ids)"
_OFFERED = """
SELECT own.card_id, own.id FROM running_jobs AS own WHERE own.lease = :token AND own.card_id IN (
    SELECT jobs.card_id FROM json_each(:ids) AS offered CROSS JOIN jobs ON jobs.id = offered.value
)
"""


class FleetClaims(Claims):
    """Claims a fair part of what is free, whole cards, and leaves idle jobs to processes that have too few."""

    lease_s, renew_s = SHARED_LEASE_S, SHARED_RENEW_S
    by_card = True

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.given = self.store.rows(GivenJobs)
        self._is_leaving = False
        self._rest_due: float | None = None
        """When to claim what was left to other processes, monotonic seconds; None before something was."""

    async def renew(self) -> bool:
        if not await super().renew():
            return False
        if self._keeper.surplus and not self._is_leaving:
            await self._give(self._keeper.surplus)
        return True

    def _load(self) -> int | None:
        return None if self._is_leaving else super()._load()

    async def leave(self) -> None:
        """Free what has no turn now, for others at once, and take nothing more; the lease is kept for the turns."""
        if not self._is_leaving:
            self._is_leaving, self.due = True, 0.0
        await self.renew()
        await self._give()

    async def _claim_free(self) -> None:
        """Claim a fair part, and a moment later what no other took."""
        now = self.clock.monotonic()
        self.shares = self._rest_due is None or now < self._rest_due
        await super()._claim_free()
        if not self.shares:
            self._rest_due = None
            return
        if self._rest_due is None:
            self._rest_due = now + CLAIM_REST_S
        self.agenda.claim_due = min(self.agenda.claim_due, self._rest_due)

    async def _give(self, at_most: int | None = None) -> None:
        """Leave idle jobs to other processes, whole cards: no turn is interrupted, and none begins meanwhile."""
        soon = self.clock.monotonic() + (0.0 if at_most is None else SPARED_S)
        idle = {
            each.id: each
            for each in self.agenda.jobs.values()
            if not (each.busy or each.is_begun) and (at_most is None or each.due > soon)
        }
        offered = list(idle)[: None if at_most is None else at_most + OFFERED_MORE]
        if not offered:
            return
        for job_id in offered:
            idle[job_id].busy, idle[job_id].entry = True, None
        given = set[str]()
        try:
            given = await self.given.give(self.lease, offered, at_most=at_most)
        except CommitUnknown:
            self.may_hold_more = True
            raise
        finally:
            for job_id in offered:
                self._resolve(idle[job_id], is_given=job_id in given)
        if given:
            log.info("worker.gave", jobs=len(given), left=len(self.agenda.jobs))
            self._rest_due = self.clock.monotonic() + CLAIM_REST_S
            self.announce_free()

    def _resolve(self, followed: Followed, *, is_given: bool) -> None:
        followed.busy = False
        if not self.agenda.has(followed):
            return
        if is_given:
            self.agenda.drop(followed.id)
            return
        is_wanted = followed.decided or followed.hint_due is not None  # meanwhile
        followed.decided = False
        self.agenda.set_due(followed, 0.0 if is_wanted else followed.due - self.clock.monotonic())
