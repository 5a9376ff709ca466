"""The table `word_offers`: the bot's answers to what members ask for in words, to be deleted in time."""

from __future__ import annotations

from dataclasses import dataclass

from bot.store.engine.repository import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class WordOffer:
    """One answer of the bot: where it stands."""

    guild_id: int
    channel_id: int
    message_id: int


class WordOffers(Repository):
    """The table `word_offers`. It holds no words and no members."""

    async def add(self, guild_id: int, channel_id: int, message_id: int, *, delete_at: float) -> None:
        """Note an answer that is to be deleted then (Unix seconds)."""
        values = (guild_id, channel_id, message_id, delete_at)
        await self._database.write(
            lambda db: db.execute(
                "INSERT INTO word_offers (guild_id, channel_id, message_id, delete_at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (guild_id, message_id)"
                " DO UPDATE SET channel_id = excluded.channel_id, delete_at = excluded.delete_at",
                values,
            )
        )

    async def remove(self, guild_id: int, message_id: int) -> None:
        """Forget an answer that is deleted."""
        await self._database.write(
            lambda db: db.execute(
                "DELETE FROM word_offers WHERE guild_id = ? AND message_id = ?", (guild_id, message_id)
            )
        )

    async def due(self, *, limit: int = 50) -> list[WordOffer]:
        """Return answers of all guilds whose time has come, the oldest first."""
        values = (self._clock.wall(), limit)
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT guild_id, channel_id, message_id FROM word_offers WHERE delete_at <= ?"
                " ORDER BY delete_at LIMIT ?",
                values,
            ).fetchall()
        )
        return [
            WordOffer(guild_id=row["guild_id"], channel_id=row["channel_id"], message_id=row["message_id"])
            for row in rows
        ]
