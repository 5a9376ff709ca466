"""Spending reports and exports. Sums are the ledger's true costs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from bot.domain.models import Books
from bot.store.engine.columns import from_milli
from bot.store.engine.repository import Repository
from bot.store.money.spending import practises
from bot.store.money.totals import (
    ALL_MEMBERS,
    Spent,
    Totalled,
    first_spent_at,
    spent,
    spent_by_member,
    spent_by_operation,
)
from bot.store.sql import Connection, Row

PAGE_ROWS = 1000
K = TypeVar("K", int, str)

# Without jobs that members vote on: their models and costs are secret until the end.
_LEDGER = """
SELECT ledger.at AS page_at, ledger.id AS page_id, ledger.*, jobs.operation, jobs.model, cards.channel_id
FROM ledger
LEFT JOIN jobs ON jobs.id = ledger.job_id
LEFT JOIN cards ON cards.id = jobs.card_id
WHERE ledger.guild_id = :guild_id AND ledger.at >= :since AND (ledger.at, ledger.id) > (:page_at, :page_id)
    AND (:member_id IS NULL OR ledger.member_id = :member_id) AND coalesce(jobs.shootout, '') <> 'open'
    AND (ledger.practice <> 2 OR :member_id IS NOT NULL)
ORDER BY ledger.at, ledger.id LIMIT :limit
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A guild's spending in a period, in credits. Each of the three lists adds up to `total`."""

    spans: tuple[Decimal, ...]
    """For each requested span (a day)."""
    members: tuple[tuple[int, Decimal], ...]
    """By member id, largest first."""
    operations: tuple[tuple[str, Decimal], ...]
    """By operation id, largest first."""
    jobs: int
    """How many jobs were paid for, each at its first cost."""
    first_at: float | None
    """When the guild's first job was settled (Unix seconds), None if none was."""

    practice: bool = False
    """Whether the guild practises: then the report is of practice only."""

    @property
    def total(self) -> Decimal:
        return sum(self.spans, Decimal(0))


@dataclass(frozen=True, slots=True)
class Mark:
    """Cursor of an export."""

    at: float = -1.0
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """A page of an export, oldest first, by column; `after` leads to the next, None after the last."""

    rows: tuple[Mapping[str, Any], ...]
    after: Mark | None


START = Mark()


class Reports(Repository):
    """Reports and exports, for moderators and for members about themselves."""

    async def totals(
        self, guild_id: int, spans: Sequence[tuple[float, float]], *, member_id: int | None = None
    ) -> Report:
        """Return the guild's or member's spending in each of `spans`, and in all of them.

        Spans are consecutive (start, exclusive end) in Unix seconds. A cost counts when settled. While the
        guild practises, only practice counts, else none of it.
        """
        begin, end = spans[0][0], spans[-1][1]

        def look(db: Connection) -> Report:
            of = Totalled(
                guild_id=guild_id,
                practice=Books.OWN if member_id == guild_id else practises(db, guild_id),
                member_id=ALL_MEMBERS if member_id is None else member_id,
            )
            members = (
                spent_by_member(db, of, begin, end) if member_id is None else {member_id: spent(db, of, begin, end)}
            )
            return Report(
                spans=tuple(spent(db, of, *span).credits for span in spans),
                members=_largest_first(members),
                operations=_largest_first(spent_by_operation(db, of, begin, end)),
                jobs=sum(each.jobs for each in members.values()),
                practice=of.practice == Books.PRACTICE,
                first_at=first_spent_at(db, of),
            )

        return await self._database.read(look)

    async def ledger_page(
        self,
        guild_id: int,
        *,
        since: float = 0.0,
        after: Mark = START,
        limit: int = PAGE_ROWS,
        member_id: int | None = None,
    ) -> ReportPage:
        """Return lines of the guild's or member's ledger from `since` (Unix seconds), without members' own accounts.

        Of one member with them.
        """
        values = {
            "guild_id": guild_id,
            "since": since,
            "page_at": after.at,
            "page_id": after.id,
            "limit": limit,
            "member_id": member_id,
        }
        rows = await self._rows(_LEDGER, values)
        return ReportPage(
            rows=tuple(_ledger_line(row) for row in rows),
            after=None if len(rows) < limit else Mark(rows[-1]["page_at"], rows[-1]["page_id"]),
        )


def _largest_first(found: Mapping[K, Spent]) -> tuple[tuple[K, Decimal], ...]:
    spent_by = ((key, each.credits) for key, each in found.items() if each.jobs or each.credits)
    return tuple(sorted(spent_by, key=lambda each: (-each[1], each[0])))


def _ledger_line(row: Row) -> Mapping[str, Any]:
    return {
        "id": row["id"],
        "time": iso_time(row["at"]),
        "member_id": row["member_id"],
        "kind": row["kind"],
        "credits": from_milli(row["credits_milli"]),
        "job_id": row["job_id"],
        "operation": row["operation"],
        "model": row["model"],
        "channel_id": row["channel_id"],
        "practice": row["practice"] == Books.PRACTICE,
        "own_account": row["practice"] == Books.OWN,
    }


def iso_time(at: float | None) -> str | None:
    """Format Unix seconds as ISO 8601 in UTC, to the second."""
    return None if at is None else dt.datetime.fromtimestamp(at, dt.UTC).isoformat(timespec="seconds")
