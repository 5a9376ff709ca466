"""The table `best_of_week`: servers that have the best of each week posted, and how far they are."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.server.weeks import last_week, posted_next
from bot.store.engine.columns import read_as
from bot.store.engine.repository import RecordOf, Repository
from bot.store.money.spending import rules_of
from bot.store.sql import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyPost:
    """A server's row. `last_week` is the Monday of the last week that needs nothing more."""

    guild_id: int
    channel_id: int
    last_week: str


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
                return True
            now, zone = self._clock.wall(), rules_of(db, guild_id).zone
            values = (guild_id, channel_id, last_week(now, zone).monday, posted_next(now, zone))
            db.execute(_SET, values)
            return True

        await self._recorded(guild_id, change, record)

    async def due(self, *, limit: int) -> list[WeeklyPost]:
        """Return what is due, of all guilds that have the bot, longest due first."""
        return [read_as(WeeklyPost, row) for row in await self._rows(_DUE, (self._clock.wall(), limit))]

    async def done(self, guild_id: int, monday: str) -> None:
        """Note that the week of this Monday needs nothing more: the next is due after it has ended."""

        def change(db: Connection) -> None:
            due_at = posted_next(self._clock.wall(), rules_of(db, guild_id).zone)
            db.execute(_DONE, (monday, due_at, guild_id))

        await self._write(guild_id, change)

    async def postpone(self, guild_id: int, seconds: float) -> None:
        await self._execute(
            "UPDATE best_of_week SET due_at = ? WHERE guild_id = ?",
            (self._clock.wall() + seconds, guild_id),
            guild_id=guild_id,
        )


_SET = """
INSERT INTO best_of_week (guild_id, channel_id, last_week, due_at) VALUES (?, ?, ?, ?)
ON CONFLICT (guild_id) DO UPDATE SET channel_id = excluded.channel_id
"""
_DUE = """
SELECT guild_id, channel_id, last_week FROM best_of_week
WHERE due_at <= ? AND guild_id NOT IN (SELECT guild_id FROM absent_guilds) ORDER BY due_at LIMIT ?
"""
_DONE = "UPDATE best_of_week SET last_week = ?, due_at = ? WHERE guild_id = ?"
