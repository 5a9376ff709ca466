"""What jobs have truly cost: read for the prices of new ones, of one API account only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bot.domain.price_model import JOBS_READ, CostSeen, PriceFactors
from bot.store.engine.columns import from_milli, mapping_from_json
from bot.store.engine.repository import Repository
from bot.store.sql import Connection

LATEST_JOBS = 5000
"""How many jobs are read for the prices of all kinds: older ones say little, and reading all would take long."""
LATEST_OF_OPERATION = 1000
"""The same for one operation: completions read it at each keystroke."""

# Word for word the condition of the indexes jobs_costs and jobs_host_costs.
_TOLD = "state IN ('delivered', 'held') AND price_kind IS NOT NULL AND cost_milli IS NOT NULL"
_OF_KIND = f"""
SELECT cost_milli, price_size, price_outputs FROM jobs
WHERE {{payer}} AND operation = :operation AND price_kind = :kind AND {_TOLD}
ORDER BY created_at DESC LIMIT :limit
"""  # noqa: S608 - assembled from constants
_RANGE = f"""
SELECT min(cost_milli), max(cost_milli) FROM jobs
WHERE {{payer}} AND operation = :operation AND {_TOLD}
"""  # noqa: S608 - assembled from constants
_LATEST = f"""
SELECT operation, price_kind, cost_milli, price_size, price_outputs FROM jobs
WHERE {{payer}} AND {_TOLD} ORDER BY created_at DESC LIMIT :limit
"""  # noqa: S608 - assembled from constants
# A cost that equals the guess that was held may be that guess: then the API had told none.
_UNSORTED = """
SELECT id, guild_id, operation, input FROM jobs
WHERE state IN ('delivered', 'held') AND price_kind IS NULL AND cost_milli IS NOT NULL AND input <> '{}'
    AND NOT (basis = 'unknown' AND cost_milli = held_milli)
ORDER BY created_at DESC LIMIT ?
"""
_SORT = "UPDATE jobs SET price_kind = ?, price_size = ?, price_outputs = ? WHERE guild_id = ? AND id = ?"
_LATEST_OF_OPERATION = f"""
SELECT operation, price_kind, cost_milli, price_size, price_outputs FROM jobs
WHERE {{payer}} AND operation = :operation AND {_TOLD}
ORDER BY created_at DESC LIMIT :limit
"""  # noqa: S608 - assembled from constants


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedKind:
    """An operation, and what else makes the price of a job, as in PriceFactors."""

    operation: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsortedCost:
    """A job that was paid for before it was stored what makes its price."""

    id: str
    guild_id: int
    operation: str
    input: Mapping[str, Any]


class TrueCosts(Repository):
    """The costs that the API has told of jobs with a result.

    `key_id` is the API key that paid, None for the host's: prices are those of an account. The servers that the host's
    pays for are one account's, and learn from each other: otherwise each could spend at an unknown price first.
    """

    async def of_kind(
        self, guild_id: int, key_id: int | None, operation: str, kind: str, *, limit: int = JOBS_READ
    ) -> list[CostSeen]:
        """Return the newest costs of the operation's jobs of this kind."""
        values = {"guild_id": guild_id, "key_id": key_id, "operation": operation, "kind": kind, "limit": limit}
        rows = await self._database.read(lambda db: db.execute(_paid_by(_OF_KIND, key_id), values).fetchall())
        return [CostSeen(credits=from_milli(row[0]), size=row[1], outputs=row[2]) for row in rows]

    async def range(self, guild_id: int, key_id: int | None, operation: str) -> tuple[Decimal, Decimal] | None:
        """Return the lowest and the highest cost of the operation's jobs, in credits; None without any."""
        values = {"guild_id": guild_id, "key_id": key_id, "operation": operation}
        query = _paid_by(_RANGE, key_id)
        lowest, highest = await self._database.read(lambda db: db.execute(query, values).fetchone())
        return None if lowest is None else (from_milli(lowest), from_milli(highest))

    async def all(
        self, guild_id: int, key_id: int | None, *, operation: str | None = None, limit: int = JOBS_READ
    ) -> Mapping[PricedKind, list[CostSeen]]:
        """Return the newest costs of every kind of job of late, at most `limit` of each; of one operation, if given."""
        rows_max = LATEST_JOBS if operation is None else LATEST_OF_OPERATION
        values = {"guild_id": guild_id, "key_id": key_id, "operation": operation, "limit": rows_max}
        query = _paid_by(_LATEST if operation is None else _LATEST_OF_OPERATION, key_id)
        rows = await self._database.read(lambda db: db.execute(query, values).fetchall())
        found: dict[PricedKind, list[CostSeen]] = {}
        for operation_id, kind, cost, size, outputs in rows:
            costs = found.setdefault(PricedKind(operation=operation_id, kind=kind), [])
            if len(costs) < limit:
                costs.append(CostSeen(credits=from_milli(cost), size=size, outputs=outputs))
        return found

    async def unsorted(self) -> list[UnsortedCost]:
        """Return the newest jobs, of all guilds, with a told cost of which it was not stored what makes their price."""
        rows = await self._database.read(lambda db: db.execute(_UNSORTED, (LATEST_JOBS,)).fetchall())
        return [
            UnsortedCost(
                id=row["id"],
                guild_id=row["guild_id"],
                operation=row["operation"],
                input=mapping_from_json(row["input"]),
            )
            for row in rows
        ]

    async def sort(self, factors: Mapping[tuple[int, str], PriceFactors]) -> None:
        """Store what makes the price of these jobs, by their guild and id."""
        rows = [(each.kind, each.size, each.outputs, *key) for key, each in factors.items()]

        def change(db: Connection) -> None:
            db.executemany(_SORT, rows)

        await self._database.write(change)


def _paid_by(query: str, key_id: int | None) -> str:
    """Return the query for what one key has paid: a guild's own, or the host's for all guilds."""
    return query.format(payer="key_id IS NULL" if key_id is None else "guild_id = :guild_id AND key_id = :key_id")
