"""The table `copies`: messages that show a result in addition to its card."""

from __future__ import annotations

from dataclasses import dataclass

from bot.store.engine.columns import read_as
from bot.store.engine.repository import Repository
from bot.store.sql import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A message with a job's result. `kind`: `card`, `dm`, `ping`, `gallery`, `review`, `approval`."""

    job_id: str
    guild_id: int
    channel_id: int
    message_id: int
    kind: str


class Copies(Repository):
    """The table `copies`."""

    async def note(self, guild_id: int, job_id: str, *, channel_id: int, message_id: int, kind: str) -> bool:
        """Store a message with the job's result, to be deleted with it. False if the guild has no such job."""

        def change(db: Connection) -> bool:
            return bool(
                db.execute(
                    "INSERT INTO copies (job_id, guild_id, channel_id, message_id, kind)"
                    " SELECT id, guild_id, ?, ?, ? FROM jobs WHERE id = ? AND guild_id = ?"
                    " ON CONFLICT (job_id, message_id) DO UPDATE SET kind = excluded.kind",
                    (channel_id, message_id, kind, job_id, guild_id),
                ).rowcount
            )

        return await self._write(guild_id, change)

    async def of_card(self, guild_id: int, card_id: str) -> list[Copy]:
        """Return the copies of all results of the guild's card, without its own message."""
        rows = await self._rows(
            "SELECT copies.* FROM jobs JOIN copies ON copies.job_id = jobs.id"
            " WHERE jobs.card_id = ? AND jobs.guild_id = ? ORDER BY jobs.position, message_id",
            (card_id, guild_id),
        )
        return [read_as(Copy, row) for row in rows]

    async def doomed(self, *, limit: int, guild_id: int | None = None) -> list[Copy]:
        """Return messages due for deletion, of all guilds or one, except absent guilds'."""
        rows = await self._rows(_DOOMED, {"now": self._clock.wall(), "guild_id": guild_id, "limit": limit})
        return [read_as(Copy, row) for row in rows]

    async def postpone(self, guild_id: int, message_id: int, until: float) -> None:
        """Note a failed deletion, and when to retry (Unix seconds)."""
        await self._execute(
            guild_id,
            "UPDATE copies SET delete_at = ? WHERE message_id = ? AND guild_id = ? AND delete_at IS NOT NULL",
            (until, message_id, guild_id),
        )

    async def forget(self, guild_id: int, message_id: int) -> None:
        await self._execute(
            guild_id, "DELETE FROM copies WHERE message_id = ? AND guild_id = ?", (message_id, guild_id)
        )


_DOOMED = """
SELECT min(job_id) AS job_id, guild_id, channel_id, message_id, min(kind) AS kind FROM copies
WHERE delete_at <= :now AND (:guild_id IS NULL OR guild_id = :guild_id)
    AND guild_id NOT IN (SELECT guild_id FROM absent_guilds)
GROUP BY guild_id, channel_id, message_id ORDER BY min(delete_at) LIMIT :limit
"""


PING_LATE_S = 3600.0
"""How long after the result its author is still pinged; later it speaks for itself."""
PING_MISSING_S = 60.0
"""The age from which a ping that is due is taken for one that a death prevented."""
_OVERDUE = """
SELECT guild_id, id FROM cards
WHERE ping_due_at BETWEEN :since AND :until AND answered = 1 AND message_id IS NOT NULL
    AND guild_id NOT IN (SELECT guild_id FROM absent_guilds)
    AND NOT EXISTS (
        SELECT 1 FROM jobs WHERE card_id = cards.id
        AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
    )
ORDER BY ping_due_at LIMIT :limit
"""


class Pings(Repository):
    """Whether the author of a card is still to hear of its results: once, from the first result on."""

    async def is_due(self, guild_id: int, card_id: str) -> bool:
        return await self._has(
            "SELECT 1 FROM cards WHERE guild_id = ? AND id = ? AND ping_due_at >= ?",
            (guild_id, card_id, self._clock.wall() - PING_LATE_S),
        )

    async def begin(self, guild_id: int, card_id: str) -> None:
        """Note that the author is pinged now: later results of the card ping no one."""
        query = "UPDATE cards SET pinged_at = ? WHERE guild_id = ? AND id = ? AND pinged_at IS NULL"
        await self._execute(guild_id, query, (self._clock.wall(), guild_id, card_id))

    async def done(self, guild_id: int, card_id: str) -> None:
        await self._execute(
            guild_id, "UPDATE cards SET ping_due_at = NULL WHERE guild_id = ? AND id = ?", (guild_id, card_id)
        )

    async def overdue(self, limit: int) -> list[tuple[int, str]]:
        """Return all guilds' finished cards with a ping due for a minute, as (guild's id, own id)."""
        now = self._clock.wall()
        rows = await self._rows(_OVERDUE, {"since": now - PING_LATE_S, "until": now - PING_MISSING_S, "limit": limit})
        return [(row["guild_id"], row["id"]) for row in rows]
