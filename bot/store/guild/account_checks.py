"""Comparing a key's account with the books."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bot.domain.account_check import AccountCheck, AccountFigures, compare
from bot.domain.models import GuildKey
from bot.store.engine.columns import from_milli, to_milli
from bot.store.engine.repository import Repository
from bot.store.guild.guild_keys import key_of
from bot.store.sql import Connection, Row

JOBS_NAMED = 5
"""How many jobs that may explain a difference are named."""
DAY_S = 86_400.0
CHECKED_FOR_S = 8 * DAY_S
"""A key is compared as long as there was a job in this time."""
SUSPECT_S = 7 * DAY_S

_TO_CHECK = """
SELECT guild_keys.* FROM guild_keys
LEFT JOIN account_checks ON account_checks.guild_id = guild_keys.guild_id AND account_checks.key_id = guild_keys.id
WHERE retired_at IS NULL AND refused_at IS NULL AND secret IS NOT NULL AND practice = 0
    AND coalesce(account_checks.at, 0) <= :before
    AND EXISTS (SELECT 1 FROM jobs WHERE jobs.guild_id = guild_keys.guild_id AND jobs.created_at >= :since)
"""
_BOOKS = """
SELECT coalesce(sum(credits_milli), 0), coalesce(sum(credits_milli) FILTER (WHERE kind = 'adjust'), 0)
FROM jobs JOIN ledger ON ledger.job_id = jobs.id AND ledger.kind IN ('settle', 'adjust')
WHERE jobs.guild_id = ? AND jobs.key_id = ?
"""
_OPEN = """
SELECT coalesce(sum(max(held_milli, coalesce(cost_milli, 0))), 0) FROM jobs
WHERE guild_id = ? AND key_id = ? AND attempts > 0 AND state IN ('submitting', 'queued', 'processing', 'ready')
"""
_SUSPECTS = """
SELECT id FROM jobs WHERE guild_id = :guild_id AND created_at >= :since
    AND (recheck_at IS NOT NULL OR (state = 'failed' AND in_doubt = 1))
ORDER BY created_at DESC LIMIT :limit
"""
_IS_THEIRS = "SELECT 1 FROM guild_keys WHERE guild_id = ? AND id = ?"
_LAST = "SELECT * FROM account_checks WHERE guild_id = ? AND key_id = ?"
_LAST_OF_GUILD = """
SELECT at, difference_milli FROM account_checks JOIN guild_keys ON guild_keys.id = key_id
WHERE account_checks.guild_id = ? AND retired_at IS NULL
"""
_PUT = """
INSERT INTO account_checks (
    guild_id, key_id, at, balance_milli, known_milli, adjusted_milli, open_milli, settled_milli, difference_milli,
    reported_milli
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (guild_id, key_id) DO UPDATE SET
    at = excluded.at, balance_milli = excluded.balance_milli, known_milli = excluded.known_milli,
    adjusted_milli = excluded.adjusted_milli, open_milli = excluded.open_milli, settled_milli = excluded.settled_milli,
    difference_milli = excluded.difference_milli, reported_milli = excluded.reported_milli
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDifference:
    """What a guild's account was charged beyond the books, in credits, and the jobs that may explain it."""

    at: float
    """When that was found, Unix seconds."""
    credits: Decimal
    """0 where account and books agree."""
    job_ids: tuple[str, ...]
    is_news: bool
    """Whether it is more than was reported before."""


class AccountChecks(Repository):
    """The table `account_checks`."""

    async def to_check(self, before: float) -> list[GuildKey]:
        """Return the living keys of all guilds that were not compared since `before` (Unix seconds) and are in use."""
        values = {"before": before, "since": self._clock.wall() - CHECKED_FOR_S}
        rows = await self._database.read(lambda db: db.execute(_TO_CHECK, values).fetchall())
        return [key_of(row, self._box) for row in rows]

    async def books_version(self, guild_id: int) -> int:
        """Return a number that grows with each line of the guild's books."""
        return await self._database.read(lambda db: _version(db, guild_id))

    async def compare(self, guild_id: int, key_id: int, balance: Decimal, *, version: int) -> AccountDifference | None:
        """Compare the key's account, which has `balance` credits left, with the books, and keep the outcome.

        `version` is that of the books before the account was asked: if they are others by now, nothing is compared and
        None returned, as for a key that is not the guild's.
        """
        now = self._clock.wall()

        def change(db: Connection) -> AccountDifference | None:
            if _version(db, guild_id) != version or db.execute(_IS_THEIRS, (guild_id, key_id)).fetchone() is None:
                return None
            row = db.execute(_LAST, (guild_id, key_id)).fetchone()
            check = compare(_check(row), _figures(db, guild_id, key_id, balance))
            reported = 0 if row is None else row["reported_milli"]
            difference = to_milli(check.difference)
            db.execute(_PUT, (guild_id, key_id, now, *_columns(check), difference))
            return AccountDifference(
                at=now, credits=check.difference, job_ids=_suspects(db, guild_id, now), is_news=difference > reported
            )

        return await self._database.write(change)

    async def last(self, guild_id: int) -> AccountDifference | None:
        """Return what the last comparison of the guild's present key has found; None if there was none yet."""
        now = self._clock.wall()

        def look(db: Connection) -> AccountDifference | None:
            row = db.execute(_LAST_OF_GUILD, (guild_id,)).fetchone()
            if row is None:
                return None
            suspects = _suspects(db, guild_id, now) if row[1] else ()
            return AccountDifference(at=row[0], credits=from_milli(row[1]), job_ids=suspects, is_news=False)

        return await self._database.read(look)


def _version(db: Connection, guild_id: int) -> int:
    row = db.execute("SELECT coalesce(max(id), 0) FROM ledger WHERE guild_id = ?", (guild_id,)).fetchone()
    return int(row[0])


def _figures(db: Connection, guild_id: int, key_id: int, balance: Decimal) -> AccountFigures:
    known, adjusted = db.execute(_BOOKS, (guild_id, key_id)).fetchone()
    return AccountFigures(
        balance=balance,
        known=from_milli(known),
        adjusted=from_milli(adjusted),
        open=from_milli(db.execute(_OPEN, (guild_id, key_id)).fetchone()[0]),
    )


def _suspects(db: Connection, guild_id: int, now: float) -> tuple[str, ...]:
    values = {"guild_id": guild_id, "since": now - SUSPECT_S, "limit": JOBS_NAMED}
    return tuple(row[0] for row in db.execute(_SUSPECTS, values).fetchall())


def _check(row: Row | None) -> AccountCheck | None:
    if row is None:
        return None
    return AccountCheck(
        base=AccountFigures(
            balance=from_milli(row["balance_milli"]),
            known=from_milli(row["known_milli"]),
            adjusted=from_milli(row["adjusted_milli"]),
            open=from_milli(row["open_milli"]),
        ),
        settled_difference=from_milli(row["settled_milli"]),
        difference=from_milli(row["difference_milli"]),
    )


def _columns(check: AccountCheck) -> tuple[int, ...]:
    base = check.base
    amounts = (base.balance, base.known, base.adjusted, base.open, check.settled_difference, check.difference)
    return tuple(map(to_milli, amounts))
