"""The table `blocks`."""

from __future__ import annotations

from bot.domain.guild_rules import Block
from bot.store.engine.record import RecordOf
from bot.store.engine.repository import Repository
from bot.store.money.spending import block_from, block_of
from bot.store.sql import Connection


class Blocks(Repository):
    """The table `blocks`."""

    async def add(
        self,
        guild_id: int,
        member_id: int,
        *,
        until: float | None,
        reason: str,
        by_id: int,
        record: RecordOf[None] | None = None,
    ) -> None:
        """Block a member in the guild until then (Unix seconds), or permanently; an earlier block is replaced."""
        now = self._clock.wall()

        def change(db: Connection) -> None:
            db.execute(
                "INSERT INTO blocks (guild_id, member_id, until, reason, by_id, at) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (guild_id, member_id) DO UPDATE SET until = excluded.until, reason = excluded.reason,"
                " by_id = excluded.by_id, at = excluded.at",
                (guild_id, member_id, until, reason, by_id, now),
            )

        await self._recorded(guild_id, change, record)

    async def remove(self, guild_id: int, member_id: int, *, record: RecordOf[bool] | None = None) -> bool:
        """Lift a member's block; False if none applies now."""
        now = self._clock.wall()

        def change(db: Connection) -> bool:
            block = block_of(db, guild_id, member_id)
            db.execute("DELETE FROM blocks WHERE guild_id = ? AND member_id = ?", (guild_id, member_id))
            return _applies(block, now)

        return await self._recorded(guild_id, change, record)

    async def active(self, guild_id: int, member_id: int) -> Block | None:
        """Return the member's block if it applies now."""
        now = self._clock.wall()
        block = await self._database.read(lambda db: block_of(db, guild_id, member_id))
        return block if _applies(block, now) else None

    async def all(self, guild_id: int) -> list[Block]:
        """Return the guild's blocks that apply now, the newest first."""
        now = self._clock.wall()
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT * FROM blocks WHERE guild_id = ? AND (until IS NULL OR until > ?) ORDER BY at DESC, member_id",
                (guild_id, now),
            ).fetchall()
        )
        return [block_from(row) for row in rows]


def _applies(block: Block | None, now: float) -> bool:
    return block is not None and (block.until is None or block.until > now)
