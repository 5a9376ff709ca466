"""The append-only ledger: spent is what was settled, held what is not closed yet."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bot.domain.models import Job, LedgerKind
from bot.errors import StoreError
from bot.store import texts
from bot.store.engine.columns import from_milli, read_as, to_milli
from bot.store.engine.repository import Repository
from bot.store.money.spending import held_of_guild, practises
from bot.store.money.totals import booked
from bot.store.sql import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """A ledger line. `credits`: held, settled, released, granted or adjusted."""

    id: int
    guild_id: int
    member_id: int
    job_id: str | None
    kind: LedgerKind
    credits: Decimal
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSums:
    """Spent and held credits of a guild, or of a member's own account."""

    spent: Decimal
    """True costs: settled, and adjusted where they were found later."""
    held: Decimal
    """Holds that are neither settled nor released."""


class Ledger(Repository):
    """Reads of the table `ledger`. Rows are written with their jobs."""

    async def balance(self, guild_id: int) -> LedgerSums:
        """Return the guild's sums; in practice, of practice only."""

        def look(db: Connection) -> LedgerSums:
            sums = booked(db, guild_id, practice=practises(db, guild_id))
            return LedgerSums(spent=sums[LedgerKind.SETTLE] + sums[LedgerKind.ADJUST], held=held_of_guild(db, guild_id))

        return await self._database.read(look)

    async def rows(self, guild_id: int, *, since: float | None = None, limit: int | None = None) -> list[LedgerRow]:
        """Return the guild's lines from `since` (Unix seconds), newest first, at most `limit`."""
        return await self._all(
            _row,
            "SELECT * FROM ledger WHERE guild_id = ? AND at >= ? ORDER BY at DESC, id DESC LIMIT ?",
            (guild_id, 0 if since is None else since, -1 if limit is None else limit),
        )


def lines_of(db: Connection, job_id: str) -> tuple[LedgerRow, ...]:
    rows = db.execute("SELECT * FROM ledger WHERE job_id = ? ORDER BY id", (job_id,)).fetchall()
    return tuple(_row(row) for row in rows)


def hold(db: Connection, job: Job, now: float) -> None:
    _write(db, job, LedgerKind.HOLD, job.held, now)


def grant(db: Connection, guild_id: int, member_id: int, amount: Decimal, now: float, *, practice: bool) -> None:
    db.execute(
        "INSERT INTO ledger (guild_id, member_id, job_id, kind, credits_milli, at, practice)"
        " VALUES (?, ?, NULL, ?, ?, ?, ?)",
        (guild_id, member_id, LedgerKind.GRANT, to_milli(amount), now, practice),
    )


def settle(db: Connection, job: Job, cost: Decimal, now: float) -> None:
    """Turn the job's hold into its true cost, in credits. Raises StoreError if already closed."""
    _close(db, job, LedgerKind.SETTLE, cost, now)


def release(db: Connection, job: Job, now: float) -> None:
    """Release the job's hold. Raises StoreError if already closed."""
    _close(db, job, LedgerKind.RELEASE, job.held, now)


def adjust(db: Connection, job: Job, cost: Decimal, now: float) -> None:
    """Book a late cost, in credits, of a job whose hold is closed."""
    if not is_closed(db, job.id):
        raise StoreError(texts.HOLD_OPEN(job_id=job.id))
    _write(db, job, LedgerKind.ADJUST, cost, now)


def is_closed(db: Connection, job_id: str) -> bool:
    row = db.execute("SELECT 1 FROM ledger WHERE job_id = ? AND kind IN ('settle', 'release')", (job_id,)).fetchone()
    return row is not None


def _close(db: Connection, job: Job, kind: LedgerKind, credits_: Decimal, now: float) -> None:
    if is_closed(db, job.id):
        raise StoreError(texts.HOLD_CLOSED(job_id=job.id))
    _write(db, job, kind, credits_, now)


def _write(db: Connection, job: Job, kind: LedgerKind, credits_: Decimal, now: float) -> None:
    db.execute(
        "INSERT INTO ledger (guild_id, member_id, job_id, kind, credits_milli, at, practice)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (job.guild_id, job.author_id, job.id, kind, to_milli(credits_), now, int(job.books)),
    )


def _row(row: Row) -> LedgerRow:
    return read_as(LedgerRow, row, kind=LedgerKind(row["kind"]), credits=from_milli(row["credits_milli"]))
