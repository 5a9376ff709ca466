"""What the bot has learned, for all guilds together, and small facts about itself."""

from __future__ import annotations

import sqlite3

from bot.store.columns import to_text
from bot.store.part import Part


class Learned(Part):
    """The tables `histograms` and `meta`."""

    async def save_histogram(self, operation: str, model: str, data: str) -> None:
        """Keep how long jobs of this kind take; `data` is the text of bot/jobs/cadence.py, model '' stands for none."""

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
