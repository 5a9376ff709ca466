"""Operations that are switched off, for one server or for the whole bot."""

from __future__ import annotations

from collections.abc import Sequence

from bot.store.engine.record import RecordOf
from bot.store.engine.repository import Repository
from bot.store.sql import Connection

EVERYWHERE = 0
"""Means the whole bot in place of a guild's id."""


class SwitchedOff(Repository):
    """The table `switched_off`."""

    async def set(
        self,
        guild_id: int,
        operations: Sequence[str],
        *,
        on: bool,
        by_id: int,
        record: RecordOf[bool] | None = None,
    ) -> bool:
        """Switch operations on or off, for a guild or EVERYWHERE. Returns whether that changed anything.

        For EVERYWHERE there is no `record`: a record belongs to one guild.
        """
        now = self._clock.wall()

        def change(db: Connection) -> bool:
            if on:
                sql = "DELETE FROM switched_off WHERE guild_id = ? AND operation = ?"
                return db.executemany(sql, [(guild_id, each) for each in operations]).rowcount > 0
            sql = "INSERT INTO switched_off (guild_id, operation, by_id, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
            return db.executemany(sql, [(guild_id, each, by_id, now) for each in operations]).rowcount > 0

        return await self._recorded(guild_id, change, record)

    async def all(self) -> dict[int, frozenset[str]]:
        """Return the operations that are switched off, by guild; EVERYWHERE for the whole bot."""
        rows = await self._database.read(
            lambda db: db.execute("SELECT guild_id, operation FROM switched_off").fetchall()
        )
        found: dict[int, set[str]] = {}
        for guild_id, operation in rows:
            found.setdefault(guild_id, set()).add(operation)
        return {guild_id: frozenset(operations) for guild_id, operations in found.items()}
