"""What moderators set: rules, limits, grants, blocks, prices; and the record of who decided what."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bot.domain.guild_rules import Block, Grant, Limit, Rules
from bot.store.engine.columns import from_milli, mapping_from_json, to_json, to_milli
from bot.store.engine.repository import Part
from bot.store.money import ledger
from bot.store.money.spending import Spending, block_from, block_of, grants_of, limit_of, limits_of, rules_of, spending

_SET_LIMIT = """
INSERT INTO limits (guild_id, scope, scope_id, operation, channel_id, period, credits_milli, set_by, set_at)
VALUES (:guild_id, :scope, :scope_id, :operation, :channel_id, :period, :credits_milli, :set_by, :set_at)
ON CONFLICT (guild_id, scope, scope_id, operation, channel_id, period)
DO UPDATE SET credits_milli = excluded.credits_milli, set_by = excluded.set_by, set_at = excluded.set_at
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One line of the record: who decided what, when."""

    id: int
    guild_id: int
    at: float
    by_id: int
    kind: str
    """A short word to filter by: `limit`, `grant`, `block`, `key`, `settings`, `approval`, `refusal`, …"""
    text: str
    about: Mapping[str, Any]


class GuildSettings(Part):
    """The tables that moderators' commands write."""

    # ------------------------------------------------------------------ rules

    async def rules(self, guild_id: int) -> Rules:
        """Return the guild's settings; the defaults where it has set none."""
        return await self._database.read(lambda db: rules_of(db, guild_id))

    async def change_rules(self, guild_id: int, change: Callable[[Rules], Rules]) -> Rules:
        """Change the guild's settings by a function of the present ones, in one transaction; return the new ones."""

        def write(db: sqlite3.Connection) -> Rules:
            rules = change(rules_of(db, guild_id))
            db.execute(
                "INSERT INTO rules (guild_id, data) VALUES (?, ?)"
                " ON CONFLICT (guild_id) DO UPDATE SET data = excluded.data",
                (guild_id, to_json(rules.to_json())),
            )
            return rules

        return await self._database.write(write)

    # ------------------------------------------------------------------ limits

    async def limits(self, guild_id: int) -> tuple[Limit, ...]:
        """Return the guild's limits, in the order in which they were first set."""
        return await self._database.read(lambda db: limits_of(db, guild_id))

    async def set_limit(self, guild_id: int, limit: Limit, *, by_id: int) -> Limit:
        """Set a limit; one for the same scope, operation, channel and period is replaced. Returns it with its id."""
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

        def change(db: sqlite3.Connection) -> Limit:
            db.execute(_SET_LIMIT, values)
            row = db.execute(
                "SELECT * FROM limits WHERE guild_id = :guild_id AND scope = :scope AND scope_id = :scope_id"
                " AND operation = :operation AND channel_id = :channel_id AND period = :period",
                values,
            ).fetchone()
            return limit_of(row)

        return await self._database.write(change)

    async def remove_limit(self, guild_id: int, limit_id: int) -> Limit | None:
        """Remove one of the guild's limits; return it, None if there was none of this id."""

        def change(db: sqlite3.Connection) -> Limit | None:
            row = db.execute("SELECT * FROM limits WHERE guild_id = ? AND id = ?", (guild_id, limit_id)).fetchone()
            if row is None:
                return None
            db.execute("DELETE FROM limits WHERE guild_id = ? AND id = ?", (guild_id, limit_id))
            return limit_of(row)

        return await self._database.write(change)

    # ------------------------------------------------------------------ grants

    async def grant(
        self, guild_id: int, member_id: int, amount: Decimal, *, note: str, by_id: int, expires_at: float | None
    ) -> Grant:
        """Give a member credits once, on top of their limits."""
        now = self._clock.wall()

        def change(db: sqlite3.Connection) -> Grant:
            ledger.grant(db, guild_id, member_id, amount, now)
            grant_id = db.execute(
                "INSERT INTO grants (guild_id, member_id, credits_milli, note, granted_by, granted_at, expires_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (guild_id, member_id, to_milli(amount), note, by_id, now, expires_at),
            ).lastrowid
            return next(each for each in grants_of(db, guild_id, member_id, now, used_up=True) if each.id == grant_id)

        return await self._database.write(change)

    async def grants(self, guild_id: int, member_id: int, *, used_up: bool = False) -> list[Grant]:
        """Return the member's grants in the guild, the soonest to expire first."""
        now = self._clock.wall()
        return await self._database.read(lambda db: grants_of(db, guild_id, member_id, now, used_up=used_up))

    # ------------------------------------------------------------------ blocks

    async def block(self, guild_id: int, member_id: int, *, until: float | None, reason: str, by_id: int) -> None:
        """Block a member in the guild until then (Unix seconds), or for good; an earlier block is replaced."""
        now = self._clock.wall()

        def change(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO blocks (guild_id, member_id, until, reason, by_id, at) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (guild_id, member_id) DO UPDATE SET until = excluded.until, reason = excluded.reason,"
                " by_id = excluded.by_id, at = excluded.at",
                (guild_id, member_id, until, reason, by_id, now),
            )

        await self._database.write(change)

    async def unblock(self, guild_id: int, member_id: int) -> bool:
        """Lift a member's block; False if there was none."""

        def change(db: sqlite3.Connection) -> bool:
            done = db.execute("DELETE FROM blocks WHERE guild_id = ? AND member_id = ?", (guild_id, member_id))
            return done.rowcount > 0

        return await self._database.write(change)

    async def blocked(self, guild_id: int, member_id: int) -> Block | None:
        """Return the member's block if it holds now."""
        now = self._clock.wall()
        block = await self._database.read(lambda db: block_of(db, guild_id, member_id))
        return block if block is not None and (block.until is None or block.until > now) else None

    async def blocks(self, guild_id: int) -> list[Block]:
        """Return the guild's blocks that hold now, the newest first."""
        now = self._clock.wall()
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT * FROM blocks WHERE guild_id = ? AND (until IS NULL OR until > ?) ORDER BY at DESC, member_id",
                (guild_id, now),
            ).fetchall()
        )
        return [block_from(row) for row in rows]

    # ------------------------------------------------------------------ prices

    async def set_price(self, guild_id: int, operation: str, model: str, amount: Decimal | None) -> None:
        """Set what a job of this kind is thought to cost in the guild; None removes it. Model '' is for all models."""

        def change(db: sqlite3.Connection) -> None:
            if amount is None:
                db.execute(
                    "DELETE FROM prices WHERE guild_id = ? AND operation = ? AND model = ?",
                    (guild_id, operation, model),
                )
                return
            db.execute(
                "INSERT INTO prices (guild_id, operation, model, credits_milli) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (guild_id, operation, model) DO UPDATE SET credits_milli = excluded.credits_milli",
                (guild_id, operation, model, to_milli(amount)),
            )

        await self._database.write(change)

    async def prices(self, guild_id: int) -> dict[tuple[str, str], Decimal]:
        """Return the guild's price list by (operation, model), in credits."""
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT operation, model, credits_milli FROM prices WHERE guild_id = ? ORDER BY operation, model",
                (guild_id,),
            ).fetchall()
        )
        return {(row[0], row[1]): from_milli(row[2]) for row in rows}

    # ------------------------------------------------------------------ the record

    async def note_decision(
        self, guild_id: int, *, by_id: int, kind: str, text: str, about: Mapping[str, Any] | None = None
    ) -> Decision:
        """Write one line of the record. It can never be changed."""
        now = self._clock.wall()

        def change(db: sqlite3.Connection) -> Decision:
            row_id = db.execute(
                "INSERT INTO decisions (guild_id, at, by_id, kind, text, about) VALUES (?, ?, ?, ?, ?, ?)",
                (guild_id, now, by_id, kind, text, to_json(about or {})),
            ).lastrowid
            return _decision(db.execute("SELECT * FROM decisions WHERE id = ?", (row_id,)).fetchone())

        return await self._database.write(change)

    async def decisions(self, guild_id: int, *, since: float | None = None, limit: int | None = None) -> list[Decision]:
        """Return the guild's record, newest first: from `since` (Unix seconds) on, at most `limit` lines."""
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT * FROM decisions WHERE guild_id = ? AND at >= ? ORDER BY at DESC, id DESC LIMIT ?",
                (guild_id, 0 if since is None else since, -1 if limit is None else limit),
            ).fetchall()
        )
        return [_decision(row) for row in rows]

    # ------------------------------------------------------------------ the books

    async def look_at_books(self, guild_id: int, member_id: int, look: Callable[[Spending], Any]) -> Any:
        """Return what `look` makes of the member's books at one moment; it runs on the store's thread."""
        now = self._clock.wall()
        return await self._database.read(lambda db: look(spending(db, guild_id, member_id, now)))


def _decision(row: sqlite3.Row) -> Decision:
    return Decision(
        id=row["id"],
        guild_id=row["guild_id"],
        at=row["at"],
        by_id=row["by_id"],
        kind=row["kind"],
        text=row["text"],
        about=mapping_from_json(row["about"]),
    )
