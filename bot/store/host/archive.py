"""Moves jobs that ended long ago out of the tables of decisions, and archived months out of the database."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.store.engine.repository import Repository
from bot.store.jobs.erasing import ModelTest
from bot.store.money.spending import paid_by_grants
from bot.store.money.totals import archive_totals
from bot.store.sql import Connection

CARDS = 100
"""Cards moved per transaction: other writes wait for it."""
LEAST_KEPT_MONTHS = 4
"""Whole months before this one that stay: a report of 90 days reads parts of days from the ledger."""

_MONTHS = "SELECT month, count(*) FROM archived_jobs GROUP BY month"
_FIRST = "SELECT min(created_at) FROM jobs"
_SPAN = "SELECT count(*) FROM jobs WHERE created_at >= ? AND created_at < ?"
_NEXT_GUILD = "SELECT min(guild_id) FROM jobs WHERE guild_id > ? AND created_at < ?"
_CARDS = "SELECT DISTINCT card_id FROM jobs WHERE guild_id = ? AND created_at < ?"
# A card leaves whole, and with it all that names it or its jobs.
_OVER = """
SELECT id FROM cards
WHERE guild_id = :guild_id AND id IN (SELECT value FROM json_each(:cards))
    AND NOT EXISTS (
        SELECT 1 FROM jobs WHERE jobs.card_id = cards.id AND (
            jobs.created_at >= :before OR jobs.finished_at >= :before OR jobs.recheck_at IS NOT NULL
            OR jobs.state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
            OR EXISTS (SELECT 1 FROM reviews WHERE reviews.job_id = jobs.id AND verdict IS NULL)
            OR EXISTS (SELECT 1 FROM copies WHERE copies.job_id = jobs.id AND delete_at IS NOT NULL)
            OR EXISTS (SELECT 1 FROM voice_samples WHERE voice_samples.job_id = jobs.id)
        )
    )
    AND NOT EXISTS (
        SELECT 1 FROM former_members
        WHERE former_members.guild_id = cards.guild_id AND member_id IN (
            SELECT author_id FROM jobs WHERE jobs.card_id = cards.id
        )
    )
"""
_JOBS = """
SELECT id, created_at, model FROM jobs WHERE card_id IN (SELECT value FROM json_each(:cards)) ORDER BY id
"""
_KEEP_JOBS = """
INSERT INTO archived_jobs (
    month, id, guild_id, author_id, channel_id, operation, model, state, key_id, practice, held_milli, cost_milli,
    remote_id, created_at, finished_at
)
SELECT
    :month, jobs.id, jobs.guild_id, jobs.author_id, cards.channel_id, operation,
    CASE WHEN model IN (SELECT value FROM json_each(:models)) THEN model END, state, key_id, practice,
    held_milli + raised_milli, cost_milli, remote_id, jobs.created_at, finished_at
FROM jobs JOIN cards ON cards.id = jobs.card_id WHERE jobs.id IN (SELECT value FROM json_each(:jobs))
"""
_KEEP_LINES = """
INSERT INTO archived_ledger (month, id, guild_id, member_id, job_id, kind, credits_milli, at, practice)
SELECT :month, id, guild_id, member_id, job_id, kind, credits_milli, at, practice
FROM ledger WHERE job_id IN (SELECT value FROM json_each(:jobs))
"""
_DRAWN = """
SELECT draws.grant_id, draws.credits_milli, draws.job_id, job_charges.charged_milli FROM draws
JOIN grants ON grants.id = draws.grant_id JOIN job_charges ON job_charges.job_id = draws.job_id
WHERE draws.job_id IN ({})
ORDER BY grants.member_id <> 0, grants.expires_at IS NULL, grants.expires_at, grants.id
"""
_OF_JOBS = ("draws", "job_texts", "copies", "reviews", "result_reports", "ledger")
_ARCHIVED = ("archived_jobs", "archived_ledger")
_OF_CARDS = ("reaction_acts", "approvals")


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month of UTC, as `2026-01`."""

    name: str
    jobs: int
    """Those that are not archived."""
    archived: int
    bytes: int
    """Size of what is archived, with its indexes."""


class Archive(Repository):
    """The archived tables, for the host's commands; a bot may run meanwhile.

    Months are PostgreSQL's. SQLite archives in tests alone: for a card that it deletes, it looks through all of the
    guild's jobs.
    """

    async def months(self) -> list[Month]:
        """Return the months with jobs or archived jobs, oldest first. Reads all jobs' times."""
        now = self._clock.wall()

        def look(db: Connection) -> list[Month]:
            archived = {row[0]: row[1] for row in db.execute(_MONTHS).fetchall()}
            first = db.execute(_FIRST).fetchone()[0]
            names = archived.keys() | set(_names(now if first is None else first, now))
            found = (
                Month(
                    name=name,
                    jobs=int(db.execute(_SPAN, span_of(name)).fetchone()[0]),
                    archived=archived.get(name, 0),
                    bytes=_size(db, name),
                )
                for name in sorted(names)
            )
            return [each for each in found if each.jobs or each.archived]

        return await self._database.glance(look)

    async def detached(self) -> list[str]:
        """Return the names of the tables that were detached and not dropped."""
        rows = await self._rows(_DETACHED)
        return [row[0] for row in rows]

    async def next_guild(self, after: int, before: float) -> int | None:
        """Return the next guild by id with jobs from before then (Unix seconds), None after the last."""
        row = await self._row(_NEXT_GUILD, (after, before))
        return None if row is None else row[0]

    async def cards(self, guild_id: int, before: float) -> list[str]:
        """Return the ids of the guild's cards with jobs from before then (Unix seconds)."""
        rows = await self._rows(_CARDS, (guild_id, before))
        return [row[0] for row in rows]

    async def take(self, guild_id: int, card_ids: Sequence[str], before: float, is_known_model: ModelTest) -> int:
        """Archive these cards of the guild, at most CARDS, if all is over; return how many jobs.

        That is: every job was accepted and ended before then (Unix seconds), no request of theirs is polled, no review
        is open, no copy waits to be deleted, none is a voice's sample, and their author waits for no pseudonym.
        """
        has_partitions = self._database.has_partitions

        def change(db: Connection) -> int:
            values = {"guild_id": guild_id, "cards": json.dumps(list(card_ids)), "before": before}
            cards = json.dumps([row[0] for row in db.execute(_OVER, values).fetchall()])
            jobs = db.execute(_JOBS, {"cards": cards}).fetchall()
            if jobs:
                _keep(db, jobs, is_known_model, has_partitions=has_partitions)
                _delete(db, cards, json.dumps([row[0] for row in jobs]))
            return len(jobs)

        return await self._write(guild_id, change, host=True)

    async def detach(self, month: str) -> list[str]:
        """Make tables of an archived month that the bot does not read; return their names."""
        return await self._database.write(lambda db: _detach(db, month))

    async def drop(self, month: str) -> None:
        """Delete an archived month."""

        def change(db: Connection) -> None:
            for table in _detach(db, month):
                db.execute(f"DROP TABLE {table}")

        await self._database.write(change)


def month_of(at: float) -> str:
    """Return the month of UTC of a time (Unix seconds)."""
    return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m")


def span_of(month: str) -> tuple[float, float]:
    """Return when a month begins and ends, Unix seconds. Raises ValueError for what is no month."""
    begin = dt.datetime.strptime(month, "%Y-%m").replace(tzinfo=dt.UTC)
    return begin.timestamp(), _next(begin).timestamp()


def kept_from(now: float, months: int) -> float:
    """Return when the oldest month begins that stays, of so many before this one (Unix seconds)."""
    begin = dt.datetime.fromtimestamp(now, dt.UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(months):
        begin = (begin - dt.timedelta(days=1)).replace(day=1)
    return begin.timestamp()


def _next(begin: dt.datetime) -> dt.datetime:
    return (begin + dt.timedelta(days=31)).replace(day=1)


def _names(first: float, last: float) -> Iterator[str]:
    """Yield the months from one time to another."""
    begin, end = dt.datetime.fromtimestamp(first, dt.UTC).replace(day=1), dt.datetime.fromtimestamp(last, dt.UTC)
    while begin <= end:
        yield begin.strftime("%Y-%m")
        begin = _next(begin)


_DETACHED = """
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname LIKE 'detached\\_%' ORDER BY relname
"""


def _detach(db: Connection, month: str) -> list[str]:
    return list(db.execute("SELECT detach_archive_month(?)", (month,)).fetchone()[0])


def _size(db: Connection, month: str) -> int:
    names = [f"{each}_{month.replace('-', '_')}" for each in _ARCHIVED]
    return sum(
        int(db.execute("SELECT coalesce(pg_total_relation_size(to_regclass(?)), 0)", (each,)).fetchone()[0])
        for each in names
    )


def _keep(db: Connection, jobs: Sequence[Any], is_known_model: ModelTest, *, has_partitions: bool) -> None:
    """Copy the jobs and their lines, and keep what they add to the totals and have taken of grants."""
    ids = [row[0] for row in jobs]
    models = json.dumps([each for each in {row[2] for row in jobs} if each is not None and is_known_model(each)])
    archive_totals(db, ids)
    drawn = db.execute(_DRAWN.format(", ".join("?" * len(ids))), ids).fetchall()
    db.executemany(
        "UPDATE grants SET archived_milli = archived_milli + ? WHERE id = ?",
        [(milli, grant_id) for grant_id, milli in paid_by_grants(drawn).items()],
    )
    for month, rows in itertools.groupby(sorted((month_of(row[1]), row[0]) for row in jobs), key=lambda row: row[0]):
        if has_partitions:
            db.execute("SELECT make_archive_month(?)", (month,))
        values = {"month": month, "jobs": json.dumps([row[1] for row in rows]), "models": models}
        db.execute(_KEEP_JOBS, values)
        db.execute(_KEEP_LINES, values)


def _delete(db: Connection, cards: str, jobs: str) -> None:
    for table in _OF_JOBS:
        db.execute(f"DELETE FROM {table} WHERE job_id IN (SELECT value FROM json_each(?))", (jobs,))  # noqa: S608
    db.execute("DELETE FROM jobs WHERE id IN (SELECT value FROM json_each(?))", (jobs,))
    for table in _OF_CARDS:
        db.execute(f"DELETE FROM {table} WHERE card_id IN (SELECT value FROM json_each(?))", (cards,))  # noqa: S608
    db.execute("DELETE FROM cards WHERE id IN (SELECT value FROM json_each(?))", (cards,))
