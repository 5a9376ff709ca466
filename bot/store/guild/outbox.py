"""The table `outbox`: lines of the record that are still to be posted to their guild's log channel."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection

from bot.store.engine.kept import Recalled
from bot.store.engine.record import REFUND_REQUEST, REPORT, Decision, decision_of
from bot.store.engine.repository import Repository
from bot.store.sql import Connection

# One line per guild, so that none waits for the backlog of another.
_IS_ANY = "SELECT EXISTS (SELECT 1 FROM outbox)"
_NEXT = """
SELECT decisions.* FROM decisions JOIN (
    SELECT min(decision_id) AS id FROM outbox
    WHERE guild_id NOT IN (SELECT CAST(value AS INTEGER) FROM json_each(:without)) GROUP BY guild_id
) AS first ON first.id = decisions.id
ORDER BY decisions.id LIMIT :limit
"""


_REMOVE = "DELETE FROM outbox WHERE guild_id = ? AND decision_id = ?"
_TAKE_BACK = {
    REFUND_REQUEST: "UPDATE jobs SET refund_asked_at = NULL WHERE guild_id = ? AND id = ? AND author_id = ?",
    REPORT: "DELETE FROM result_reports WHERE guild_id = ? AND job_id = ? AND member_id = ?",
}
"""What a promised line stands for, by its kind."""


class Outbox(Repository):
    """The table `outbox`. Its rows are written with their decisions."""

    def listen(self, callback: Callable[[], None]) -> None:
        """Call `callback` whenever a decision was written. It must not raise."""
        self._database.listen(callback)

    async def next_lines(self, *, without: Collection[int] = (), limit: int = 100) -> list[Decision]:
        """Return each guild's oldest line to be posted, for at most `limit` guilds and none in `without`."""
        if not await self._database.recall(Recalled.OUTBOX, (), lambda db: db.execute(_IS_ANY).fetchone()[0]):
            return []
        values = {"without": json.dumps(list(without)), "limit": limit}

        def look(db: Connection) -> list[Decision]:
            return [decision_of(row) for row in db.execute(_NEXT, values).fetchall()]

        return await self._database.read(look)

    async def remove(self, guild_id: int, decision_id: int) -> None:
        """Delete a line that was posted, or never will be."""
        await self._database.write(lambda db: db.execute(_REMOVE, (guild_id, decision_id)))

    async def take_back(self, line: Decision) -> None:
        """Delete a promised line that never reached the moderators, so that its author may ask again."""

        def change(db: Connection) -> None:
            if db.execute(_REMOVE, (line.guild_id, line.id)).rowcount:
                db.execute(_TAKE_BACK[line.kind], (line.guild_id, line.about["job"], line.by_id))

        await self._database.write(change)
