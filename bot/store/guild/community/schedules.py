"""The table `schedules`."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

from bot.domain.server.guild_rules import Period, Rules
from bot.domain.server.schedules import SCHEDULES_MAX, Plan, Schedule
from bot.store.engine.columns import from_milli, read_as, to_json, to_milli
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
_INSERT = """
INSERT INTO schedules (data, channel_id, made_by, limit_milli, next_at, reason, is_paused, made_at, guild_id, id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_UPDATE = """
UPDATE schedules SET data = ?, channel_id = ?, made_by = ?, limit_milli = ?, next_at = ?, reason = ?, is_paused = ?,
    made_at = ?
WHERE guild_id = ? AND id = ?
"""


class Schedules(Repository):
    """The table `schedules`. Its runs are stored with their cards: bot/store/money/schedule_runs.py."""

    async def all(self, guild_id: int) -> list[Schedule]:
        return [_schedule(row) for row in await self._rows(_ALL, (guild_id,))]

    async def get(self, guild_id: int, schedule_id: str) -> Schedule | None:
        row = await self._row(_ONE, (guild_id, schedule_id))
        return None if row is None else _schedule(row)

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
            db.execute(_INSERT, _values(schedule))
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
            db.execute(_UPDATE, _values(after))
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


def follow_zone(db: Connection, guild_id: int, before: Rules, after: Rules, now: float) -> None:
    """Move the guild's next runs to its new time zone; one that would lie in the past stays."""
    if before.timezone == after.timezone:
        return
    for row in db.execute(_ALL, (guild_id,)).fetchall():
        found = _schedule(row)
        at = None if found.next_at is None else found.plan.when.next_after(now, after.zone)
        if at is not None:
            db.execute("UPDATE schedules SET next_at = ? WHERE guild_id = ? AND id = ?", (at, guild_id, found.id))


def _values(schedule: Schedule) -> tuple[str | int | float | None, ...]:
    return (
        to_json(schedule.plan.to_json()), schedule.channel_id, schedule.made_by, to_milli(schedule.limit),
        schedule.next_at, schedule.reason, schedule.is_paused, schedule.made_at, schedule.guild_id, schedule.id,
    )  # fmt: skip


def _schedule(row: Row) -> Schedule:
    plan, limit = Plan.from_json(json.loads(row["data"])), from_milli(row["limit_milli"])
    return read_as(Schedule, row, plan=plan, limit=limit, is_paused=bool(row["is_paused"]))
