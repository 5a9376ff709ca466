"""The table `prices`: what moderators expect a kind of job to cost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from decimal import Decimal

from bot.store.engine.columns import from_milli, to_milli
from bot.store.engine.record import Change, RecordOf
from bot.store.engine.repository import Repository

PriceList = Mapping[tuple[str, str], Decimal]
"""Credits by operation and model; model '' is for all models."""


class Prices(Repository):
    """The table `prices`: what moderators expect a kind of job to cost."""

    async def set(
        self,
        guild_id: int,
        operation: str,
        model: str,
        amount: Decimal | None,
        *,
        allow: Callable[[PriceList], None] | None = None,
        record: RecordOf[Change[Decimal | None]] | None = None,
    ) -> Change[Decimal | None]:
        """Set what a job of this kind is expected to cost in the guild; None removes it. Model '' is for all models.

        `allow` is given the current list in the same transaction; what it raises propagates, with nothing changed.
        """

        def change(db: sqlite3.Connection) -> Change[Decimal | None]:
            before = _prices(db, guild_id)
            if allow is not None:
                allow(before)
            _set(db, guild_id, operation, model, amount)
            return Change(before=before.get((operation, model)), after=amount)

        return await self._recorded(guild_id, change, record)

    async def all(self, guild_id: int) -> dict[tuple[str, str], Decimal]:
        """Return the guild's price list by (operation, model), in credits."""
        return await self._database.read(lambda db: _prices(db, guild_id))


def _set(db: sqlite3.Connection, guild_id: int, operation: str, model: str, amount: Decimal | None) -> None:
    if amount is None:
        db.execute(
            "DELETE FROM prices WHERE guild_id = ? AND operation = ? AND model = ?", (guild_id, operation, model)
        )
        return
    db.execute(
        "INSERT INTO prices (guild_id, operation, model, credits_milli) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (guild_id, operation, model) DO UPDATE SET credits_milli = excluded.credits_milli",
        (guild_id, operation, model, to_milli(amount)),
    )


def _prices(db: sqlite3.Connection, guild_id: int) -> dict[tuple[str, str], Decimal]:
    rows = db.execute(
        "SELECT operation, model, credits_milli FROM prices WHERE guild_id = ? ORDER BY operation, model", (guild_id,)
    ).fetchall()
    return {(row[0], row[1]): from_milli(row[2]) for row in rows}
