"""The table `blocks`."""

from __future__ import annotations

import sqlite3

from bot.domain.guild_rules import Block
from bot.store.engine.repository import Repository
from bot.store.money.spending import block_from, block_of


class Blocks(Repository):
    """The table `blocks`."""

    async def add(self, guild_id: int, member_id: int, *, until: float | None, reason: str, by_id: int) -> None:
        """Block a member in the guild until then (Unix seconds), or for good; an earlier block is replaced."""
        now = self._clock.wall()

        def change(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO blocks (guild_id, member_id, until, reason, by_id, at) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (guild_id, member_id) DO UPDATE SET until = excluded.until, reason = excluded.reason,"
                " by_id = excluded.by_id, at = excluded.at",
                (guild_id, member_id, until, reason, by_id, now),
            )

        await self._database.write(change)

    async def remove(self, guild_id: int, member_id: int) -> bool:
        """Lift a member's block; False if there was none."""

        def change(db: sqlite3.Connection) -> bool:
            done = db.execute("DELETE FROM blocks WHERE guild_id = ? AND member_id = ?", (guild_id, member_id))
            return done.rowcount > 0

        return await self._database.write(change)

    async def active(self, guild_id: int, member_id: int) -> Block | None:
        """Return the member's block if it holds now."""
        now = self._clock.wall()
        block = await self._database.read(lambda db: block_of(db, guild_id, member_id))
        return block if block is not None and (block.until is None or block.until > now) else None

    async def all(self, guild_id: int) -> list[Block]:
        """Return the guild's blocks that hold now, the newest first."""
        now = self._clock.wall()
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT * FROM blocks WHERE guild_id = ? AND (until IS NULL OR until > ?) ORDER BY at DESC, member_id",
                (guild_id, now),
            ).fetchall()
        )
        return [block_from(row) for row in rows]
