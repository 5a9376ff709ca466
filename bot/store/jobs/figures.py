"""Anonymous sums over all servers, for the metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.jobs.durations import Kind
from bot.domain.models import JobState, WaitsFor
from bot.runtime.clock import Clock
from bot.store.engine.columns import from_milli
from bot.store.engine.database import Database
from bot.store.engine.repository import Repository
from bot.store.money.totals import HostCredits, host_credits
from bot.store.sql import Connection
from bot.store.vault.secret_box import SecretBox


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
    of_host: tuple[HostCredits, ...] = ()
    """What was spent under each of the host's limits."""


class Figures(Repository):
    """Counts for the metrics. Ledger lines never change, so each is added once."""

    def __init__(self, database: Database, box: SecretBox, clock: Clock) -> None:
        super().__init__(database, box, clock)
        self._upto = 0
        self._milli: dict[str, int] = {}

    async def now(self) -> StoreFigures:
        limits, now = self._database.host_limits, self._clock.wall()
        (counts, lines, held, refused), of_host = await self._database.read(
            lambda db: (_look(db, self._upto), host_credits(db, limits, now))
        )
        for kind, milli, last in lines:
            self._milli[kind] = self._milli.get(kind, 0) + milli
            self._upto = max(self._upto, last)
        return StoreFigures(
            open={(JobState(state), WaitsFor(waits) if waits else None): count for state, waits, count in counts},
            booked={kind: from_milli(milli) for kind, milli in self._milli.items()},
            held=from_milli(held),
            refused_keys=refused,
            of_host=of_host,
        )


def _look(
    db: Connection, upto: int
) -> tuple[list[tuple[str, str | None, int]], list[tuple[str, int, int]], int | None, int]:
    counts = [tuple(row) for row in db.execute(_COUNTS).fetchall()]
    lines = [tuple(row) for row in db.execute(_LINES, (upto,)).fetchall()]
    return counts, lines, db.execute(_HELD).fetchone()[0], db.execute(_REFUSED).fetchone()[0]


_COUNTS = """
SELECT state, waits_for, count(*) FROM jobs
WHERE state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready') GROUP BY state, waits_for
"""
_LINES = """
SELECT kind, sum(CASE WHEN practice = 1 THEN 0 ELSE credits_milli END), max(id) FROM ledger WHERE id > ? GROUP BY kind
"""
_HELD = """
SELECT sum(held_milli + raised_milli) FROM jobs
WHERE state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready') AND practice = 0
"""
_REFUSED = "SELECT count(*) FROM guild_keys WHERE refused_at IS NOT NULL AND secret IS NOT NULL"


class Histograms(Repository):
    """The table `histograms`: job durations over all guilds."""

    async def save(self, learned: Mapping[Kind, str]) -> None:
        """Store these kinds' durations, as the text of bot/domain/jobs/durations.py."""
        if not learned:
            return
        rows = [(*kind, data) for kind, data in learned.items()]
        await self._database.write(
            lambda db: db.executemany(
                "INSERT INTO histograms (operation, model, kind, data) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (operation, model, kind) DO UPDATE SET data = excluded.data",
                rows,
            )
        )

    async def forget(self, kinds: Sequence[Kind]) -> None:
        if kinds:
            await self._database.write(
                lambda db: db.executemany(
                    "DELETE FROM histograms WHERE operation = ? AND model = ? AND kind = ?", kinds
                )
            )

    async def all(self) -> dict[Kind, str]:
        rows = await self._rows("SELECT operation, model, kind, data FROM histograms")
        return {(operation, model, kind): data for operation, model, kind, data in rows}
