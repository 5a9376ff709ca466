"""How a process of several claims the jobs of its shards, takes over from the dead, and frees its own.

A process lives as long as the session that has its locks: the server says so, and no clock.
"""

from __future__ import annotations

import math
from typing import Any

import psycopg
import structlog

from bot.fleet.postgresql.database import OnServer
from bot.fleet.postgresql.shard_locks import BACK_S, DEAD, LEASE, MEMBER, SHARD, members_of
from bot.jobs.follow.claims import CLAIMED_MAX, Claims
from bot.store import Claimed

log = structlog.get_logger(__name__)


_LOCKS = "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND pid = {session} AND classid"
OF_OWN_SHARDS = f"/*shared AND (own.guild_id >> 22) % ({_LOCKS} = {MEMBER}) IN ({_LOCKS} = {SHARD}) */"
"""Of a process's session on the server."""


def _look(raw: psycopg.Connection[Any], token: str, is_new: bool) -> Any:
    """Return the members, and whether jobs of dead processes are left."""
    if is_new:
        raw.execute("SELECT pg_advisory_lock_shared(%s, hashtext(%s))", [LEASE, token])
    return members_of(raw), raw.execute(DEAD).fetchone() is not None


CLAIM_AGAIN_S = 1.0
"""How soon after a claim it is repeated."""


class FleetClaims(Claims):
    """Claims the jobs of the shards whose locks this process has."""

    renew_s = 1.0

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._locks = self.store.rows(OnServer).database.locks
        self._again_at = math.inf
        """When to repeat a claim once: it passes over jobs that another transaction was just changing."""
        self._locked = (0, "")
        """The session that has the lock of this lease, and the lease."""
        self._back_at = -BACK_S
        """When that session began, if another was lost."""
        self._session = 0
        """Its process on the server."""
        self._shards = set[int]()
        """Those whose jobs this process may have."""

    async def hold(self) -> None:
        now, wanted = self.clock.monotonic(), (self._locks.session, self.lease)
        if self._locked[0] not in {0, wanted[0]}:
            self._back_at = now
        (self._session, members, held), has_dead = await self._locks.ask(
            lambda raw: _look(raw, self.lease, self._locked != wanted)
        )
        self._locked = wanted
        if (own := held.pop(self._session, set())) - self._shards:
            self._shards |= own
            self._again_at, self.agenda.claim_due = math.inf, 0.0
        if now >= self._again_at:
            self.agenda.claim_due = 0.0
        # Soon after its own session was lost, the others' may have been lost as well.
        if has_dead and now - self._back_at >= BACK_S and (freed := await self.store.leases.take_over()):
            log.warning("worker.took_over", jobs=freed)
            self.announce_free()
        if strange := self._shards & set().union(*held.values()):
            followed, shards = self.agenda.jobs.values(), members.get(self._session, 1)
            of_these = [each for each in followed if (each.guild_id >> 22) % shards in strange]
            await self.free(of_these)
            if not of_these:
                self._shards -= strange

    async def claim_free(self) -> list[Claimed]:
        now = self.clock.monotonic()
        self._again_at = math.inf if now >= self._again_at else min(self._again_at, now + CLAIM_AGAIN_S)
        of = OF_OWN_SHARDS.format(session=self._session)
        return await self.store.leases.claim(self.lease, limit=CLAIMED_MAX, of=of)
