"""What the bot has learned, for all guilds together, and small facts about itself."""

from __future__ import annotations

import sqlite3
from decimal import Decimal

from bot.store.engine.columns import from_milli, to_text
from bot.store.engine.repository import Part

LATEST_COSTS = 5000
"""How many jobs are looked at for what things cost: older ones say little, and to read them all would take long."""

_LATEST_COSTS = """
SELECT operation, credits_milli FROM (
    SELECT job_id, credits_milli FROM ledger WHERE kind = 'settle' ORDER BY id DESC LIMIT ?
) AS settled JOIN jobs ON jobs.id = settled.job_id
"""


class Learned(Part):
    """The tables `histograms` and `meta`."""

    async def save_histogram(self, operation: str, model: str, data: str) -> None:
        """Keep how long jobs of this kind take; `data` is poll_schedule's text; model '' means none."""

        def change(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO histograms (operation, model, data) VALUES (?, ?, ?)"
                " ON CONFLICT (operation, model) DO UPDATE SET data = excluded.data",
                (operation, model, data),
            )

        await self._database.write(change)

    async def histograms(self) -> dict[tuple[str, str], str]:
        """Return all that was kept, by (operation, model)."""
        rows = await self._database.read(
            lambda db: db.execute("SELECT operation, model, data FROM histograms").fetchall()
        )
        return {(operation, model): data for operation, model, data in rows}

    async def costs_by_operation(self) -> dict[str, list[Decimal]]:
        """Return the true costs, in credits, of the latest jobs of all guilds together, by operation."""
        rows = await self._database.read(lambda db: db.execute(_LATEST_COSTS, (LATEST_COSTS,)).fetchall())
        found: dict[str, list[Decimal]] = {}
        for operation, cost in rows:
            found.setdefault(operation, []).append(from_milli(cost))
        return found

    async def get_meta(self, name: str) -> str | None:
        """Return what was noted under this name, None if nothing was."""
        row = await self._database.read(
            lambda db: db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        )
        return None if row is None else str(row[0])

    async def set_meta(self, name: str, value: str) -> None:
        """Note a fact under this name, in place of what was there."""

        def change(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, to_text(value)),
            )

        await self._database.write(change)
