"""The table `best_of_week`: where servers have the best of each week posted, and when the next are due."""

from __future__ import annotations

from bot.domain.server.weeks import posted_next
from bot.store.engine.repository import RecordOf, Repository
from bot.store.money.spending import rules_of
from bot.store.sql import Connection

_SET = """
INSERT INTO best_of_week (guild_id, channel_id, due_at) VALUES (?, ?, ?)
ON CONFLICT (guild_id) DO UPDATE SET channel_id = excluded.channel_id
"""
_DUE = """
SELECT guild_id, channel_id FROM best_of_week
WHERE due_at <= ? AND guild_id NOT IN (SELECT guild_id FROM absent_guilds) ORDER BY due_at LIMIT ?
"""


class BestOfWeek(Repository):
    """The table `best_of_week`. A server without a row has it off."""

    async def channel_of(self, guild_id: int) -> int | None:
        """Return where the guild has the best of each week posted, None if it is off."""
        row = await self._row("SELECT channel_id FROM best_of_week WHERE guild_id = ?", (guild_id,))
        return None if row is None else int(row[0])

    async def set_channel(self, guild_id: int, channel_id: int | None, *, record: RecordOf[bool] | None = None) -> None:
        """Have it posted there from the current week on; None turns it off."""

        def change(db: Connection) -> bool:
            if channel_id is None:
                db.execute("DELETE FROM best_of_week WHERE guild_id = ?", (guild_id,))
            else:
                db.execute(_SET, (guild_id, channel_id, self._after_week(db, guild_id)))
            return True

        await self._recorded(guild_id, change, record)

    async def due(self, *, limit: int) -> list[tuple[int, int]]:
        """Return what is due, of all guilds that have the bot, longest due first: guild and channel."""
        return [(row[0], row[1]) for row in await self._rows(_DUE, (self._clock.wall(), limit))]

    async def postpone(self, guild_id: int, seconds: float | None) -> None:
        """Have it due again after so many seconds; None: after the current week, as the last one needs nothing more."""

        def change(db: Connection) -> None:
            due_at = self._after_week(db, guild_id) if seconds is None else self._clock.wall() + seconds
            db.execute("UPDATE best_of_week SET due_at = ? WHERE guild_id = ?", (due_at, guild_id))

        await self._write(guild_id, change)

    def _after_week(self, db: Connection, guild_id: int) -> float:
        return posted_next(self._clock.wall(), rules_of(db, guild_id).zone)
