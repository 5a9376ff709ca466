"""Anonymous sums over all servers, for the metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.jobs.durations import Kind
from bot.domain.models import JobState, WaitsFor
from bot.store.engine.columns import from_milli
from bot.store.engine.repository import Repository
from bot.store.money.totals import HOST_ID, HostCredits, booked, host_credits
from bot.store.sql import HOST, Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFigures:
    """Current totals. Amounts are credits, without practice."""

    open: Mapping[tuple[JobState, WaitsFor | None], int]
    """Open jobs by state and other waiting reason."""
    booked: Mapping[str, Decimal]
    """Ledger totals by kind of line."""
    held: Decimal
    """Credits held for open jobs."""
    refused_keys: int
    """How many servers' keys Cannon Studio refuses."""
    accounts: Mapping[str, int]
    """How many accounts are linked: of servers, of members, and for practice."""
    of_host: tuple[HostCredits, ...] = ()
    """What was spent under each of the host's limits."""


class Figures(Repository):
    """Counts for the metrics."""

    async def now(self) -> StoreFigures:
        limits, now = self._database.host_limits, self._clock.wall()

        def look(db: Connection) -> StoreFigures:
            counts = db.execute(_COUNTS).fetchall()
            return StoreFigures(
                open={(JobState(state), WaitsFor(waits) if waits else None): count for state, waits, count in counts},
                booked={kind.value: credits_ for kind, credits_ in booked(db, HOST_ID, practice=False).items()},
                held=from_milli(db.execute(_HELD).fetchone()[0]),
                refused_keys=db.execute(_REFUSED).fetchone()[0],
                accounts={kind: db.execute(_ACCOUNTS, each).fetchone()[0] for kind, each in _KINDS.items()},
                of_host=host_credits(db, limits, now),
            )

        return await self._database.read(look)


_COUNTS = """
SELECT state, waits_for, count(*) FROM jobs
WHERE state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready') GROUP BY state, waits_for
"""
_HELD = """
SELECT sum(held_milli + raised_milli) FROM jobs
WHERE state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready') AND practice = 0
"""
_REFUSED = "SELECT count(*) FROM guild_keys WHERE own = 0 AND refused_at IS NOT NULL AND secret IS NOT NULL"
_ACCOUNTS = "SELECT count(*) FROM guild_keys WHERE own = ? AND practice = ? AND retired_at IS NULL"
_KINDS = {"server": (0, 0), "member": (1, 0), "practice": (0, 1)}


_SET_DURATIONS = """
INSERT INTO histograms (operation, model, kind, data) VALUES (?, ?, ?, ?)
ON CONFLICT (operation, model, kind) DO UPDATE SET data = excluded.data
"""


class Histograms(Repository):
    """The table `histograms`: job durations over all guilds."""

    async def set(self, learned: Mapping[Kind, str]) -> None:
        rows = [(*kind, text) for kind, text in learned.items()]
        if rows:
            await self._database.write(lambda db: db.executemany(_SET_DURATIONS, rows), HOST)

    async def all(self) -> dict[Kind, str]:
        rows = await self._rows("SELECT operation, model, kind, data FROM histograms")
        return {(operation, model, kind): data for operation, model, kind, data in rows}
