"""What is reported only once: alerts to moderators, and pings for results."""

from __future__ import annotations

from bot.store.engine.record import Record
from bot.store.engine.repository import Repository
from bot.store.sql import Connection

_NOTE = """
INSERT INTO alerts (guild_id, name, until) VALUES (:guild_id, :name, :until)
ON CONFLICT (guild_id, name) DO UPDATE SET until = excluded.until WHERE alerts.until <= :now
"""


class Alerts(Repository):
    """The table `alerts`, and when cards were pinged for."""

    async def note(self, guild_id: int, name: str, *, until: float, record: Record | None = None) -> bool:
        """Note that something is reported now, and not again before `until` (Unix seconds); write `record` if so.

        Returns False, with nothing changed, if it was reported before and that time has not passed.
        """
        now = self._clock.wall()
        values = {"guild_id": guild_id, "name": name, "until": until, "now": now}

        def change(db: Connection) -> bool:
            is_new = db.execute(_NOTE, values).rowcount == 1
            if is_new:
                db.execute("DELETE FROM alerts WHERE until <= ?", (now,))
            return is_new

        return await self._recorded(guild_id, change, lambda is_new: record if is_new else None)

    async def keep(self, guild_id: int, name: str, *, until: float) -> None:
        """Suppress this until then (Unix seconds), whether it was reported before or not."""

        def change(db: Connection) -> None:
            db.execute(
                "INSERT INTO alerts (guild_id, name, until) VALUES (?, ?, ?)"
                " ON CONFLICT (guild_id, name) DO UPDATE SET until = excluded.until",
                (guild_id, name, until),
            )

        await self._database.write(change)
