"""Reconciliation of a key's account with the ledger."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from pathlib import Path

from bot.catalogue.live import ApiChange, ChangeKind, Subject
from bot.domain.models import Books, GuildKey, LedgerKind
from bot.domain.money.account import AccountCheck, compare
from bot.language import speaking
from bot.store.engine.columns import from_milli, read_as, to_milli, to_text
from bot.store.engine.repository import Record, Repository, stored_rows, write_decision
from bot.store.guild.keys import key_of
from bot.store.money.totals import HOST_ID, booked
from bot.store.sql import Connection, Row

JOBS_NAMED = 5
"""Maximum number of jobs named as explanations."""
DAY_S = 86_400.0
CHECKED_FOR_S = 8 * DAY_S
"""A key is compared if it had a job in this time."""
SUSPECT_S = 7 * DAY_S

_TO_CHECK = """
SELECT guild_keys.* FROM guild_keys
LEFT JOIN account_checks ON account_checks.guild_id = guild_keys.guild_id AND account_checks.key_id = guild_keys.id
WHERE retired_at IS NULL AND refused_at IS NULL AND secret IS NOT NULL AND practice = 0
    AND coalesce(account_checks.at, 0) <= :before
    AND (
        EXISTS (SELECT 1 FROM jobs WHERE jobs.guild_id = guild_keys.guild_id AND jobs.created_at >= :since)
        OR own = 1 AND EXISTS (
            SELECT 1 FROM jobs
            WHERE jobs.practice = 2 AND jobs.author_id = guild_keys.guild_id AND jobs.created_at >= :since
        )
    )
"""
_OPEN = """
SELECT coalesce(sum(max(held_milli + raised_milli, coalesce(cost_milli, 0))), 0) FROM jobs
WHERE guild_id = ? AND key_id = ? AND attempts > 0 AND state IN ('submitting', 'queued', 'processing', 'ready')
"""
_OPEN_ON_OWN = _OPEN.replace("guild_id = ?", "practice = 2 AND author_id = ?")
# Of a guild, or of a member's own account in all guilds.
_VERSION = """
SELECT coalesce(max(id), 0) FROM (
    SELECT max(id) AS id FROM ledger WHERE guild_id = :payer_id
    UNION ALL SELECT max(ledger.id) FROM jobs JOIN ledger ON ledger.job_id = jobs.id
    WHERE jobs.practice = 2 AND jobs.author_id = :payer_id
) AS each
"""
_SUSPECTS = """
SELECT id FROM jobs WHERE guild_id = :guild_id AND created_at >= :since
    AND (recheck_at IS NOT NULL OR (state = 'failed' AND in_doubt = 1))
ORDER BY created_at DESC LIMIT :limit
"""
_IS_THEIRS = "SELECT own FROM guild_keys WHERE guild_id = ? AND id = ?"
_LAST = "SELECT * FROM account_checks WHERE guild_id = ? AND key_id = ?"
_LAST_OF_GUILD = """
SELECT at, difference_milli FROM account_checks JOIN guild_keys ON guild_keys.id = key_id
WHERE account_checks.guild_id = ? AND retired_at IS NULL
"""
_AMOUNTS = tuple(each.name for each in fields(AccountCheck))
_PUT = f"""
INSERT INTO account_checks (guild_id, key_id, at, reported_milli, {", ".join(f"{each}_milli" for each in _AMOUNTS)})
VALUES (?, ?, ?, ?{", ?" * len(_AMOUNTS)})
ON CONFLICT (guild_id, key_id) DO UPDATE SET at = excluded.at, reported_milli = excluded.reported_milli,
    {", ".join(f"{each}_milli = excluded.{each}_milli" for each in _AMOUNTS)}
"""  # noqa: S608 - names of our own fields


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDifference:
    """What an account was charged beyond the ledger, in credits, and the jobs that may explain it."""

    at: float
    """When that was found, Unix seconds."""
    credits: Decimal
    """0 where account and books agree."""
    job_ids: tuple[str, ...]
    is_news: bool
    """Whether it exceeds the last report."""


class AccountChecks(Repository):
    """The table `account_checks`."""

    async def to_check(self, before: float) -> list[GuildKey]:
        """Return the live, used keys of all guilds not compared since `before` (Unix seconds)."""
        rows = await self._rows(_TO_CHECK, {"before": before, "since": self._clock.wall() - CHECKED_FOR_S})
        return [key_of(row, self._box) for row in rows]

    async def books_version(self, guild_id: int) -> int:
        """Return a number that grows with each ledger line of the guild."""
        return await self._database.read(lambda db: _version(db, guild_id))

    async def compare(self, guild_id: int, key_id: int, balance: Decimal, *, version: int) -> AccountDifference | None:
        """Compare the key's account balance, `balance` credits, with the ledger, and store the outcome.

        `version` is the ledger's version before the account was queried: if it has changed, or the key is not
        the guild's, nothing is compared and None returned.
        """
        now = self._clock.wall()

        def change(db: Connection) -> AccountDifference | None:
            theirs = db.execute(_IS_THEIRS, (guild_id, key_id)).fetchone()
            if _version(db, guild_id) != version or theirs is None:
                return None
            row = db.execute(_LAST, (guild_id, key_id)).fetchone()
            check = compare(_check(row), _figures(db, guild_id, key_id, balance, own=bool(theirs[0])))
            reported = 0 if row is None else row["reported_milli"]
            difference = to_milli(check.difference)
            amounts = (to_milli(getattr(check, each)) for each in _AMOUNTS)
            db.execute(_PUT, (guild_id, key_id, now, difference, *amounts))
            return AccountDifference(
                at=now, credits=check.difference, job_ids=_suspects(db, guild_id, now), is_news=difference > reported
            )

        return await self._write(guild_id, change)

    async def last(self, guild_id: int) -> AccountDifference | None:
        """Return the last comparison of the guild's current key; None if there is none."""
        now = self._clock.wall()

        def look(db: Connection) -> AccountDifference | None:
            row = db.execute(_LAST_OF_GUILD, (guild_id,)).fetchone()
            if row is None:
                return None
            suspects = _suspects(db, guild_id, now) if row[1] else ()
            return AccountDifference(at=row[0], credits=from_milli(row[1]), job_ids=suspects, is_news=False)

        return await self._database.read(look)


def _version(db: Connection, guild_id: int) -> int:
    return int(db.execute(_VERSION, {"payer_id": guild_id}).fetchone()[0])


def _figures(db: Connection, guild_id: int, key_id: int, balance: Decimal, *, own: bool) -> AccountCheck:
    everywhere, books = (HOST_ID, Books.OWN) if own else (guild_id, Books.SERVER)
    sums = booked(db, everywhere, practice=books, key_id=key_id)
    return AccountCheck(
        balance=balance,
        known=sums[LedgerKind.SETTLE] + sums[LedgerKind.ADJUST],
        adjusted=sums[LedgerKind.ADJUST],
        open=from_milli(db.execute(_OPEN_ON_OWN if own else _OPEN, (guild_id, key_id)).fetchone()[0]),
    )


def _suspects(db: Connection, guild_id: int, now: float) -> tuple[str, ...]:
    values = {"guild_id": guild_id, "since": now - SUSPECT_S, "limit": JOBS_NAMED}
    return tuple(row[0] for row in db.execute(_SUSPECTS, values).fetchall())


def _check(row: Row | None) -> AccountCheck | None:
    if row is None:
        return None
    return AccountCheck(**{each: from_milli(row[f"{each}_milli"]) for each in _AMOUNTS})


QUIET_S = 24 * 3600.0
"""Minimum time between two announcements of the same change."""
SEEN_MAX = 2000
"""Maximum number of changes kept per document; a real one has a few."""
ROWS_MAX = 5000

_PUT_META = "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_PUT_FACT = """
INSERT INTO api_facts (source, subject, body) VALUES (?, ?, ?)
ON CONFLICT (source, subject) DO UPDATE SET body = excluded.body
"""
_FACTS = "SELECT source, subject, body FROM api_facts ORDER BY source, subject"
# A repeated sighting of the latest state of an item is the same change.
_SEE = """
INSERT INTO api_changes (subject, operation, name, kind, rules, at)
VALUES (:subject, :operation, :name, :kind, :rules, :now)
ON CONFLICT (subject, operation, name, kind, rules) DO UPDATE SET at = excluded.at WHERE api_changes.at < (
    SELECT max(other.at) FROM api_changes AS other
    WHERE other.subject = :subject AND other.operation = :operation AND other.name = :name
)
"""
# The latest change per item, unless announced, or announced within the last day.
_DUE = """
WITH things AS (
    SELECT subject, operation, name, max(at) AS at, max(told_at) AS told_at FROM api_changes
    GROUP BY subject, operation, name
)
SELECT api_changes.* FROM api_changes JOIN things USING (subject, operation, name)
WHERE api_changes.at = things.at AND (
    api_changes.told_at IS NULL OR (api_changes.told_at < things.told_at AND api_changes.told_at <= :now - :quiet)
)
ORDER BY kind, subject DESC, operation, name, rules
"""
_ANNOUNCE = """
UPDATE api_changes SET told_at = ? WHERE subject = ? AND operation = ? AND name = ? AND kind = ? AND rules = ?
"""
_FORGET = "DELETE FROM api_changes WHERE at < (SELECT at FROM api_changes ORDER BY at DESC LIMIT 1 OFFSET ?)"
_LATEST = """
SELECT * FROM api_changes WHERE operation NOT IN (SELECT value FROM json_each(:without))
ORDER BY at DESC, kind, subject DESC, operation, name, rules LIMIT :limit
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedChange(ApiChange):
    """An item that was added, removed or changed in Cannon Studio's API description."""

    at: float
    """When that was seen, Unix seconds."""


FactKey = tuple[str, str]
"""A source, `openapi` or a tool's name, and a subject: an operation's id, a surface, or ''."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A reading of what Cannon Studio publishes: facts as JSON texts, and values for the table `meta`."""

    facts: Mapping[FactKey, str] = field(default_factory=dict)
    meta: Mapping[str, str] = field(default_factory=dict)


class ApiFacts(Repository):
    """The table `api_facts`; `ApiChanges.adopt` writes it."""

    async def all(self) -> dict[FactKey, str]:
        return {(row["source"], row["subject"]): row["body"] for row in await self._rows(_FACTS)}

    async def delete(self) -> None:
        """Delete all: something stored can't be read."""
        await self._execute(0, "DELETE FROM api_facts")


def stored_api_facts(path: Path) -> dict[FactKey, str]:
    """Return all of a database file, which may be in use; {} if unreadable. Blocks."""
    return {(source, subject): body for source, subject, body in stored_rows(path, _FACTS)}


LinesOf = Callable[[Sequence[DatedChange]], Mapping[int, Callable[[], Record]]]
"""Returns the line factory for each guild to notify, in the guild's language."""


class ApiChanges(Repository):
    """The table `api_changes`."""

    async def adopt(self, read: Published, changes: Sequence[ApiChange], *, lines: LinesOf) -> list[DatedChange]:
        """Store what a reading of the description has shown; return and announce the news.

        One transaction has what was `read`, the `changes` and the record lines, so that a crash announces nothing
        twice.
        """
        now = self._clock.wall()

        def write(db: Connection) -> tuple[list[DatedChange], bool]:
            db.executemany(_PUT_META, [(name, to_text(value)) for name, value in read.meta.items()])
            facts = [(*key, to_text(body)) for key, body in read.facts.items()]
            db.executemany(_PUT_FACT, facts)
            db.executemany(_SEE, [_row(each) | {"now": now} for each in changes[:SEEN_MAX]])
            news = [_seen(row) for row in db.execute(_DUE, {"now": now, "quiet": QUIET_S}).fetchall()]
            db.executemany(
                _ANNOUNCE, [(now, each.subject, each.operation, each.name, each.kind, each.rules) for each in news]
            )
            db.execute(_FORGET, (ROWS_MAX - 1,))
            records = lines(news) if news else {}
            for guild_id, record in records.items():
                with speaking(self._database.language_of(db, guild_id)):
                    write_decision(db, guild_id, record(), now)
            return news, bool(records)

        news, is_recorded = await self._database.write(write)
        if is_recorded:
            self._database.notify()
        return news

    async def latest(self, limit: int, *, without: Collection[str] = ()) -> list[DatedChange]:
        """Return the latest changes, newest first; none of operations in `without`."""
        return await self._all(_seen, _LATEST, {"limit": limit, "without": json.dumps(list(without))})


def _row(change: ApiChange) -> dict[str, str]:
    return {name: to_text(value) for name, value in asdict(change).items()}


def _seen(row: Row) -> DatedChange:
    return read_as(DatedChange, row, kind=ChangeKind(row["kind"]), subject=Subject(row["subject"]))
