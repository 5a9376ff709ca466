"""The table `schedules`."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

from bot.domain.plain import from_plain, to_plain
from bot.domain.server.guild_rules import Period
from bot.domain.server.schedules import SCHEDULES_MAX, Schedule
from bot.store.engine.columns import to_json
from bot.store.engine.repository import Change, RecordOf, Repository
from bot.store.money.schedule_runs import spent_since
from bot.store.money.spending import practises, rules_of
from bot.store.sql import Connection, Row

DUE_MAX = 500
"""Most runs of a round: servers like round hours."""
_ALL = "SELECT * FROM schedules WHERE guild_id = ? ORDER BY made_at, id"
_ONE = "SELECT * FROM schedules WHERE guild_id = ? AND id = ?"
_COUNT = "SELECT count(*) FROM schedules WHERE guild_id = ?"
_DUE = """
SELECT * FROM schedules
WHERE next_at <= ? AND guild_id NOT IN (SELECT guild_id FROM absent_guilds) ORDER BY next_at LIMIT ?
"""
_COLUMNS = ("guild_id", "id", "made_by", "made_at", "next_at", "is_off")
"""The fields that are not in `data`."""
_PUT = """
INSERT INTO schedules (guild_id, id, made_by, made_at, next_at, is_off, data) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (guild_id, id) DO UPDATE SET made_by = excluded.made_by, next_at = excluded.next_at,
    is_off = excluded.is_off, data = excluded.data
"""


class Schedules(Repository):
    """The table `schedules`. Its runs are stored with their cards: bot/store/money/schedule_runs.py."""

    async def all(self, guild_id: int) -> list[Schedule]:
        return [_schedule(row) for row in await self._rows(_ALL, (guild_id,))]

    async def get(self, guild_id: int, schedule_id: str) -> Schedule | None:
        return await self._one(_schedule, _ONE, (guild_id, schedule_id))

    async def due(self, now: float, limit: int = DUE_MAX) -> list[Schedule]:
        """Return schedules of all guilds with a run that is due at `now` (Unix seconds), the latest first."""
        return [_schedule(row) for row in await self._rows(_DUE, (now, limit))]

    async def spent(self, guild_id: int, schedule_id: str) -> Decimal:
        """Return what its runs of this month cost or hold, in credits."""
        now = self._clock.wall()

        def look(db: Connection) -> Decimal:
            since = Period.MONTH.start(now, rules_of(db, guild_id).zone)
            return spent_since(db, guild_id, schedule_id, since, practice=practises(db, guild_id))

        return await self._database.read(look)

    async def add(self, schedule: Schedule) -> bool:
        """Store a new one; False if the guild has as many as it can."""
        guild_id = schedule.guild_id

        def change(db: Connection) -> bool:
            if db.execute(_COUNT, (guild_id,)).fetchone()[0] >= SCHEDULES_MAX:
                return False
            _put(db, schedule)
            return True

        return await self._write(guild_id, change)

    async def change(
        self,
        guild_id: int,
        schedule_id: str,
        change: Callable[[Schedule], Schedule],
        *,
        record: RecordOf[Change[Schedule]] | None = None,
    ) -> Change[Schedule] | None:
        """Apply a function to one in one transaction; None if it is gone. Its exceptions propagate."""

        def write(db: Connection) -> Change[Schedule] | None:
            row = db.execute(_ONE, (guild_id, schedule_id)).fetchone()
            if row is None:
                return None
            before = _schedule(row)
            after = change(before)
            _put(db, after)
            return Change(before=before, after=after)

        return await self._recorded(guild_id, write, record)

    async def delete(
        self, guild_id: int, schedule_id: str, *, record: RecordOf[Schedule] | None = None
    ) -> Schedule | None:
        """Delete and return one; None if it is gone. Its jobs continue."""

        def change(db: Connection) -> Schedule | None:
            row = db.execute(_ONE, (guild_id, schedule_id)).fetchone()
            db.execute("DELETE FROM schedule_runs WHERE guild_id = ? AND schedule_id = ?", (guild_id, schedule_id))
            db.execute("DELETE FROM schedules WHERE guild_id = ? AND id = ?", (guild_id, schedule_id))
            return None if row is None else _schedule(row)

        return await self._recorded(guild_id, change, record)


def _put(db: Connection, schedule: Schedule) -> None:
    data = to_plain(schedule)
    db.execute(_PUT, (*[data.pop(each) for each in _COLUMNS], to_json(data)))


def _schedule(row: Row) -> Schedule:
    columns = {each: row[each] for each in _COLUMNS} | {"is_off": bool(row["is_off"])}
    return from_plain(Schedule, json.loads(row["data"]) | columns)
