"""What was told once and is not to be told again: alerts to moderators, and pings for results."""

from __future__ import annotations

import sqlite3

from bot.store.engine.repository import Part

_NOTE = """
INSERT INTO alerts (guild_id, name, until) VALUES (:guild_id, :name, :until)
ON CONFLICT (guild_id, name) DO UPDATE SET until = excluded.until WHERE alerts.until <= :now
"""
_WATCHED = "SELECT guild_id FROM rules WHERE data ->> 'log_channel' IS NOT NULL ORDER BY guild_id"
# Only of servers that want pings now, and not of private cards, where a ping would tell everyone.
_UNPINGED = """
SELECT DISTINCT cards.guild_id, cards.id FROM rules
JOIN jobs ON jobs.guild_id = rules.guild_id AND jobs.state = 'delivered' AND jobs.created_at >= :since
JOIN cards ON cards.id = jobs.card_id AND cards.pinged_at IS NULL AND cards.private = 0
WHERE rules.data ->> 'ping' = 1
LIMIT :limit
"""


class Alerts(Part):
    """The table `alerts`, and when cards were pinged for."""

    async def note_alert(self, guild_id: int, name: str, *, until: float) -> bool:
        """Note that something is told now, and not again before `until` (Unix seconds).

        Returns False, with nothing changed, if it was told before and its time is not over: then keep silent.
        """
        now = self._clock.wall()
        values = {"guild_id": guild_id, "name": name, "until": until, "now": now}

        def change(db: sqlite3.Connection) -> bool:
            is_new = db.execute(_NOTE, values).rowcount == 1
            if is_new:
                db.execute("DELETE FROM alerts WHERE until <= ?", (now,))
            return is_new

        return await self._database.write(change)

    async def keep_alert(self, guild_id: int, name: str, *, until: float) -> None:
        """Note that this is not to be told before `until`, whether it was told or not."""

        def change(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO alerts (guild_id, name, until) VALUES (?, ?, ?)"
                " ON CONFLICT (guild_id, name) DO UPDATE SET until = excluded.until",
                (guild_id, name, until),
            )

        await self._database.write(change)

    async def guilds_with_log(self) -> list[int]:
        """Return the guilds that have a log channel."""
        rows = await self._database.read(lambda db: db.execute(_WATCHED).fetchall())
        return [row[0] for row in rows]

    async def note_pinged(self, guild_id: int, card_id: str) -> bool:
        """Note that who asked was pinged for the card; False if they had been before."""
        now = self._clock.wall()

        def change(db: sqlite3.Connection) -> bool:
            return (
                db.execute(
                    "UPDATE cards SET pinged_at = ? WHERE guild_id = ? AND id = ? AND pinged_at IS NULL",
                    (now, guild_id, card_id),
                ).rowcount
                == 1
            )

        return await self._database.write(change)

    async def pinged(self, guild_id: int, card_id: str) -> bool:
        """Whether who asked was pinged for the card."""
        row = await self._database.read(
            lambda db: db.execute(
                "SELECT 1 FROM cards WHERE guild_id = ? AND id = ? AND pinged_at IS NOT NULL", (guild_id, card_id)
            ).fetchone()
        )
        return row is not None

    async def unpinged(self, since: float, limit: int = 100) -> list[tuple[int, str]]:
        """Return (guild, card) of delivered cards, asked for since then, whose ping is not known to have been sent."""
        rows = await self._database.read(lambda db: db.execute(_UNPINGED, {"since": since, "limit": limit}).fetchall())
        return [(row[0], row[1]) for row in rows]
