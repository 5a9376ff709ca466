"""What the bot reports to its host: the last alert of each rule, and the figures of a week. No member's texts."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.store.engine.columns import from_milli, read_as
from bot.store.engine.repository import Repository
from bot.store.money.totals import DAY_S
from bot.store.processes import ListedProcess, processes_in
from bot.store.sql import Connection, Row

AGAIN_S = 900.0
"""What begins again within this time is one alert: its message is edited, and another is not posted."""
_BEGIN = """
INSERT INTO host_alerts (rule, process, sentence, began_at) VALUES (:rule, :process, :sentence, :now)
ON CONFLICT (rule) DO UPDATE SET
    process = excluded.process, sentence = excluded.sentence, began_at = excluded.began_at, ended_at = NULL,
    is_shown = 0,
    channel_id = CASE WHEN host_alerts.ended_at > :again_after THEN host_alerts.channel_id END,
    message_id = CASE WHEN host_alerts.ended_at > :again_after THEN host_alerts.message_id END,
    posted_at = CASE WHEN host_alerts.ended_at > :again_after THEN host_alerts.posted_at END
WHERE host_alerts.ended_at IS NOT NULL AND host_alerts.silenced_until <= :now
"""
_SILENCE = """
INSERT INTO host_alerts (rule, process, sentence, began_at, ended_at, is_shown, silenced_until)
VALUES (:rule, '', '', :now, :now, 1, :until)
ON CONFLICT (rule) DO UPDATE SET silenced_until = excluded.silenced_until, is_shown = 0
"""

_COUNTS = """
SELECT (SELECT count(*) FROM host_key_refusals),
    (
        SELECT count(*) FROM guild_keys
        WHERE own = 0 AND refused_at IS NOT NULL AND retired_at IS NULL AND secret IS NOT NULL
    ),
    (
        SELECT count(*) FROM account_checks JOIN guild_keys ON guild_keys.id = account_checks.key_id
        WHERE own = 0 AND difference_milli > 0 AND retired_at IS NULL AND secret IS NOT NULL
    )
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostCounts:
    """How many servers are in trouble, without saying which; and what runs."""

    host_key_refused_to: int
    """Servers for which the host's key is rejected."""
    refused_keys: int
    """Servers whose own key is rejected."""
    differing_accounts: int
    """Servers whose own account was charged more than is booked."""
    processes: tuple[ListedProcess, ...]
    """Those that run, or ended within the hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAlert:
    """The last alert of a rule. Times are Unix seconds."""

    rule: str
    process: str
    sentence: str
    began_at: float
    ended_at: float | None = None
    """None: it lasts."""
    channel_id: int | None = None
    message_id: int | None = None
    """None: not posted yet."""
    posted_at: float | None = None
    is_shown: bool = False
    silenced_until: float = 0.0


class HostAlerts(Repository):
    """The table `host_alerts`."""

    async def all(self) -> dict[str, HostAlert]:
        return {row["rule"]: _alert_of(row) for row in await self._rows("SELECT * FROM host_alerts")}

    async def begin(self, rule: str, sentence: str, process: str) -> bool:
        """Note that a rule applies; False, with nothing changed, if that is noted already or it is silenced."""
        now = self._clock.wall()
        values = {"rule": rule, "process": process, "sentence": sentence, "now": now, "again_after": now - AGAIN_S}
        return await self._execute(_BEGIN, values) == 1

    async def end(self, rule: str) -> None:
        """Note that a rule applies no more."""
        query = "UPDATE host_alerts SET ended_at = ?, is_shown = 0 WHERE rule = ? AND ended_at IS NULL"
        await self._execute(query, (self._clock.wall(), rule))

    async def posted(self, alert: HostAlert, channel_id: int, message_id: int) -> None:
        """Note an alert's message. What has changed meanwhile is shown later."""
        query = "UPDATE host_alerts SET channel_id = ?, message_id = ?, posted_at = ? WHERE rule = ? AND began_at = ?"
        await self._execute(query, (channel_id, message_id, self._clock.wall(), alert.rule, alert.began_at))

    async def shown(self, alert: HostAlert) -> None:
        """Note that the message says what is in this row, unless the row has changed since it was read."""
        query = (
            "UPDATE host_alerts SET is_shown = 1"
            " WHERE rule = ? AND began_at = ? AND ended_at IS ? AND silenced_until = ?"
        )
        await self._execute(query, (alert.rule, alert.began_at, alert.ended_at, alert.silenced_until))

    async def silence(self, rule: str, until: float) -> None:
        """Let a rule begin no alert until then (Unix seconds)."""
        await self._execute(_SILENCE, {"rule": rule, "now": self._clock.wall(), "until": until})

    async def counts(self) -> HostCounts:
        def look(db: Connection) -> HostCounts:
            row = db.execute(_COUNTS).fetchone()
            return HostCounts(
                host_key_refused_to=int(row[0]),
                refused_keys=int(row[1]),
                differing_accounts=int(row[2]),
                processes=processes_in(db, self._database.now(db)),
            )

        return await self._database.read(look)

    async def week(self, until: float) -> Week:
        """Return the figures of the seven whole days (UTC) before `until` (Unix seconds)."""
        last = math.floor(until / DAY_S) * DAY_S
        return await self._database.read(lambda db: _week(db, last - 7 * DAY_S, last))


def _alert_of(row: Row) -> HostAlert:
    return read_as(HostAlert, row, is_shown=bool(row["is_shown"]))


KINDS_MAX = 5
JOBS_MAX = 100_000
"""Most jobs whose durations are compared."""
LATE_S = 60.0
"""A result that was made, and not posted after this time, is late."""
_SPENT = """
SELECT member_id, sum(charged_milli) FROM running_totals
WHERE guild_id = 0 AND practice = 0 AND operation = '' AND member_id <> 0 AND since >= ? AND since < ?
GROUP BY member_id HAVING sum(charged_milli) > 0
"""
_ENDED = """
SELECT state, operation, created_at, finished_at, delivered_at FROM jobs
WHERE practice = 0 AND created_at >= ? AND created_at < ?
    AND state IN ('delivered', 'held', 'failed', 'expired', 'cancelled', 'refused')
ORDER BY created_at DESC LIMIT ?
"""
_WITH_RESULT = frozenset({"delivered", "held"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KindOfWeek:
    """How long jobs of an operation took, from the command to the post, in seconds."""

    operation: str
    jobs: int
    median_s: float
    p95_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Seven days of all servers, without practice. Times are Unix seconds."""

    since: float
    until: float
    spent: Mapping[int, Decimal]
    """Credits by server, on the host's key."""
    states: Mapping[str, int]
    """How many of the jobs requested then ended how."""
    late: int
    """Results that were posted more than a minute after they were made."""
    slowest: Sequence[KindOfWeek]

    @property
    def with_result(self) -> int:
        return sum(count for state, count in self.states.items() if state in _WITH_RESULT)

    @property
    def refunded(self) -> int:
        return sum(self.states.values()) - self.with_result


def _week(db: Connection, since: float, until: float) -> Week:
    spent = {int(row[0]): from_milli(int(row[1])) for row in db.execute(_SPENT, (since, until)).fetchall()}
    states, late = Counter[str](), 0
    took: defaultdict[str, list[float]] = defaultdict(list)
    for row in db.execute(_ENDED, (since, until, JOBS_MAX)).fetchall():
        states[row["state"]] += 1
        if row["delivered_at"] is not None:
            took[row["operation"]].append(row["delivered_at"] - row["created_at"])
            late += row["delivered_at"] - (row["finished_at"] or row["delivered_at"]) > LATE_S
    kinds = [_kind(operation, sorted(each)) for operation, each in took.items()]
    slowest = sorted(kinds, key=lambda kind: -kind.p95_s)[:KINDS_MAX]
    return Week(since=since, until=until, spent=spent, states=states, late=late, slowest=slowest)


def _kind(operation: str, took: Sequence[float]) -> KindOfWeek:
    def at(share: float) -> float:
        return took[min(len(took) - 1, math.floor(share * len(took)))]

    return KindOfWeek(operation=operation, jobs=len(took), median_s=at(0.5), p95_s=at(0.95))
