"""The table `prices`: what moderators expect a kind of job to cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from bot.domain.price_list import ListedPrice, PriceList, PriceUnit
from bot.store.engine.columns import from_milli, to_milli
from bot.store.engine.kept import Recalled
from bot.store.engine.record import Change, RecordOf
from bot.store.engine.repository import Repository
from bot.store.sql import Connection

_PUT = """
INSERT INTO prices (guild_id, operation, model, credits_milli, per) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (guild_id, operation, model) DO UPDATE SET credits_milli = excluded.credits_milli, per = excluded.per
"""
_ALL = "SELECT operation, model, credits_milli, per FROM prices WHERE guild_id = ? ORDER BY operation, model"


class Prices(Repository):
    """The table `prices`: what moderators expect a kind of job to cost."""

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
        """Set what jobs of this kind are expected to cost in the guild; None removes it. Model '' is for all models.

        `allow` is given the current list in the same transaction; what it raises propagates, with nothing changed.
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
        """Replace the guild's whole list, in one transaction."""

        def change(db: Connection) -> Change[PriceList]:
            before = _prices(db, guild_id)
            db.execute("DELETE FROM prices WHERE guild_id = ?", (guild_id,))
            for (operation, model), price in prices.items():
                _set(db, guild_id, operation, model, price)
            return Change(before=before, after=dict(prices))

        return await self._recorded(guild_id, change, record)

    async def all(self, guild_id: int) -> Mapping[tuple[str, str], ListedPrice]:
        """Return the guild's price list by (operation, model)."""
        return await self._database.recall(Recalled.PRICES, (guild_id,), lambda db: _prices(db, guild_id))


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
