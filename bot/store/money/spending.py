"""Spending inside a decision's transaction: the domain's SpendingView."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Any

from bot.domain.models import Books, Card, Job, JobState
from bot.domain.money.costs import PriceFactors
from bot.domain.money.limit_rules import WhatIsLeft, headroom_of, left_after, zone_of
from bot.domain.money.spend_request import (
    RISE,
    ZERO,
    EventPurse,
    Headroom,
    OpenWork,
    Spender,
    SpendItem,
    SpendRequest,
    Unpriced,
)
from bot.domain.server.guild_rules import Block, Grant, Limit, Period, Rules, Scope
from bot.store.engine.columns import from_milli, mapping_from_json, read_as
from bot.store.engine.repository import Repository
from bot.store.money.prices import costs_of_kind
from bot.store.money.purses import purse_of
from bot.store.money.totals import ALL_MEMBERS, HOST_ID, Totalled, charged
from bot.store.sql import Connection, Row

SENT_STATES = frozenset({JobState.SUBMITTING, JobState.QUEUED, JobState.PROCESSING})
"""States in which the API has the job, or may have it."""

# Must match the condition of the index of open jobs, as must the next two.
_PLACED = """
FROM jobs WHERE guild_id = ? AND state IN ('submitting', 'queued', 'processing') AND overdue_at IS NULL
    AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
"""
_PLACED_AT_MOST = f"""
SELECT author_id, count(*) FROM (SELECT author_id {_PLACED} LIMIT ?) AS placed GROUP BY author_id
"""  # noqa: S608 - assembled from constants
_PLACED_OF_MEMBER = f"SELECT count(*) {_PLACED} AND author_id = ?"
_QUEUED_OF_MEMBER = """
SELECT count(*) FROM jobs
WHERE guild_id = ? AND author_id = ? AND state IN ('awaiting_approval', 'waiting') AND after_ids = '[]'
    AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
"""
_HAS_ASKED = """
SELECT 1 FROM questions JOIN cards ON cards.id = questions.subject
WHERE questions.kind = 'approval' AND questions.verdict IS NULL AND questions.guild_id = ? AND questions.reason <> ''
    AND cards.author_id = ? LIMIT 1
"""
_HELD = """
SELECT sum(held_milli + raised_milli) FROM jobs
WHERE guild_id = ? AND practice = ?
    AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
    AND NOT EXISTS (SELECT 1 FROM ledger WHERE job_id = jobs.id AND kind IN ('settle', 'release'))
"""
_HELD_OF_OWN = _HELD.replace("guild_id = ? AND practice = ?", "practice = 2 AND author_id = ?")
_GRANTS = """
SELECT * FROM grants WHERE guild_id = :guild_id AND member_id = :member_id AND practice = :practice
ORDER BY expires_at IS NULL, expires_at, id
"""
_DRAWN = """
SELECT draws.grant_id, draws.credits_milli, draws.job_id, job_charges.charged_milli, grants.member_id, grants.expires_at
FROM draws JOIN grants ON grants.id = draws.grant_id
JOIN job_charges ON job_charges.job_id = draws.job_id
WHERE draws.job_id IN (
    SELECT mine.job_id FROM grants JOIN draws AS mine ON mine.grant_id = grants.id
    WHERE grants.guild_id = :guild_id AND grants.member_id = :member_id AND grants.practice = :practice
)
"""


# Must match the condition of its index.
_UNPRICED = """
SELECT author_id, operation, price_kind, state, overdue_at FROM jobs
WHERE basis = 'unknown' AND coalesce(cost_milli, 0) = 0
    AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
"""
_UNPRICED_HERE = _UNPRICED + " AND guild_id = ? AND practice = ?"
_UNPRICED_ELSEWHERE = _UNPRICED + " AND guild_id <> ? AND key_id IS NULL"
# With `+`, SQLite looks among the open jobs, not among all of the period.
_COUNTED = """
FROM jobs JOIN cards ON cards.id = jobs.card_id
    LEFT JOIN questions AS approvals ON approvals.kind = 'approval' AND approvals.subject = jobs.card_id
WHERE {} AND +jobs.created_at >= :since AND +jobs.created_at < :until
    AND jobs.state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
    AND (:operation = '' OR jobs.operation = :operation) AND (:member_id IS NULL OR jobs.author_id = :member_id)
    AND (:channel_id = 0 OR :channel_id IN (cards.channel_id, cards.parent_channel_id, cards.category_id))
"""
COUNTED_HERE = _COUNTED.format(
    "jobs.guild_id = :guild_id AND CASE WHEN :host = 1 THEN jobs.key_id IS NULL ELSE jobs.practice = :practice END"
)
"""The guild's open jobs that count for a limit, by `Spending.counted`."""
_COUNTED_EVERYWHERE = _COUNTED.format("jobs.key_id IS NULL AND :host = 1")
DRAWN = """
CASE WHEN :member_id IS NULL THEN 0 ELSE
    coalesce((SELECT sum(credits_milli) FROM draws WHERE draws.job_id = jobs.id), 0) END
"""
"""What grants pay of a job, which does not count for a member's limit."""
_UNSENT_UNDER = f"""
SELECT sum(CASE WHEN held > other THEN held - other ELSE 0 END) FROM (
    SELECT jobs.held_milli + jobs.raised_milli AS held, coalesce(jobs.cost_milli, 0) + {DRAWN} AS other {{counted}}
        AND (jobs.state IN ('awaiting_approval', 'waiting') OR jobs.cost_milli > 0)
) AS each
"""  # noqa: S608 - assembled from constants
_RUNNING_UNDER = f"""
SELECT jobs.guild_id, jobs.key_id, jobs.operation, jobs.price_kind, jobs.price_size, jobs.price_outputs,
    jobs.basis, jobs.held_milli + jobs.raised_milli, {DRAWN} {{counted}}
    AND jobs.state IN ('submitting', 'queued', 'processing') AND jobs.overdue_at IS NULL
    AND coalesce(jobs.cost_milli, 0) = 0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """Readable facts for a decision about new jobs. Valid only inside it: each call is a query."""

    guild_id: int
    author_id: int
    now: float
    rules: Rules
    limits: tuple[Limit, ...]
    host_limits: tuple[Limit, ...]
    """The host's limits of their key."""
    block: Block | None
    practice: bool
    """Whether the guild practises: then all sums are of practice only."""
    own: bool = False
    """Whether the member's own account pays: it has no limits, and all sums are of it only."""
    db: Connection = field(repr=False)

    @property
    def running_of_member(self) -> int:
        return int(self.db.execute(_PLACED_OF_MEMBER, (self.guild_id, self.author_id)).fetchone()[0])

    @property
    def running_of_guild(self) -> int:
        return sum(placed_of(self.db, self.guild_id, self.rules.running_per_server).values())

    @property
    def queued_of_member(self) -> int:
        """This member's jobs waiting for a slot or a moderator."""
        return int(self.db.execute(_QUEUED_OF_MEMBER, (self.guild_id, self.author_id)).fetchone()[0])

    @property
    def books(self) -> Books:
        if self.own:
            return Books.OWN
        return Books.PRACTICE if self.practice else Books.SERVER

    @property
    def held_of_guild(self) -> Decimal:
        """Credits in open holds of the guild; of an own account, of all guilds in which it pays."""
        return held_of_own(self.db, self.author_id) if self.own else held_of_guild(self.db, self.guild_id)

    def spent(
        self, since: float, until: float | None = None, *, member: bool, operation: str, channel_id: int
    ) -> Decimal:
        """Return credits settled or held for jobs accepted from since, before until; for a member, minus grants.

        A job counts in the period of its acceptance, whenever settled.
        """
        of = Totalled(
            guild_id=self.guild_id,
            practice=self.books,
            member_id=self.author_id if member else ALL_MEMBERS,
            operation=operation,
            channel_id=channel_id,
        )
        return charged(self.db, of, since, until)

    def unpriced(self, *, everywhere: bool) -> list[Unpriced]:
        """Return the guild's open jobs of unknown price; `everywhere`: plus those on the host's key."""
        return unpriced_of(self.db, self.guild_id, books=self.books, everywhere=everywhere)

    def counted(self, limit: Limit) -> dict[str, object]:
        """Return the parameters of a query for the open jobs that count for the limit, as `COUNTED_HERE` has them."""
        zone = zone_of(limit, self.rules)
        return {
            "guild_id": self.guild_id,
            "practice": int(self.books),
            "since": limit.period.start(self.now, zone),
            "until": end_of(limit.period.end(self.now, zone)),
            "operation": limit.operation,
            "channel_id": limit.channel_id,
            "member_id": None if limit.scope.is_shared else self.author_id,
            "host": int(limit.scope.is_host),
        }

    def open_under(self, limit: Limit) -> OpenWork:
        """Return the open jobs that count for the limit in its period at `now`."""
        values = self.counted(limit)
        counted = _COUNTED_EVERYWHERE if limit.scope is Scope.HOST_TOTAL else COUNTED_HERE
        unsent = from_milli(self.db.execute(_UNSENT_UNDER.format(counted=counted), values).fetchone()[0])
        sent = self.db.execute(_RUNNING_UNDER.format(counted=counted), values).fetchall()
        running = may_cost = after_rise = ZERO
        for guild_id, key_id, operation, kind, size, outputs, basis, held_milli, drawn_milli in sent:
            factors = PriceFactors(kind=kind or "", size=size, outputs=outputs)
            held, drawn = from_milli(held_milli), from_milli(drawn_milli)
            now = max(costs_of_kind(self.db, guild_id, key_id, operation, factors), default=ZERO)
            running += max(held - drawn, ZERO)
            cost = max(max(held, now) - drawn, ZERO)
            may_cost += cost
            after_rise += cost * (1 if basis == "fixed" else RISE)
        return OpenWork(unsent=unsent, running=running, may_cost=may_cost, after_rise=after_rise)

    def has_asked(self) -> bool:
        """Return whether the member has an over-limit request awaiting a moderator."""
        return self.db.execute(_HAS_ASKED, (self.guild_id, self.author_id)).fetchone() is not None

    def spent_on_host_key(self, since: float, until: float | None = None, *, everywhere: bool) -> Decimal:
        """Return credits settled or held on the host's key for jobs accepted then; `everywhere`: by all guilds."""
        of = Totalled(guild_id=HOST_ID, member_id=ALL_MEMBERS if everywhere else self.guild_id)
        return charged(self.db, of, since, until)

    def grants(self) -> list[Grant]:
        """Return the member's usable grants, soonest to expire first."""
        return [] if self.own else grants_of(self.db, self.guild_id, self.author_id, self.now)

    def purse(self, channel_ids: Collection[int]) -> EventPurse | None:
        """Return the purse of the event that runs in one of these channels, if the member takes part.

        None for an account of their own, which pays alone.
        """
        here = (self.guild_id, self.author_id, channel_ids, self.now)
        return None if self.own else purse_of(self.db, *here, practice=self.practice)


def end_of(until: float | None) -> float:
    """Return the end of a period for a query; None: it has none."""
    return math.inf if until is None else until


def placed_of(db: Connection, guild_id: int, at_most: int) -> dict[int, int]:
    """Return by member how many of the guild's jobs occupy a slot; at most so many are read."""
    return {row[0]: row[1] for row in db.execute(_PLACED_AT_MOST, (guild_id, at_most)).fetchall()}


def unpriced_of(db: Connection, guild_id: int, *, books: Books, everywhere: bool) -> list[Unpriced]:
    """Return the guild's open jobs without a known or reported price.

    Of these books. `everywhere`: also those of other guilds on the host's key.
    """
    rows = db.execute(_UNPRICED_HERE, (guild_id, int(books))).fetchall()
    if everywhere:
        rows = [*rows, *db.execute(_UNPRICED_ELSEWHERE, (guild_id,)).fetchall()]
    return [
        Unpriced(
            member_id=row["author_id"],
            operation=row["operation"],
            kind=row["price_kind"] or "",
            is_sent=row["state"] in SENT_STATES and row["overdue_at"] is None,
        )
        for row in rows
    ]


def spending(
    db: Connection, guild_id: int, author_id: int, now: float, host_limits: tuple[Limit, ...], *, own: bool = False
) -> Spending:
    """Return the spending view of this member. `host_limits` are the database's; `own`: their own account pays."""
    rules = rules_of(db, guild_id)
    return Spending(
        guild_id=guild_id,
        author_id=author_id,
        now=now,
        rules=rules.of_own_account() if own else rules,
        limits=() if own else limits_of(db, guild_id),
        host_limits=() if own else host_limits,
        block=block_of(db, guild_id, author_id),
        practice=practises(db, guild_id),
        own=own,
        db=db,
    )


def spending_of(db: Connection, job: Job, now: float, host_limits: tuple[Limit, ...]) -> Spending:
    """Return the view of a stored job's author in its books: practice may have begun or ended since it was accepted."""
    found = spending(db, job.guild_id, job.author_id, now, host_limits, own=job.own)
    return replace(found, practice=job.practice)


def practises(db: Connection, guild_id: int) -> bool:
    """Return whether the guild's active key is a practice key."""
    query = "SELECT practice FROM guild_keys WHERE guild_id = ? AND retired_at IS NULL"
    row = db.execute(query, (guild_id,)).fetchone()
    return row is not None and bool(row[0])


def held_of_own(db: Connection, member_id: int) -> Decimal:
    """Return the credits that a member's own account holds, in all guilds."""
    return from_milli(db.execute(_HELD_OF_OWN, (member_id,)).fetchone()[0])


def held_of_guild(db: Connection, guild_id: int) -> Decimal:
    """Return the guild's held credits. Only open jobs have holds: the schema enforces it."""
    return from_milli(db.execute(_HELD, (guild_id, practises(db, guild_id))).fetchone()[0])


def rules_of(db: Connection, guild_id: int) -> Rules:
    row = db.execute("SELECT data FROM rules WHERE guild_id = ?", (guild_id,)).fetchone()
    return Rules() if row is None else Rules.from_json(mapping_from_json(row[0]))


def limits_of(db: Connection, guild_id: int) -> tuple[Limit, ...]:
    rows = db.execute("SELECT * FROM limits WHERE guild_id = ? ORDER BY id", (guild_id,)).fetchall()
    return tuple(limit_of(row) for row in rows)


def limit_of(row: Row) -> Limit:
    return read_as(
        Limit, row, scope=Scope(row["scope"]), period=Period(row["period"]), credits=from_milli(row["credits_milli"])
    )


def block_of(db: Connection, guild_id: int, member_id: int) -> Block | None:
    row = db.execute("SELECT * FROM blocks WHERE guild_id = ? AND member_id = ?", (guild_id, member_id)).fetchone()
    return None if row is None else block_from(row)


def block_from(row: Row) -> Block:
    return Block(member_id=row["member_id"], until=row["until"], reason=row["reason"], by_id=row["by_id"], at=row["at"])


def grants_of(
    db: Connection, guild_id: int, member_id: int, now: float, *, used_up: bool = False, practice: bool | None = None
) -> list[Grant]:
    """Return the member's grants, soonest to expire first; used up or expired ones only with `used_up`.

    `practice`: those of practice or the others; None: those of the current mode.
    """
    is_practice = practises(db, guild_id) if practice is None else practice
    who = {"guild_id": guild_id, "member_id": member_id, "practice": is_practice}
    used = _used(db, who)
    grants = [
        read_as(
            Grant,
            row,
            credits=from_milli(row["credits_milli"]),
            left=from_milli(row["credits_milli"] - used.get(row["id"], 0)),
        )
        for row in db.execute(_GRANTS, who).fetchall()
    ]
    return [
        grant
        for grant in grants
        if used_up or (grant.left > 0 and (grant.expires_at is None or grant.expires_at > now))
    ]


def _used(db: Connection, who: Mapping[str, int]) -> dict[int, int]:
    """Return the thousandths paid by each grant: never more than the jobs cost, after purses."""
    # Few rows: sorting them here spares the database a temporary table.
    draws = sorted((tuple(row) for row in db.execute(_DRAWN, who).fetchall()), key=_purses_first)
    return paid_by_grants([each[:4] for each in draws])


def _purses_first(draw: tuple[Any, ...]) -> tuple[bool, float, int]:
    """Order draws as they pay: purses, then the grants that expire soonest."""
    grant_id, *_, member_id, expires_at = draw
    return member_id != 0, math.inf if expires_at is None else expires_at, grant_id


def paid_by_grants(draws: Sequence[Sequence[Any]]) -> dict[int, int]:
    """Return the thousandths paid by each grant, of draws in the grants' order: grant, thousandths, job, its charge."""
    used: dict[int, int] = {}
    rest: dict[str, int] = {}
    for grant_id, drawn, job_id, charge in draws:
        left = rest.setdefault(job_id, charge)
        paid = min(drawn, left)
        rest[job_id] = left - paid
        used[grant_id] = used.get(grant_id, 0) + paid
    return used


class SpendingViews(Repository):
    """Spending facts from one snapshot."""

    async def view(self, guild_id: int, member_id: int, look: Callable[[Spending], Any], *, own: bool = False) -> Any:
        """Return `look` of the member's spending, or of their own account's; it runs on the store's thread."""
        now = self._clock.wall()
        limits = self._database.host_limits
        return await self._database.read(lambda db: look(spending(db, guild_id, member_id, now, limits, own=own)))

    async def left_of(self, card: Card, jobs: Sequence[Job], balance: Decimal | None = None) -> WhatIsLeft | None:
        """Return what the author of a card with these jobs has left, of their limits and of `balance`, if it counts."""
        items = [SpendItem(operation=job.operation, title=job.operation, credits=ZERO, exact=True) for job in jobs]
        request = replace(SpendRequest.of(Spender.of(card), items), balance=balance)
        left: WhatIsLeft | None = await self.view(card.guild_id, card.author_id, partial(left_after, request))
        return left

    async def of_host(self, guild_id: int) -> list[Headroom]:
        left: list[Headroom] = await self.view(
            guild_id, 0, lambda known: [headroom_of(limit, known) for limit in known.host_limits]
        )
        return left
