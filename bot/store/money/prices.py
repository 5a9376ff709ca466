"""Moderators' expected prices, and observed costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from bot.domain.money.costs import JOBS_READ, ListedPrice, PriceFactors, PriceList, PriceUnit
from bot.store.engine.columns import from_milli, to_milli
from bot.store.engine.repository import Change, RecordOf, Repository
from bot.store.sql import Connection

_PUT = """
INSERT INTO prices (guild_id, operation, model, credits_milli, per) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (guild_id, operation, model) DO UPDATE SET credits_milli = excluded.credits_milli, per = excluded.per
"""
_ALL = "SELECT operation, model, credits_milli, per FROM prices WHERE guild_id = ? ORDER BY operation, model"


class Prices(Repository):
    """The table `prices`: expected costs by kind of job."""

    async def set(
        self,
        guild_id: int,
        operation: str,
        model: str,
        amount: Decimal | None,
        *,
        per: PriceUnit = PriceUnit.JOB,
        allow: Callable[[PriceList], None] | None = None,
        record: RecordOf[Change[ListedPrice | None]] | None = None,
    ) -> Change[ListedPrice | None]:
        """Set the guild's expected cost of this kind; None removes it. Model '' is for all models.

        `allow` gets the current list in the same transaction; its exceptions propagate, with nothing changed.
        """
        after = None if amount is None else ListedPrice(credits=amount, per=per)

        def change(db: Connection) -> Change[ListedPrice | None]:
            before = _prices(db, guild_id)
            if allow is not None:
                allow(before)
            _set(db, guild_id, operation, model, after)
            return Change(before=before.get((operation, model)), after=after)

        return await self._recorded(guild_id, change, record)

    async def replace(
        self, guild_id: int, prices: PriceList, *, record: RecordOf[Change[PriceList]] | None = None
    ) -> Change[PriceList]:

        def change(db: Connection) -> Change[PriceList]:
            before = _prices(db, guild_id)
            db.execute("DELETE FROM prices WHERE guild_id = ?", (guild_id,))
            for (operation, model), price in prices.items():
                _set(db, guild_id, operation, model, price)
            return Change(before=before, after=dict(prices))

        return await self._recorded(guild_id, change, record)

    async def all(self, guild_id: int) -> Mapping[tuple[str, str], ListedPrice]:
        return await self._database.look(lambda db: _prices(db, guild_id))


def _set(db: Connection, guild_id: int, operation: str, model: str, price: ListedPrice | None) -> None:
    if price is None:
        db.execute(
            "DELETE FROM prices WHERE guild_id = ? AND operation = ? AND model = ?", (guild_id, operation, model)
        )
        return
    db.execute(_PUT, (guild_id, operation, model, to_milli(price.credits), price.per.value))


def _prices(db: Connection, guild_id: int) -> dict[tuple[str, str], ListedPrice]:
    rows = db.execute(_ALL, (guild_id,)).fetchall()
    return {(row[0], row[1]): ListedPrice(credits=from_milli(row[2]), per=PriceUnit(row[3])) for row in rows}


_SEARCHED = 1000
"""The newest costs, of all sizes, among which those of one are searched."""
# Must match the condition of the indexes jobs_costs and jobs_host_costs, whose order finds each kind by one search.
_HAS_COST = (
    "state IN ('queued', 'processing', 'ready', 'delivered', 'held')"
    " AND price_kind IS NOT NULL AND cost_milli IS NOT NULL"
)
_OF_KIND = f"""
SELECT cost_milli FROM (
    SELECT cost_milli, price_size, price_outputs FROM jobs
    WHERE {{payer}} AND operation = :operation AND price_kind = :kind AND {_HAS_COST}
    ORDER BY created_at DESC LIMIT {_SEARCHED}
) AS newest
WHERE coalesce(price_size, 0) = :size AND price_outputs = :outputs LIMIT :limit
"""  # noqa: S608 - assembled from constants
_OPERATION = "VALUES (:operation)"
_OPERATIONS = f"""
SELECT min(operation) FROM jobs WHERE {{payer}} AND {_HAS_COST}
UNION ALL SELECT (
    SELECT min(operation) FROM jobs WHERE {{payer}} AND operation > operations.id AND {_HAS_COST}
) FROM operations WHERE id IS NOT NULL
"""  # noqa: S608 - assembled from constants
_KINDS = f"""
WITH RECURSIVE operations (id) AS ({{operations}}), kinds (operation, kind) AS (
    SELECT id, (SELECT min(price_kind) FROM jobs WHERE {{payer}} AND operation = operations.id AND {_HAS_COST})
    FROM operations WHERE id IS NOT NULL
    UNION ALL SELECT kinds.operation, (
        SELECT min(price_kind) FROM jobs
        WHERE {{payer}} AND operation = kinds.operation AND price_kind > kinds.kind AND {_HAS_COST}
    ) FROM kinds WHERE kind IS NOT NULL
)
SELECT jobs.operation, price_kind, price_size, price_outputs, cost_milli FROM kinds CROSS JOIN jobs
WHERE kind IS NOT NULL AND jobs.id IN (
    SELECT id FROM jobs WHERE {{payer}} AND operation = kinds.operation AND price_kind = kinds.kind AND {_HAS_COST}
    ORDER BY created_at DESC LIMIT :limit
)
ORDER BY jobs.operation, price_kind, jobs.created_at DESC
"""  # noqa: S608 - assembled from constants
# Its owner is a server, or a member who pays in several.
_OWN_KEY = "key_id = :key_id AND EXISTS (SELECT 1 FROM guild_keys WHERE guild_id = :guild_id AND id = :key_id)"

CostsByKind = Mapping[PriceFactors, Sequence[Decimal]]
"""The newest costs in credits of an operation's kinds, of which the sizes are rounded."""


def costs_of_kind(
    db: Connection, guild_id: int, key_id: int | None, operation: str, factors: PriceFactors
) -> list[Decimal]:
    """Return the newest costs, in credits, of jobs of one kind that this key has paid."""
    values = {
        "guild_id": guild_id,
        "key_id": key_id,
        "operation": operation,
        "kind": factors.kind,
        "size": factors.size or 0,
        "outputs": factors.outputs,
        "limit": JOBS_READ,
    }
    return [from_milli(row[0]) for row in db.execute(_paid_by(_OF_KIND, key_id), values).fetchall()]


class TrueCosts(Repository):
    """Costs that the API reported for jobs that did not fail, also while it works.

    `guild_id` is the payer, a server or a member; `key_id` is the paying API key, None for the host's: prices are per
    account. Servers on the host's key are one account and share knowledge: otherwise each could spend at an unknown
    price first.
    """

    async def of_kind(self, guild_id: int, key_id: int | None, operation: str, factors: PriceFactors) -> list[Decimal]:
        """Return the newest costs of this kind, whose size is rounded."""
        return await self._database.read(lambda db: costs_of_kind(db, guild_id, key_id, operation, factors))

    async def all(
        self, guild_id: int, key_id: int | None, *, operation: str | None = None
    ) -> Mapping[str, CostsByKind]:
        """Return the newest costs by operation and kind; of one operation, if given."""
        operations = _OPERATIONS if operation is None else _OPERATION
        query = _paid_by(_KINDS.replace("{operations}", operations), key_id)
        values = {"guild_id": guild_id, "key_id": key_id, "operation": operation, "limit": JOBS_READ}
        found: dict[str, dict[PriceFactors, list[Decimal]]] = {}
        for operation_id, kind, size, outputs, cost in await self._rows(query, values):
            factors = PriceFactors(kind=kind, size=size, outputs=outputs)
            found.setdefault(operation_id, {}).setdefault(factors, []).append(from_milli(cost))
        return found


def _paid_by(query: str, key_id: int | None) -> str:
    """Return the query for what one key paid: its owner's, or the host's for all guilds."""
    return query.format(payer="key_id IS NULL" if key_id is None else _OWN_KEY)
