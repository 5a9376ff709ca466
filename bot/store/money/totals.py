"""What jobs and ledger lines add up to over time, by the tables `running_totals` and `ledger_totals`.

Triggers keep them (docs/decisions/0009-writes-share-a-commit.md). A period is read as whole hours or days, and its
edges from the ledger, so that every sum is exact.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from bot.domain.models import Books, LedgerKind
from bot.domain.money.limit_rules import HOST_ZONE
from bot.domain.server.guild_rules import Limit, Scope
from bot.store.engine.columns import from_milli
from bot.store.sql import Connection

HOUR_S, DAY_S = 3600, 86_400
HOST_ID = 0
"""The `guild_id` of the host's key, whose members are the servers."""
ALL_MEMBERS = 0
_EVER_S = 1 << 53
"""The end of a period that has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totalled:
    """Which jobs are added up: a guild's, or a member's of it; of an operation, in a channel or category."""

    guild_id: int
    practice: int = Books.SERVER
    """The books (`Books`)."""
    member_id: int = ALL_MEMBERS
    operation: str = ""
    channel_id: int = 0

    @property
    def in_detail(self) -> bool:
        return bool(self.operation or self.channel_id)

    @property
    def bucket_s(self) -> int:
        """Seconds of a row: an hour where all of a guild is added up, as days of its zone begin at any hour."""
        return DAY_S if self.in_detail or self.member_id else HOUR_S


_Edges = tuple[tuple[int, float, float], ...]


def _parts(since: float, until: float | None, bucket_s: int) -> tuple[int, int, _Edges]:
    """Return a period as whole rows of `running_totals`, and spans of the ledger to add (1) or to subtract (-1)."""
    first = _nearest(since, bucket_s)
    if until is None:
        return first, _EVER_S, _edge(since, first)
    last = _nearest(until, bucket_s)
    if first >= last:
        return first, first, ((1, since, until),) if since < until else ()
    return first, last, (*_edge(since, first), *_edge(last, until))


def _nearest(at: float, bucket_s: int) -> int:
    return math.floor(at / bucket_s + 0.5) * bucket_s


def _edge(begin: float, end: float) -> _Edges:
    if begin == end:
        return ()
    return ((1, begin, end),) if begin < end else ((-1, end, begin),)


_IN_ALL = " AND operation = ''"
_IN_DETAIL = """
    AND operation <> '' AND (:operation = '' OR operation = :operation)
    AND (:channel_id = 0 OR :channel_id IN (channel_id, parent_channel_id, category_id))
"""
_ROWS = """
FROM running_totals
WHERE guild_id = :guild_id AND practice = :practice AND member_id = :member_id AND since >= :since AND since < :until
"""
_CHARGED = "SELECT coalesce(sum(charged_milli), 0), coalesce(sum(drawn_milli), 0)"
_SPENT = "SELECT coalesce(sum(spent_milli), 0), coalesce(sum(paid_jobs), 0)"
# One query per shape, so that the database can choose the index.
_CHARGED_OF_JOBS = """
FROM job_charges WHERE guild_id = :guild_id AND practice = :practice AND at >= :since AND at < :until
    AND (:operation = '' OR operation = :operation)
"""
_ON_HOST_KEY = """
FROM job_charges WHERE key_id IS NULL AND at >= :since AND at < :until
"""
_OF_MEMBER = " AND member_id = :member_id"
_IN_CHANNEL = """
    AND EXISTS (
        SELECT 1 FROM cards WHERE cards.id = card_id
        AND :channel_id IN (cards.channel_id, cards.parent_channel_id, cards.category_id)
    )
"""
_SPENT_BY_LINES = """
FROM bookings WHERE guild_id = :guild_id AND practice = :practice AND at >= :since AND at < :until
"""


def charged(db: Connection, of: Totalled, since: float, until: float | None = None) -> Decimal:
    """Return credits settled or held for the jobs accepted from `since`, before `until` (Unix seconds; None: no end).

    A job counts in the period of its acceptance, whenever settled. Of a member, without what grants paid.
    """
    first, last, edges = _parts(since, until, of.bucket_s)
    milli, drawn = _sum(db, _CHARGED + _ROWS + (_IN_DETAIL if of.in_detail else _IN_ALL), of, first, last)
    for sign, begin, end in edges:
        more, more_drawn = _sum(db, _charged_at_edge(of), of, begin, end)
        milli, drawn = milli + sign * more, drawn + sign * more_drawn
    return from_milli(milli - drawn if of.member_id else milli)


def _charged_at_edge(of: Totalled) -> str:
    columns = _CHARGED if of.member_id and of.guild_id != HOST_ID else _CHARGED.replace("sum(drawn_milli)", "0")
    if of.guild_id == HOST_ID:
        return columns + _ON_HOST_KEY + (" AND guild_id = :member_id" if of.member_id else "")
    return columns + _CHARGED_OF_JOBS + (_OF_MEMBER if of.member_id else "") + (_IN_CHANNEL if of.channel_id else "")


def _sum(db: Connection, query: str, of: Totalled, since: float, until: float) -> tuple[int, int]:
    first, second = db.execute(query, asdict(of) | {"since": since, "until": until}).fetchone()
    return int(first), int(second)


@dataclass(frozen=True, slots=True)
class Spent:
    """Costs in credits, and how many jobs were paid for. A job counts at its first cost."""

    credits: Decimal
    jobs: int


def spent(db: Connection, of: Totalled, since: float, until: float | None = None) -> Spent:
    """Return what was settled or adjusted from `since`, before `until` (Unix seconds), by a guild or a member."""
    first, last, edges = _parts(since, until, of.bucket_s)
    milli, jobs = _sum(db, _SPENT + _ROWS + _IN_ALL, of, first, last)
    query = _SPENT + _SPENT_BY_LINES + (_OF_MEMBER if of.member_id else "")
    for sign, begin, end in edges:
        more, more_jobs = _sum(db, query, of, begin, end)
        milli, jobs = milli + sign * more, jobs + sign * more_jobs
    return Spent(from_milli(milli), jobs)


_BY_MEMBER = """
SELECT member_id, sum(spent_milli), sum(paid_jobs) FROM running_totals
WHERE guild_id = :guild_id AND practice = :practice AND operation = '' AND member_id <> 0
    AND since >= :since AND since < :until AND (spent_milli <> 0 OR paid_jobs <> 0)
GROUP BY member_id
"""
# With `+`, SQLite does not read all of the guild in the order of members.
_BY_MEMBER_AT_EDGE = f"""
SELECT +member_id AS member, sum(spent_milli), sum(paid_jobs) {_SPENT_BY_LINES} GROUP BY member
"""


def spent_by_member(db: Connection, of: Totalled, since: float, until: float | None = None) -> dict[int, Spent]:
    """Return what each member of the guild had settled or adjusted in the period, without those who had nothing."""
    return _spent_by(db, of, since, until, _BY_MEMBER, _BY_MEMBER_AT_EDGE)


_BY_OPERATION = f"""
SELECT operation, sum(spent_milli), sum(paid_jobs) {_ROWS} AND operation <> '' AND (spent_milli <> 0 OR paid_jobs <> 0)
GROUP BY operation
"""
_BY_OPERATION_AT_EDGE = """
SELECT jobs.operation, sum(spent_milli), sum(paid_jobs) FROM bookings JOIN jobs ON jobs.id = bookings.job_id
WHERE bookings.guild_id = :guild_id AND bookings.practice = :practice AND at >= :since AND at < :until
    AND (:member_id = 0 OR member_id = :member_id)
GROUP BY jobs.operation
"""


def spent_by_operation(db: Connection, of: Totalled, since: float, until: float | None = None) -> dict[str, Spent]:
    """Return what was settled or adjusted for each operation in the period, of all of a guild or of a member."""
    return _spent_by(db, of, since, until, _BY_OPERATION, _BY_OPERATION_AT_EDGE)


def _spent_by(
    db: Connection, of: Totalled, since: float, until: float | None, rows: str, lines: str
) -> dict[Any, Spent]:
    first, last, edges = _parts(since, until, DAY_S)
    milli, jobs = Counter[Any](), Counter[Any]()
    for sign, query, begin, end in (
        (1, rows, first, last),
        *((s, lines, b, e) for s, b, e in edges),
    ):
        for key, more, more_jobs in db.execute(query, asdict(of) | {"since": begin, "until": end}).fetchall():
            milli[key] += sign * int(more)
            jobs[key] += sign * int(more_jobs)
    return {key: Spent(from_milli(milli[key]), jobs[key]) for key in milli if milli[key] or jobs[key]}


_FIRST = f"""
SELECT since {_ROWS} AND operation = '' AND (spent_milli <> 0 OR paid_jobs <> 0) ORDER BY since LIMIT 1
"""


def first_spent_at(db: Connection, of: Totalled) -> float | None:
    """Return when the first cost of all of a guild or of a member was booked (Unix seconds), None if none was."""
    row = db.execute(_FIRST, asdict(of) | {"since": 0, "until": _EVER_S}).fetchone()
    if row is None:
        return None
    query = f"SELECT min(at) {_SPENT_BY_LINES}" + (_OF_MEMBER if of.member_id else "")
    first: float | None = db.execute(
        query, asdict(of) | {"since": row["since"], "until": row["since"] + of.bucket_s}
    ).fetchone()[0]
    return first


_BOOKED = """
SELECT kind, sum(credits_milli) FROM ledger_totals
WHERE {}practice = :practice AND (:key_id = -1 OR key_id = :key_id)
GROUP BY kind
"""


def booked(db: Connection, guild_id: int, *, practice: int, key_id: int | None = None) -> dict[LedgerKind, Decimal]:
    """Return the sum of all ledger lines of each kind, in credits: of a guild (HOST_ID: of all), of a key or of all."""
    values = {"guild_id": guild_id, "practice": practice, "key_id": -1 if key_id is None else key_id}
    query = _BOOKED.format("" if guild_id == HOST_ID else "guild_id = :guild_id AND ")
    sums = {LedgerKind(kind): from_milli(int(milli)) for kind, milli in db.execute(query, values).fetchall()}
    return {kind: sums.get(kind, Decimal(0)) for kind in LedgerKind}


@dataclass(frozen=True, slots=True, kw_only=True)
class HostCredits:
    """Spending under a limit of the host, in credits, holds included."""

    limit: Limit
    spent: Decimal
    """By all servers; under a limit for each, by the one that spent most."""
    guild_id: int | None
    """The server that spent most, None for all servers."""

    @property
    def is_total(self) -> bool:
        return self.limit.scope is Scope.HOST_TOTAL


_BY_GUILD = """
SELECT member_id, sum(charged_milli), 0 FROM running_totals
WHERE guild_id = 0 AND practice = 0 AND operation = '' AND member_id <> 0 AND since >= :since AND since < :until
GROUP BY member_id
"""
_BY_GUILD_AT_EDGE = f"SELECT guild_id, sum(charged_milli), 0 {_ON_HOST_KEY} GROUP BY guild_id"


def host_credits(db: Connection, limits: Iterable[Limit], now: float) -> tuple[HostCredits, ...]:
    """Return the spending under each of the host's limits in its period at `now` (Unix seconds)."""
    return tuple(_of_host(db, limit, now) for limit in limits)


def _of_host(db: Connection, limit: Limit, now: float) -> HostCredits:
    period = (limit.period.start(now, HOST_ZONE), limit.period.end(now, HOST_ZONE))
    everywhere = Totalled(guild_id=HOST_ID)
    if limit.scope is Scope.HOST_TOTAL:
        return HostCredits(limit=limit, spent=charged(db, everywhere, *period), guild_id=None)
    found = _spent_by(db, everywhere, *period, _BY_GUILD, _BY_GUILD_AT_EDGE)
    most = max(found, key=lambda guild_id: found[guild_id].credits, default=None)
    return HostCredits(limit=limit, spent=Decimal(0) if most is None else found[most].credits, guild_id=most)


_KEY = "guild_id, practice, member_id, since, operation, channel_id, parent_channel_id, category_id"
# True less stored.
_DIFFERENCES = f"""
SELECT guild_id FROM (
    SELECT {_KEY}, charged_milli, drawn_milli, spent_milli, paid_jobs FROM true_totals
    UNION ALL
    SELECT {_KEY}, -charged_milli, -drawn_milli, -spent_milli, -paid_jobs FROM running_totals
) AS each GROUP BY {_KEY}
HAVING sum(charged_milli) <> 0 OR sum(drawn_milli) <> 0 OR sum(spent_milli) <> 0 OR sum(paid_jobs) <> 0
UNION SELECT guild_id FROM (
    SELECT ledger.guild_id, coalesce(jobs.key_id, 0) AS key_id, ledger.practice, ledger.kind, credits_milli
    FROM ledger LEFT JOIN jobs ON jobs.id = ledger.job_id
    UNION ALL SELECT guild_id, key_id, practice, kind, -credits_milli FROM ledger_totals
) AS each GROUP BY guild_id, key_id, practice, kind HAVING sum(credits_milli) <> 0
ORDER BY guild_id
"""  # noqa: S608 - assembled from constants


def wrong_guilds(db: Connection) -> list[int]:
    """Return the guilds whose totals differ from the ledger, and HOST_ID. Reads all of it."""
    return [row[0] for row in db.execute(_DIFFERENCES).fetchall()]
