"""What the bot has learned, for all guilds together, and small facts about itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.durations import Kind
from bot.store.engine.repository import Repository


class Histograms(Repository):
    """The table `histograms`: how long jobs take, for all guilds together."""

    async def save(self, learned: Mapping[Kind, str]) -> None:
        """Store how long jobs of these kinds take, as the text of bot/domain/durations.py."""
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
        """Delete what is stored of these kinds."""
        if kinds:
            await self._database.write(
                lambda db: db.executemany(
                    "DELETE FROM histograms WHERE operation = ? AND model = ? AND kind = ?", kinds
                )
            )

    async def all(self) -> dict[Kind, str]:
        """Return all stored data."""
        rows = await self._database.read(
            lambda db: db.execute("SELECT operation, model, kind, data FROM histograms").fetchall()
        )
        return {(operation, model, kind): data for operation, model, kind, data in rows}
