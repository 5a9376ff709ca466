"""What jobs and ledger lines add up to over time, by the tables `running_totals` and `ledger_totals`.

Triggers keep them (docs/decisions/0009-writes-share-a-commit.md). A period is read as whole hours or days, and its
edges from the ledger, so that every sum is exact.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from bot.domain.models import Books, LedgerKind
from bot.domain.money.limit_rules import HOST_ZONE
from bot.domain.server.guild_rules import Limit, Scope
from bot.runtime.progress import Progress
from bot.store import texts
from bot.store.engine.columns import from_milli
from bot.store.engine.repository import RecordOf, Repository
from bot.store.sql import Connection, Row

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


@dataclass(frozen=True, slots=True)
class _Parts:
    """A period as whole rows of `running_totals`, and spans of the ledger to add (1) or to subtract (-1)."""

    since: int
    until: int
    edges: tuple[tuple[int, float, float], ...]


def _parts(since: float, until: float | None, bucket_s: int) -> _Parts:
    first = _nearest(since, bucket_s)
    if until is None:
        return _Parts(first, _EVER_S, _edge(since, first))
    last = _nearest(until, bucket_s)
    if first >= last:
        return _Parts(first, first, ((1, since, until),) if since < until else ())
    return _Parts(first, last, (*_edge(since, first), *_edge(last, until)))


def _nearest(at: float, bucket_s: int) -> int:
    return math.floor(at / bucket_s + 0.5) * bucket_s


def _edge(begin: float, end: float) -> tuple[tuple[int, float, float], ...]:
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
    parts = _parts(since, until, of.bucket_s)
    milli, drawn = _sum(db, _CHARGED + _ROWS + (_IN_DETAIL if of.in_detail else _IN_ALL), of, parts.since, parts.until)
    for sign, begin, end in parts.edges:
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
    parts = _parts(since, until, of.bucket_s)
    milli, jobs = _sum(db, _SPENT + _ROWS + _IN_ALL, of, parts.since, parts.until)
    query = _SPENT + _SPENT_BY_LINES + (_OF_MEMBER if of.member_id else "")
    for sign, begin, end in parts.edges:
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
    parts = _parts(since, until, DAY_S)
    milli, jobs = Counter[Any](), Counter[Any]()
    for sign, query, begin, end in (
        (1, rows, parts.since, parts.until),
        *((s, lines, b, e) for s, b, e in parts.edges),
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


COMPARED_META = "totals_compared_at"
"""The key in the table `meta` of when all totals were last compared with the ledger (Unix seconds)."""
JOBS_COMPARED = 200
"""Jobs compared in one read: some ten milliseconds."""
_KEY = "guild_id, practice, member_id, since, operation, channel_id, parent_channel_id, category_id"
_AMOUNTS = "sum(charged_milli), sum(drawn_milli), sum(spent_milli), sum(paid_jobs)"
_NOT_ZERO = "sum(charged_milli) <> 0 OR sum(drawn_milli) <> 0 OR sum(spent_milli) <> 0 OR sum(paid_jobs) <> 0"
_WINDOW = "guild_id = :guild_id AND since >= :since AND since < :until"
# True less stored; members' rows by their index, and of `member_id` also where it has none there.
_DIFFERENCES = f"""
SELECT {_KEY}, {_AMOUNTS} FROM (
    SELECT {_KEY}, charged_milli, drawn_milli, spent_milli, paid_jobs FROM true_totals
    WHERE guild_id = :guild_id AND at >= :since AND at < :until
    UNION ALL
    SELECT {_KEY}, -charged_milli, -drawn_milli, -spent_milli, -paid_jobs FROM running_totals
    WHERE {_WINDOW} AND practice IN (0, 1, 2) AND member_id = 0
    UNION ALL
    SELECT total.guild_id, total.practice, total.member_id, total.since, operation, channel_id, parent_channel_id,
        category_id, -charged_milli, -drawn_milli, -spent_milli, -paid_jobs
    FROM (
        SELECT DISTINCT practice, member_id FROM running_totals
        WHERE {_WINDOW} AND practice IN (0, 1, 2) AND operation = '' AND member_id <> 0
        UNION SELECT books, :member_id FROM (SELECT 0 AS books UNION ALL SELECT 1 UNION ALL SELECT 2) AS each
        WHERE :member_id <> 0
    ) AS member
    CROSS JOIN running_totals AS total ON total.guild_id = :guild_id AND total.practice = member.practice
        AND total.member_id = member.member_id AND total.since >= :since AND total.since < :until
) AS each
GROUP BY {_KEY} HAVING {_NOT_ZERO}
"""  # noqa: S608 - assembled from constants
_CORRECT = f"""
INSERT INTO running_totals ({_KEY}, charged_milli, drawn_milli, spent_milli, paid_jobs) {_DIFFERENCES}
ON CONFLICT ({_KEY}) DO UPDATE SET
    charged_milli = running_totals.charged_milli + excluded.charged_milli,
    drawn_milli = running_totals.drawn_milli + excluded.drawn_milli,
    spent_milli = running_totals.spent_milli + excluded.spent_milli,
    paid_jobs = running_totals.paid_jobs + excluded.paid_jobs
"""
_FORGET_ZEROS = """
DELETE FROM running_totals
WHERE guild_id = ? AND practice = ? AND member_id = ? AND since = ? AND operation = ?
    AND charged_milli = 0 AND drawn_milli = 0 AND spent_milli = 0 AND paid_jobs = 0
"""
_LAST_OF_WINDOW = """
SELECT min(at) FROM (
    SELECT * FROM (
        SELECT created_at AS at FROM jobs WHERE guild_id = :guild_id AND created_at >= :since
        ORDER BY created_at LIMIT 1 OFFSET :most
    ) AS last_job
    UNION ALL
    SELECT * FROM (
        SELECT at FROM ledger WHERE guild_id = :guild_id AND at >= :since ORDER BY at LIMIT 1 OFFSET :most
    ) AS last_line
) AS each
"""
_LAST_OF_HOST = """
SELECT min(created_at) FROM (
    SELECT created_at FROM jobs WHERE key_id IS NULL AND created_at >= :since ORDER BY created_at LIMIT 1 OFFSET :most
) AS last_job
"""
_NEXT_MEMBER = """
SELECT practice, member_id FROM running_totals
WHERE guild_id = ? AND (practice, member_id) > (?, ?) ORDER BY practice, member_id LIMIT 1
"""
_STRAYS = """
SELECT DISTINCT since FROM running_totals AS detail
WHERE guild_id = :guild_id AND practice = :practice AND member_id = :member_id AND operation <> '' AND NOT EXISTS (
    SELECT 1 FROM running_totals
    WHERE guild_id = :guild_id AND practice = :practice AND member_id = :member_id AND since = detail.since
        AND operation = ''
)
"""
_TRUE_BOOKED = """
SELECT coalesce(jobs.key_id, 0) AS key_id, ledger.practice, ledger.kind, sum(credits_milli) AS credits_milli
FROM ledger LEFT JOIN jobs ON jobs.id = ledger.job_id
WHERE ledger.guild_id = :guild_id AND ledger.at >= :since AND ledger.at < :until
GROUP BY coalesce(jobs.key_id, 0), ledger.practice, ledger.kind
"""
_STORED_BOOKED = "SELECT key_id, practice, kind, credits_milli FROM ledger_totals WHERE guild_id = ?"
_NEXT_GUILD = """
SELECT min(id) FROM (
    SELECT min(guild_id) AS id FROM jobs WHERE guild_id > :after
    UNION ALL SELECT min(guild_id) FROM ledger WHERE guild_id > :after
    UNION ALL SELECT min(guild_id) FROM running_totals WHERE guild_id > :after
    UNION ALL SELECT min(guild_id) FROM ledger_totals WHERE guild_id > :after
) AS each
"""


@dataclass(frozen=True, slots=True)
class _Window:
    """Whole days, and a member who has rows there that no row in all leads to."""

    since: int
    until: int
    member_id: int = 0


@dataclass(slots=True)
class Comparison:
    """Compares a guild's totals with its ledger, or the host's (HOST_ID), in steps."""

    guild_id: int
    wrong: list[_Window] = field(default_factory=list)
    """Where rows differ."""
    is_booked_wrong: bool = False
    """Whether `ledger_totals` may differ."""
    _since: int = field(default=0, repr=False)
    _member: tuple[int, int] | None = field(default=(-1, 0), repr=False)
    _booked: Counter[tuple[int, int, str]] = field(default_factory=Counter, repr=False)

    @property
    def is_right(self) -> bool:
        return not self.wrong and not self.is_booked_wrong

    def step(self, db: Connection) -> bool:
        """Compare the next days, then a member's rows; return whether there is more."""
        if self._since < _EVER_S:
            self._compare_days(db)
        elif self._member is not None:
            self._compare_member(db, *self._member)
        return self._member is not None

    def _compare_days(self, db: Connection) -> None:
        window = _window(db, self.guild_id, self._since, JOBS_COMPARED)
        self._since = window.until
        if _differences(db, self.guild_id, window):
            self.wrong.append(window)
        if self.guild_id == HOST_ID:
            return
        self._booked.update(_true_booked(db, self.guild_id, window))
        if window.until == _EVER_S:
            self.is_booked_wrong = +_booked_in(db, _STORED_BOOKED, self.guild_id) != +self._booked

    def _compare_member(self, db: Connection, practice: int, member_id: int) -> None:
        values = {"guild_id": self.guild_id, "practice": practice, "member_id": member_id}
        for (since,) in db.execute(_STRAYS, values).fetchall() if member_id else ():
            window = _Window(since, since + DAY_S, member_id)
            if _differences(db, self.guild_id, window):
                self.wrong.append(window)
        row = db.execute(_NEXT_MEMBER, (self.guild_id, practice, member_id)).fetchone()
        self._member = None if row is None else (row[0], row[1])


def _window(db: Connection, guild_id: int, since: int, most: int) -> _Window:
    """Return the days from `since` on that have about so many jobs or lines, or all that follow."""
    query = _LAST_OF_HOST if guild_id == HOST_ID else _LAST_OF_WINDOW
    (last,) = db.execute(query, {"guild_id": guild_id, "since": since, "most": most}).fetchone()
    return _Window(since, _EVER_S if last is None else (int(last) // DAY_S + 1) * DAY_S)


def _differences(db: Connection, guild_id: int, window: _Window) -> list[Row]:
    return db.execute(_DIFFERENCES, {"guild_id": guild_id, **asdict(window)}).fetchall()


def _true_booked(db: Connection, guild_id: int, window: _Window) -> Counter[tuple[int, int, str]]:
    rows = db.execute(_TRUE_BOOKED, {"guild_id": guild_id, "since": window.since, "until": window.until}).fetchall()
    return Counter({(key_id, practice, kind): int(milli) for key_id, practice, kind, milli in rows})


def _booked_in(db: Connection, query: str, guild_id: int) -> Counter[tuple[int, int, str]]:
    rows = db.execute(query, (guild_id,)).fetchall()
    return Counter({(key_id, practice, kind): milli for key_id, practice, kind, milli in rows})


def _correct(db: Connection, guild_id: int, window: _Window) -> int:
    """Set the rows of these days right; return how many were wrong."""
    rows = [tuple(row) for row in _differences(db, guild_id, window)]
    if rows:
        db.execute(_CORRECT, {"guild_id": guild_id, **asdict(window)})
        db.executemany(_FORGET_ZEROS, [row[:5] for row in rows])
    return len(rows)


def _correct_booked(db: Connection, guild_id: int) -> int:
    known, stored = _true_booked(db, guild_id, _Window(0, _EVER_S)), _booked_in(db, _STORED_BOOKED, guild_id)
    if +known == +stored:
        return 0
    db.execute("DELETE FROM ledger_totals WHERE guild_id = ?", (guild_id,))
    db.executemany(
        "INSERT INTO ledger_totals (guild_id, key_id, practice, kind, credits_milli) VALUES (?, ?, ?, ?, ?)",
        [(guild_id, *key, milli) for key, milli in known.items()],
    )
    return sum(known[key] != stored[key] for key in known | stored)


def wrong_guilds(db: Connection, progress: Progress) -> Iterator[int]:
    """Yield the guilds whose totals differ from the ledger, and HOST_ID. Reads all of it."""
    guild_id: int | None = HOST_ID
    while guild_id is not None:
        comparison = Comparison(guild_id)
        while comparison.step(db):
            progress(texts.COMPARING_TOTALS, 0, 0)
        if not comparison.is_right:
            yield guild_id
        guild_id = _next_guild(db, guild_id)


def _next_guild(db: Connection, after: int) -> int | None:
    found: int | None = db.execute(_NEXT_GUILD, {"after": after}).fetchone()[0]
    return found


class Totals(Repository):
    """Compares the totals with the ledger, which is the truth, and sets them right."""

    async def next_guild(self, after: int) -> int | None:
        """Return the next guild by id, None after the last."""
        return await self._database.glance(lambda db: _next_guild(db, after))

    async def compare(self, guild_id: int) -> Comparison:
        """Compare all of a guild's totals, or the host's (HOST_ID), a few days at a time."""
        comparison = Comparison(guild_id)
        while await self._database.glance(comparison.step):
            pass
        return comparison

    async def correct(self, found: Comparison, *, record: RecordOf[int]) -> int:
        """Set right what still differs; return how many rows. The host has no record."""

        def change(db: Connection) -> int:
            rows = sum(_correct(db, found.guild_id, window) for window in found.wrong)
            return rows + (_correct_booked(db, found.guild_id) if found.is_booked_wrong else 0)

        return await self._recorded(found.guild_id, change, None if found.guild_id == HOST_ID else record)
