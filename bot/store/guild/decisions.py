"""The table `decisions`: the record of who decided what. Its rows never change."""

from __future__ import annotations

from bot.store.engine.record import Decision, RecordOf, decision_of
from bot.store.engine.repository import Repository


class Decisions(Repository):
    """The table `decisions`: the record of who decided what. Its rows never change."""

    async def add(self, guild_id: int, record: RecordOf[None]) -> None:
        """Write a line of the record that is about no change: a change writes its own, in its transaction."""
        await self._recorded(guild_id, lambda _: None, record)

    async def all(self, guild_id: int, *, since: float | None = None, limit: int | None = None) -> list[Decision]:
        """Return the guild's record, newest first: from `since` (Unix seconds) on, at most `limit` lines."""
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT * FROM decisions WHERE guild_id = ? AND at >= ? ORDER BY at DESC, id DESC LIMIT ?",
                (guild_id, 0 if since is None else since, -1 if limit is None else limit),
            ).fetchall()
        )
        return [decision_of(row) for row in rows]
