"""The table `copies`: the messages that show a result in addition to its card."""

from __future__ import annotations

from dataclasses import dataclass

from bot.store.engine.repository import Repository
from bot.store.sql import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A message that shows a job's result. `kind` says what it is: `card`, `dm`, `ping`, `gallery`, `review`."""

    job_id: str
    channel_id: int
    message_id: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoomedCopy:
    """A copy whose contents were erased, so that it is to be deleted."""

    guild_id: int
    channel_id: int
    message_id: int


class Copies(Repository):
    """The table `copies`: the messages that show a result in addition to its card."""

    async def note(self, guild_id: int, job_id: str, *, channel_id: int, message_id: int, kind: str) -> bool:
        """Store a message that shows the job's result, to be deleted with it. False if the guild has no such job."""

        def change(db: Connection) -> bool:
            return bool(
                db.execute(
                    "INSERT INTO copies (job_id, guild_id, channel_id, message_id, kind)"
                    " SELECT id, guild_id, ?, ?, ? FROM jobs WHERE id = ? AND guild_id = ?"
                    " ON CONFLICT (job_id, message_id) DO UPDATE SET kind = excluded.kind",
                    (channel_id, message_id, kind, job_id, guild_id),
                ).rowcount
            )

        return await self._database.write(change)

    async def of_card(self, guild_id: int, card_id: str) -> list[Copy]:
        """Return the copies of all results of the guild's card; its own message is not among them."""
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT copies.* FROM jobs JOIN copies ON copies.job_id = jobs.id"
                " WHERE jobs.card_id = ? AND jobs.guild_id = ? ORDER BY jobs.position, message_id",
                (card_id, guild_id),
            ).fetchall()
        )
        return [
            Copy(job_id=row["job_id"], channel_id=row["channel_id"], message_id=row["message_id"], kind=row["kind"])
            for row in rows
        ]

    async def doomed(self, *, limit: int, guild_id: int | None = None) -> list[DoomedCopy]:
        """Return copies that are to be deleted by now, of all guilds or of one; those of absent guilds wait."""
        values = {"now": self._clock.wall(), "guild_id": guild_id, "limit": limit}
        rows = await self._database.read(lambda db: db.execute(_DOOMED, values).fetchall())
        return [
            DoomedCopy(guild_id=row["guild_id"], channel_id=row["channel_id"], message_id=row["message_id"])
            for row in rows
        ]

    async def postpone(self, guild_id: int, message_id: int, until: float) -> None:
        """Note that a copy could not be deleted, and when to try again (Unix seconds)."""
        await self._database.write(
            lambda db: db.execute(
                "UPDATE copies SET delete_at = ? WHERE message_id = ? AND guild_id = ? AND delete_at IS NOT NULL",
                (until, message_id, guild_id),
            )
        )

    async def forget(self, guild_id: int, message_id: int) -> None:
        """Delete the row of a copy that is gone."""
        await self._database.write(
            lambda db: db.execute("DELETE FROM copies WHERE message_id = ? AND guild_id = ?", (message_id, guild_id))
        )


_DOOMED = """
SELECT guild_id, channel_id, message_id FROM copies
WHERE delete_at <= :now AND (:guild_id IS NULL OR guild_id = :guild_id)
    AND guild_id NOT IN (SELECT guild_id FROM absent_guilds)
GROUP BY guild_id, channel_id, message_id ORDER BY min(delete_at) LIMIT :limit
"""
