"""What the bot has learned, for all guilds together, and small facts about itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from bot.store.engine.repository import Repository


class Histograms(Repository):
    """The table `histograms`: how long jobs take, for all guilds together."""

    async def save(self, operation: str, model: str, data: str) -> None:
        """Store how long jobs of this kind take; `data` is poll_schedule's text; model '' means none."""

        def change(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO histograms (operation, model, data) VALUES (?, ?, ?)"
                " ON CONFLICT (operation, model) DO UPDATE SET data = excluded.data",
                (operation, model, data),
            )

        await self._database.write(change)

    async def forget(self, names: Sequence[tuple[str, str]]) -> None:
        """Delete what is stored of these (operation, model)."""
        if names:
            await self._database.write(
                lambda db: db.executemany("DELETE FROM histograms WHERE operation = ? AND model = ?", names)
            )

    async def all(self) -> dict[tuple[str, str], str]:
        """Return all stored data, by (operation, model)."""
        rows = await self._database.read(
            lambda db: db.execute("SELECT operation, model, data FROM histograms").fetchall()
        )
        return {(operation, model): data for operation, model, data in rows}
