"""The books: an append-only ledger. What was spent is what was settled; what is held is what was not yet closed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from bot.errors import StoreError
from bot.models import Job, LedgerKind
from bot.store.columns import from_milli, to_milli
from bot.store.part import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One line of the books. `credits` is what was held, truly paid, given back, granted or adjusted."""

    id: int
    guild_id: int
    member_id: int
    job_id: str | None
    kind: LedgerKind
    credits: Decimal
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSums:
    """A guild's books in two numbers, in credits."""

    spent: Decimal
    """True costs, settled."""
    held: Decimal
    """Holds that are neither settled nor released."""


def _nothing_spent(_since: float, _author_id: int | None) -> Decimal:
    return Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What a decision about new jobs may look at, as of the transaction in which it is made."""

    guild_id: int
    author_id: int
    running_of_member: int = 0
    """Jobs of this member that are being made, in this guild."""
    running_of_guild: int = 0
    held_of_guild: Decimal = Decimal(0)
    """Credits in open holds of the guild."""
    spent_since: Callable[[float, int | None], Decimal] = _nothing_spent
    """(Unix seconds, member or None for all) → credits settled or still held for jobs accepted since then.

    A job counts in the period in which it was accepted, whenever it is settled. Only valid inside the decision.
    """


class Ledger(Part):
    """The table `ledger`, to read. Its rows are written together with the jobs that they are about."""

    async def balance(self, guild_id: int) -> LedgerSums:
        """Return what the guild has spent and what it has set aside."""

        def look(db: sqlite3.Connection) -> LedgerSums:
            spent = db.execute(
                "SELECT sum(credits_milli) FROM ledger WHERE guild_id = ? AND kind = 'settle'", (guild_id,)
            ).fetchone()[0]
            return LedgerSums(spent=from_milli(spent), held=held_of_guild(db, guild_id))

        return await self._database.read(look)

    async def ledger(self, guild_id: int, *, since: float | None = None, limit: int | None = None) -> list[LedgerRow]:
        """Return the guild's lines, newest first: those from `since` (Unix seconds) on, at most `limit`."""
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT * FROM ledger WHERE guild_id = ? AND at >= ? ORDER BY at DESC, id DESC LIMIT ?",
                (guild_id, 0 if since is None else since, -1 if limit is None else limit),
            ).fetchall()
        )
        return [_row(row) for row in rows]

    async def costs(self, operation: str, model: str | None, *, limit: int = 200) -> list[Decimal]:
        """Return the true costs of this kind of job, in credits, newest first."""
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT credits_milli FROM jobs JOIN ledger ON ledger.job_id = jobs.id AND kind = 'settle'"
                " WHERE operation = ? AND model IS ? AND state IN ('delivered', 'held')"
                " ORDER BY created_at DESC LIMIT ?",
                (operation, model or None, limit),
            ).fetchall()
        )
        return [from_milli(row[0]) for row in rows]


def hold(db: sqlite3.Connection, job: Job, now: float) -> None:
    """Set the job's credits aside."""
    _write(db, job, LedgerKind.HOLD, job.held, now)


def settle(db: sqlite3.Connection, job: Job, cost: Decimal, now: float) -> None:
    """Turn the job's hold into its true cost, in credits. Raises StoreError if the hold is closed already."""
    _close(db, job, LedgerKind.SETTLE, cost, now)


def release(db: sqlite3.Connection, job: Job, now: float) -> None:
    """Give the job's hold back. Raises StoreError if the hold is closed already."""
    _close(db, job, LedgerKind.RELEASE, job.held, now)


def is_closed(db: sqlite3.Connection, job_id: str) -> bool:
    """Whether the job's hold was settled or released."""
    row = db.execute("SELECT 1 FROM ledger WHERE job_id = ? AND kind IN ('settle', 'release')", (job_id,)).fetchone()
    return row is not None


def held_of_guild(db: sqlite3.Connection, guild_id: int) -> Decimal:
    """Return the credits in the guild's open holds. Only open jobs have one: the schema lets none end without."""
    return from_milli(db.execute(_HELD, (guild_id,)).fetchone()[0])


def spending(db: sqlite3.Connection, guild_id: int, author_id: int) -> Spending:
    """Look at the books for a decision about new jobs of this member."""
    of_member, of_guild = db.execute(_RUNNING, {"guild_id": guild_id, "author_id": author_id}).fetchone()

    def spent_since(since: float, member_id: int | None) -> Decimal:
        values = {"guild_id": guild_id, "since": since, "member_id": member_id}
        return from_milli(db.execute(_SPENT_SINCE, values).fetchone()[0])

    return Spending(
        guild_id=guild_id,
        author_id=author_id,
        running_of_member=of_member,
        running_of_guild=of_guild,
        held_of_guild=held_of_guild(db, guild_id),
        spent_since=spent_since,
    )


_HELD = """
SELECT sum(held_milli) FROM jobs
WHERE guild_id = ? AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
    AND NOT EXISTS (SELECT 1 FROM ledger WHERE job_id = jobs.id AND kind IN ('settle', 'release'))
"""
_RUNNING = """
SELECT
    count(*) FILTER (WHERE author_id = :author_id AND state NOT IN ('awaiting_approval', 'waiting')),
    count(*) FILTER (WHERE state NOT IN ('awaiting_approval', 'waiting'))
FROM jobs
WHERE guild_id = :guild_id
    AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
"""
_SPENT_SINCE = """
SELECT sum(coalesce(settled.credits_milli, held.credits_milli)) FROM ledger AS held
LEFT JOIN ledger AS settled ON settled.job_id = held.job_id AND settled.kind = 'settle'
WHERE held.guild_id = :guild_id AND held.kind = 'hold' AND held.at >= :since
    AND (:member_id IS NULL OR held.member_id = :member_id)
    AND NOT EXISTS (SELECT 1 FROM ledger AS freed WHERE freed.job_id = held.job_id AND freed.kind = 'release')
"""


def _close(db: sqlite3.Connection, job: Job, kind: LedgerKind, credits_: Decimal, now: float) -> None:
    if is_closed(db, job.id):
        raise StoreError(f"Job {job.id} was settled or released before: nothing was changed.")
    _write(db, job, kind, credits_, now)


def _write(db: sqlite3.Connection, job: Job, kind: LedgerKind, credits_: Decimal, now: float) -> None:
    db.execute(
        "INSERT INTO ledger (guild_id, member_id, job_id, kind, credits_milli, at) VALUES (?, ?, ?, ?, ?, ?)",
        (job.guild_id, job.author_id, job.id, kind, to_milli(credits_), now),
    )


def _row(row: sqlite3.Row) -> LedgerRow:
    return LedgerRow(
        id=row["id"],
        guild_id=row["guild_id"],
        member_id=row["member_id"],
        job_id=row["job_id"],
        kind=LedgerKind(row["kind"]),
        credits=from_milli(row["credits_milli"]),
        at=row["at"],
    )
