"""The table `prices`: what moderators expect a kind of job to cost."""

from __future__ import annotations

import sqlite3
from decimal import Decimal

from bot.store.engine.columns import from_milli, to_milli
from bot.store.engine.repository import Repository


class Prices(Repository):
    """The table `prices`: what moderators expect a kind of job to cost."""

    async def set(self, guild_id: int, operation: str, model: str, amount: Decimal | None) -> None:
        """Set what a job of this kind is thought to cost in the guild; None removes it. Model '' is for all models."""

        def change(db: sqlite3.Connection) -> None:
            if amount is None:
                db.execute(
                    "DELETE FROM prices WHERE guild_id = ? AND operation = ? AND model = ?",
                    (guild_id, operation, model),
                )
                return
            db.execute(
                "INSERT INTO prices (guild_id, operation, model, credits_milli) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (guild_id, operation, model) DO UPDATE SET credits_milli = excluded.credits_milli",
                (guild_id, operation, model, to_milli(amount)),
            )

        await self._database.write(change)

    async def all(self, guild_id: int) -> dict[tuple[str, str], Decimal]:
        """Return the guild's price list by (operation, model), in credits."""
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT operation, model, credits_milli FROM prices WHERE guild_id = ? ORDER BY operation, model",
                (guild_id,),
            ).fetchall()
        )
        return {(row[0], row[1]): from_milli(row[2]) for row in rows}
