"""The table `decisions`: an append-only record of who decided what."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection

from bot.store.engine.repository import Decision, Record, RecordOf, Repository, decision_of
from bot.store.sql import Connection


class Decisions(Repository):
    """The table `decisions`, append-only."""

    async def add(self, guild_id: int, record: RecordOf[bool]) -> None:
        """Write a record line that belongs to no change; changes write their own, in their transaction."""
        await self._recorded(guild_id, lambda _: True, record)

    async def all(self, guild_id: int, *, limit: int = -1) -> list[Decision]:
        """Return the guild's record, newest first: at most `limit` lines."""
        return await self._all(
            decision_of,
            "SELECT * FROM decisions WHERE guild_id = ? ORDER BY at DESC, id DESC LIMIT ?",
            (guild_id, limit),
        )


# One line per guild, so that none waits for another's backlog.
_NEXT = """
SELECT decisions.* FROM decisions JOIN (
    SELECT min(decision_id) AS id FROM outbox
    WHERE guild_id NOT IN (SELECT CAST(value AS INTEGER) FROM json_each(:without)) GROUP BY guild_id
) AS first ON first.id = decisions.id
ORDER BY decisions.id LIMIT :limit
"""


_REMOVE = "DELETE FROM outbox WHERE guild_id = ? AND decision_id = ?"
_TAKE_BACK = """
DELETE FROM questions WHERE guild_id = ? AND kind = ? AND subject = ? AND member_id IN (0, ?)
    AND coalesce(verdict, '') <> 'granted'
"""


class Outbox(Repository):
    """The table `outbox`. Its rows are written with their decisions."""

    def listen(self, callback: Callable[[], None]) -> None:
        """Call `callback`, which must not raise, on each new decision."""
        self._database.listen(callback)

    async def next_lines(self, *, without: Collection[int] = (), limit: int = 100) -> list[Decision]:
        """Return each guild's oldest line to post, for at most `limit` guilds and none in `without`."""
        return await self._all(decision_of, _NEXT, {"without": json.dumps(list(without)), "limit": limit})

    async def remove(self, guild_id: int, decision_id: int) -> None:
        await self._execute(guild_id, _REMOVE, (guild_id, decision_id))

    async def take_back(self, line: Decision) -> None:
        """Delete a promised line that never reached the moderators, so that its author may ask again."""

        def change(db: Connection) -> None:
            if db.execute(_REMOVE, (line.guild_id, line.id)).rowcount:
                db.execute(_TAKE_BACK, (line.guild_id, line.kind, line.about["job"], line.by_id))

        await self._write(line.guild_id, change)


_NOTE = """
INSERT INTO alerts (guild_id, name, until) VALUES (:guild_id, :name, :until)
ON CONFLICT (guild_id, name) DO UPDATE SET until = excluded.until WHERE alerts.until <= :now
"""


class AlertTimes(Repository):
    """The table `alerts`, and ping times of cards."""

    async def note(self, guild_id: int, name: str, *, until: float, record: Record | None = None) -> bool:
        """Mark an alert as sent until `until` (Unix seconds), and write `record`.

        False, with nothing changed, if it is marked already.
        """
        now = self._clock.wall()
        values = {"guild_id": guild_id, "name": name, "until": until, "now": now}

        def change(db: Connection) -> bool:
            is_new = db.execute(_NOTE, values).rowcount == 1
            if is_new:
                db.execute("DELETE FROM alerts WHERE guild_id = ? AND until <= ?", (guild_id, now))
            return is_new

        return await self._recorded(guild_id, change, lambda _: record)

    async def keep(self, guild_id: int, name: str, *, until: float) -> None:
        """Suppress an alert until then (Unix seconds)."""
        await self._execute(
            guild_id,
            "INSERT INTO alerts (guild_id, name, until) VALUES (?, ?, ?)"
            " ON CONFLICT (guild_id, name) DO UPDATE SET until = excluded.until",
            (guild_id, name, until),
        )
