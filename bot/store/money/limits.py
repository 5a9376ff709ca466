"""The table `limits`."""

from __future__ import annotations

from decimal import Decimal

from bot.domain.server.guild_rules import Block, Grant, Limit
from bot.store.engine.columns import to_milli
from bot.store.engine.repository import RecordOf, Repository
from bot.store.money import ledger
from bot.store.money.spending import block_from, block_of, grants_of, limit_of, limits_of, practises
from bot.store.sql import Connection

_SET_LIMIT = """
INSERT INTO limits (guild_id, scope, scope_id, operation, channel_id, period, credits_milli, set_by, set_at)
VALUES (:guild_id, :scope, :scope_id, :operation, :channel_id, :period, :credits_milli, :set_by, :set_at)
ON CONFLICT (guild_id, scope, scope_id, operation, channel_id, period)
DO UPDATE SET credits_milli = excluded.credits_milli, set_by = excluded.set_by, set_at = excluded.set_at
"""


class Limits(Repository):
    """The table `limits`."""

    async def all(self, guild_id: int) -> tuple[Limit, ...]:
        return await self._database.look(lambda db: limits_of(db, guild_id))

    async def set(self, guild_id: int, limit: Limit, *, by_id: int, record: RecordOf[Limit] | None = None) -> Limit:
        """Set a limit, replacing one of the same scope, operation, channel and period. Returns it with its id."""
        values = {
            "guild_id": guild_id,
            "scope": limit.scope,
            "scope_id": limit.scope_id,
            "operation": limit.operation,
            "channel_id": limit.channel_id,
            "period": limit.period,
            "credits_milli": to_milli(limit.credits),
            "set_by": by_id,
            "set_at": self._clock.wall(),
        }

        def change(db: Connection) -> Limit:
            db.execute(_SET_LIMIT, values)
            row = db.execute(
                "SELECT * FROM limits WHERE guild_id = :guild_id AND scope = :scope AND scope_id = :scope_id"
                " AND operation = :operation AND channel_id = :channel_id AND period = :period",
                values,
            ).fetchone()
            return limit_of(row)

        return await self._recorded(guild_id, change, record)

    async def remove(self, guild_id: int, limit_id: int, *, record: RecordOf[Limit] | None = None) -> Limit | None:
        """Remove and return one of the guild's limits, None if there is none of this id."""

        def change(db: Connection) -> Limit | None:
            row = db.execute("SELECT * FROM limits WHERE guild_id = ? AND id = ?", (guild_id, limit_id)).fetchone()
            if row is None:
                return None
            db.execute("DELETE FROM limits WHERE guild_id = ? AND id = ?", (guild_id, limit_id))
            return limit_of(row)

        return await self._recorded(guild_id, change, record)


class Grants(Repository):
    """The table `grants`: one-time credits on top of the limits."""

    async def add(
        self,
        guild_id: int,
        member_id: int,
        amount: Decimal,
        *,
        note: str,
        by_id: int,
        expires_at: float | None,
        record: RecordOf[Grant] | None = None,
    ) -> Grant:
        now = self._clock.wall()

        def change(db: Connection) -> Grant:
            grant_id = add_grant(
                db, guild_id, member_id, amount, note=note, by_id=by_id, expires_at=expires_at, now=now
            )
            return next(each for each in grants_of(db, guild_id, member_id, now, used_up=True) if each.id == grant_id)

        return await self._recorded(guild_id, change, record)

    async def of_member(self, guild_id: int, member_id: int, *, used_up: bool = False) -> list[Grant]:
        now = self._clock.wall()
        return await self._database.read(lambda db: grants_of(db, guild_id, member_id, now, used_up=used_up))


def add_grant(
    db: Connection,
    guild_id: int,
    member_id: int,
    amount: Decimal,
    *,
    note: str,
    by_id: int,
    expires_at: float | None,
    now: float,
    practice: bool | None = None,
) -> int:
    """Grant one-time credits in the caller's transaction; return the grant's id. `practice` None: as the guild does."""
    is_practice = practises(db, guild_id) if practice is None else practice
    ledger.grant(db, guild_id, member_id, amount, now, practice=is_practice)
    row = db.execute(
        "INSERT INTO grants (guild_id, member_id, credits_milli, note, granted_by, granted_at, expires_at, practice)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (guild_id, member_id, to_milli(amount), note, by_id, now, expires_at, is_practice),
    ).fetchone()
    return int(row["id"])


class Blocks(Repository):
    """The table `blocks`."""

    async def add(
        self,
        guild_id: int,
        member_id: int,
        *,
        until: float | None,
        reason: str,
        by_id: int,
        record: RecordOf[bool] | None = None,
    ) -> None:
        """Block a member until then (Unix seconds), or permanently; replaces an earlier block."""
        now = self._clock.wall()

        def change(db: Connection) -> bool:
            db.execute(
                "INSERT INTO blocks (guild_id, member_id, until, reason, by_id, at) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (guild_id, member_id) DO UPDATE SET until = excluded.until, reason = excluded.reason,"
                " by_id = excluded.by_id, at = excluded.at",
                (guild_id, member_id, until, reason, by_id, now),
            )
            return True

        await self._recorded(guild_id, change, record)

    async def remove(self, guild_id: int, member_id: int, *, record: RecordOf[bool] | None = None) -> bool:
        """Lift a member's block; False if there is none."""
        now = self._clock.wall()

        def change(db: Connection) -> bool:
            block = block_of(db, guild_id, member_id)
            db.execute("DELETE FROM blocks WHERE guild_id = ? AND member_id = ?", (guild_id, member_id))
            return _applies(block, now)

        return await self._recorded(guild_id, change, record)

    async def active(self, guild_id: int, member_id: int) -> Block | None:
        now = self._clock.wall()
        block = await self._database.look(lambda db: block_of(db, guild_id, member_id))
        return block if _applies(block, now) else None

    async def all(self, guild_id: int) -> list[Block]:
        now = self._clock.wall()
        return await self._all(
            block_from,
            "SELECT * FROM blocks WHERE guild_id = ? AND (until IS NULL OR until > ?) ORDER BY at DESC, member_id",
            (guild_id, now),
        )


def _applies(block: Block | None, now: float) -> bool:
    return block is not None and (block.until is None or block.until > now)
