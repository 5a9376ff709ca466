"""The table `copies`: messages that show a result in addition to its card."""

from __future__ import annotations

from dataclasses import dataclass

from bot.store.engine.repository import Repository
from bot.store.jobs.tried_values import KEPT
from bot.store.sql import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A message with a job's result. `kind`: `card`, `dm`, `ping`, `gallery`, `review`."""

    job_id: str
    channel_id: int
    message_id: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoomedCopy:
    """A copy to be deleted because its contents were erased."""

    guild_id: int
    channel_id: int
    message_id: int


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

        return await self._database.write(change)

    async def of_card(self, guild_id: int, card_id: str) -> list[Copy]:
        """Return the copies of all results of the guild's card, without its own message."""
        rows = await self._rows(
            "SELECT copies.* FROM jobs JOIN copies ON copies.job_id = jobs.id"
            " WHERE jobs.card_id = ? AND jobs.guild_id = ? ORDER BY jobs.position, message_id",
            (card_id, guild_id),
        )
        return [
            Copy(job_id=row["job_id"], channel_id=row["channel_id"], message_id=row["message_id"], kind=row["kind"])
            for row in rows
        ]

    async def doomed(self, *, limit: int, guild_id: int | None = None) -> list[DoomedCopy]:
        """Return copies due for deletion, of all guilds or one, except absent guilds'."""
        rows = await self._rows(_DOOMED, {"now": self._clock.wall(), "guild_id": guild_id, "limit": limit})
        return [
            DoomedCopy(guild_id=row["guild_id"], channel_id=row["channel_id"], message_id=row["message_id"])
            for row in rows
        ]

    async def postpone(self, guild_id: int, message_id: int, until: float) -> None:
        """Note a failed deletion, and when to retry (Unix seconds)."""
        await self._execute(
            "UPDATE copies SET delete_at = ? WHERE message_id = ? AND guild_id = ? AND delete_at IS NOT NULL",
            (until, message_id, guild_id),
        )

    async def forget(self, guild_id: int, message_id: int) -> None:
        await self._execute("DELETE FROM copies WHERE message_id = ? AND guild_id = ?", (message_id, guild_id))


_DOOMED = """
SELECT guild_id, channel_id, message_id FROM copies
WHERE delete_at <= :now AND (:guild_id IS NULL OR guild_id = :guild_id)
    AND guild_id NOT IN (SELECT guild_id FROM absent_guilds)
GROUP BY guild_id, channel_id, message_id ORDER BY min(delete_at) LIMIT :limit
"""


_LATE = f"{KEPT} AND coalesce(jobs.finished_at, jobs.created_at) >= :since"
"""What ended since then, in the order of the index."""
# Only where the member or, by default, the server's rule wants one; never for private cards, which a ping would reveal.
# The two halves cover servers with pings on, and members who chose.
_UNPINGED = f"""
SELECT cards.guild_id, cards.id FROM rules
JOIN jobs ON jobs.guild_id = rules.guild_id AND jobs.state = 'delivered' AND {_LATE}
JOIN cards ON cards.id = jobs.card_id AND cards.pinged_at IS NULL AND cards.private = 0
LEFT JOIN member_settings AS own ON own.guild_id = cards.guild_id AND own.member_id = cards.author_id
WHERE rules.data -> 'ping' = 'true' AND coalesce(own.data ->> 'notify', 'server') != 'nothing'
UNION
SELECT cards.guild_id, cards.id FROM member_settings AS own
JOIN jobs ON jobs.guild_id = own.guild_id AND jobs.state = 'delivered' AND {_LATE}
    AND jobs.author_id = own.member_id
JOIN cards ON cards.id = jobs.card_id AND cards.pinged_at IS NULL AND cards.private = 0
WHERE own.data ->> 'notify' IN ('ping', 'direct')
LIMIT :limit
"""  # noqa: S608 - constant conditions


class Pings(Repository):
    """Ping times of cards' authors."""

    async def note(self, guild_id: int, card_id: str) -> bool:
        """Store that the author was pinged for the card; False if already done."""
        now = self._clock.wall()

        def change(db: Connection) -> bool:
            return (
                db.execute(
                    "UPDATE cards SET pinged_at = ? WHERE guild_id = ? AND id = ? AND pinged_at IS NULL",
                    (now, guild_id, card_id),
                ).rowcount
                == 1
            )

        return await self._database.write(change)

    async def is_noted(self, guild_id: int, card_id: str) -> bool:
        row = await self._row(
            "SELECT 1 FROM cards WHERE guild_id = ? AND id = ? AND pinged_at IS NOT NULL", (guild_id, card_id)
        )
        return row is not None

    async def missing(self, since: float, limit: int = 100) -> list[tuple[int, str]]:
        """Return (guild, card) of cards with a result since then without a noted ping."""
        rows = await self._rows(_UNPINGED, {"since": since, "limit": limit})
        return [(row[0], row[1]) for row in rows]
