"""When the author of a card was pinged."""

from __future__ import annotations

from bot.store.engine.repository import Repository
from bot.store.jobs.erasing import KEPT
from bot.store.sql import Connection

_LATE = f"{KEPT} AND coalesce(jobs.finished_at, jobs.created_at) >= :since"
"""Of what ended since then, by the index of what is kept."""
# Only where the member or, if they leave it to the server, its rule wants one; and not of private cards, which a ping
# would reveal to everyone. The two halves read what was delivered of servers with pings on, and of members who chose.
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
    """When the author of a card was pinged."""

    async def note(self, guild_id: int, card_id: str) -> bool:
        """Store that the author was pinged for the card; False if they had been before."""
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
        """Whether the author was pinged for the card."""
        row = await self._database.read(
            lambda db: db.execute(
                "SELECT 1 FROM cards WHERE guild_id = ? AND id = ? AND pinged_at IS NOT NULL", (guild_id, card_id)
            ).fetchone()
        )
        return row is not None

    async def missing(self, since: float, limit: int = 100) -> list[tuple[int, str]]:
        """Return (guild, card) of cards with a result since then, whose ping is not known to have been sent."""
        rows = await self._database.read(lambda db: db.execute(_UNPINGED, {"since": since, "limit": limit}).fetchall())
        return [(row[0], row[1]) for row in rows]
