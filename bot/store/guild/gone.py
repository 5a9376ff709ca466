"""Who has left: guilds that removed the bot, with their jobs and keys, and members who had their data deleted.

Such a member is a pseudonym: limits count by member until their period ends, and otherwise members could reset their
own by deleting data. The number is random, negative (no Discord id) and the same within a server. The mapping is
deleted with the last use: docs/decisions/0007-privacy.md.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from typing import Any

from bot.domain.models import Job, JobState
from bot.domain.server.guild_rules import Period, Scope
from bot.language import speaking
from bot.store import texts
from bot.store.engine.columns import to_json
from bot.store.engine.repository import Record, Repository, write_decision
from bot.store.guild.of_members import NAMED, NUMBERED
from bot.store.jobs.ending import end_unsent
from bot.store.jobs.rows import job_of, update_job
from bot.store.money import ledger
from bot.store.money.spending import grants_of, limits_of, rules_of
from bot.store.sql import Connection
from bot.store.vault.secret_box import forget_keys, forget_unneeded_keys

# Must match the condition of the index of open jobs.
_OPEN = "state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')"
_UNSENT = f"{_OPEN} AND (state IN ('awaiting_approval', 'waiting') OR state = 'submitting' AND in_doubt = 0)"
"""What Cannon Studio has certainly not taken."""
_LOST = f"{_OPEN} AND (state IN ('submitting', 'ready') OR key_id IS NOT NULL)"
"""What needs the guild and its keys; the host's key still follows its own jobs."""

# A member's own place is no guild that could remove the bot: it has the member's id.
_CONCERNED = f"""
SELECT guild_id FROM absent_guilds UNION SELECT guild_id FROM guild_keys WHERE secret IS NOT NULL AND own = 0
UNION SELECT guild_id FROM jobs WHERE {_OPEN} AND author_id <> guild_id
UNION SELECT guild_id FROM jobs WHERE recheck_at IS NOT NULL AND author_id <> guild_id
"""  # noqa: S608 - the conditions above
_WITH_UNSENT = (
    f"SELECT DISTINCT guild_id FROM jobs WHERE {_UNSENT} AND guild_id IN (SELECT guild_id FROM absent_guilds)"  # noqa: S608 - the condition above
)
_OVERDUE = f"""
SELECT guild_id FROM absent_guilds WHERE since <= ? AND (
    EXISTS (SELECT 1 FROM guild_keys WHERE guild_keys.guild_id = absent_guilds.guild_id AND secret IS NOT NULL)
    OR EXISTS (SELECT 1 FROM jobs WHERE jobs.guild_id = absent_guilds.guild_id AND {_LOST})
)
"""  # noqa: S608 - the condition above


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What ended when an absent guild's grace period passed: jobs whose result is kept, and abandoned jobs."""

    held: int
    failed: int


class AbsentGuilds(Repository):
    """The table `absent_guilds`."""

    async def all(self) -> set[int]:
        return set(await self._all(itemgetter(0), "SELECT guild_id FROM absent_guilds"))

    async def concerned(self) -> set[int]:
        return set(await self._all(itemgetter(0), _CONCERNED))

    async def with_unsent(self) -> list[int]:
        return await self._all(itemgetter(0), _WITH_UNSENT)

    async def overdue(self, before: float) -> list[int]:
        """Return the guilds absent since `before` (Unix seconds) or longer that still have keys or jobs."""
        return await self._all(itemgetter(0), _OVERDUE, (before,))

    async def note(self, guild_id: int) -> int:
        """Mark the guild as absent; cancel and release unsubmitted jobs, and return how many.

        What Cannon Studio may have accepted is paid: it stays open, with its key.
        """
        now = self._clock.wall()

        def change(db: Connection) -> int:
            db.execute(
                "INSERT INTO absent_guilds (guild_id, since) VALUES (?, ?) ON CONFLICT (guild_id) DO NOTHING",
                (guild_id, now),
            )
            unsent = _jobs(db, guild_id, _UNSENT)
            for job in unsent:
                end_unsent(db, job, JobState.CANCELLED, str(texts.GUILD_LEFT), now)
            db.execute("DELETE FROM questions WHERE guild_id = ? AND kind = 'approval'", (guild_id,))
            db.execute(
                "UPDATE cards SET dropped_at = ?, token = NULL, token_expires_at = 0"
                " WHERE guild_id = ? AND answered = 0 AND dropped_at IS NULL",
                (now, guild_id),
            )
            forget_unneeded_keys(db, [guild_id, *(job.payer_id for job in unsent)])
            return len(unsent)

        return await self._write(guild_id, change)

    async def remove(self, guild_id: int) -> bool:
        """Note that the bot is back; return whether the guild was absent."""
        return await self._execute(guild_id, "DELETE FROM absent_guilds WHERE guild_id = ?", (guild_id,)) == 1

    async def forget(self, guild_id: int) -> Forgotten:
        """Forget an absent guild's secrets and end the jobs that need them, in one transaction.

        Results already made are kept and settled. Other jobs are released and not polled again, which would
        need the key.
        """
        now = self._clock.wall()

        def change(db: Connection) -> Forgotten:
            lost = _jobs(db, guild_id, _LOST)
            for job in lost:
                _end(db, job, now)
            if forget_keys(db, guild_id, now):
                with speaking(self._database.language_of(db, guild_id)):
                    line = Record(by_id=0, kind="key", text=str(texts.KEY_OF_ABSENT_FORGOTTEN))
                write_decision(db, guild_id, line, now)
            held = sum(job.state is JobState.READY for job in lost)
            return Forgotten(held=held, failed=len(lost) - held)

        forgotten = await self._write(guild_id, change)
        await self._database.scrub()
        return forgotten


def _jobs(db: Connection, guild_id: int, condition: str) -> list[Job]:
    query = f"SELECT * FROM jobs WHERE guild_id = ? AND {condition}"  # noqa: S608 - one of the conditions above
    return [job_of(row) for row in db.execute(query, (guild_id,)).fetchall()]


def _end(db: Connection, job: Job, now: float) -> None:
    if job.state is JobState.READY:
        ledger.settle(db, job, job.charge, now)
        ended = replace(job, state=JobState.HELD, error=str(texts.GUILD_LEFT_HELD))
    else:
        ledger.release(db, job, now)
        ended = replace(job, state=JobState.FAILED, cost=None, error=str(texts.GUILD_LEFT_LOST), finished_at=now)
    update_job(db, replace(ended, waits_for=None), job)


# ---------------------------------------------------------------------- former members


BATCH = 500
"""Jobs changed per transaction: other writes wait for it."""
NUMBERS = 10**12

_NOTE = """
INSERT INTO former_members (guild_id, member_id, number, asked_at) VALUES (?, ?, ?, ?)
ON CONFLICT (guild_id, member_id) DO UPDATE SET asked_at = excluded.asked_at
"""
_ALL_OF_GUILD = f"SELECT DISTINCT member_id FROM ({NAMED}) AS named WHERE guild_id = ? AND member_id > 0"  # noqa: S608 - a constant
_IS_PURGED = "SELECT 1 FROM absent_guilds WHERE guild_id = ? AND purged_at IS NOT NULL"
# Cards of which everything was erased.
_JOBS = """
SELECT id FROM jobs
WHERE guild_id = :guild_id AND author_id = :member_id AND created_at < :before AND created_at <= :asked_at
    AND NOT EXISTS (SELECT 1 FROM jobs AS other WHERE other.card_id = jobs.card_id AND other.erased_at IS NULL)
ORDER BY created_at LIMIT :limit
"""
# A DM channel identifies them as well.
_REPLACE_IN_JOBS = (
    """
    UPDATE ledger SET member_id = :number
    WHERE guild_id = :guild_id AND member_id = :member_id AND job_id IN (SELECT value FROM json_each(:ids))
    """,
    """
    UPDATE cards SET author_id = :number, role_ids = '[]',
        message_id = CASE WHEN private = 0 THEN message_id END,
        message_channel_id = CASE WHEN private = 0 THEN message_channel_id END
    WHERE guild_id = :guild_id AND author_id = :member_id
        AND id IN (SELECT card_id FROM jobs WHERE id IN (SELECT value FROM json_each(:ids)))
    """,
    "UPDATE jobs SET author_id = :number WHERE guild_id = :guild_id AND id IN (SELECT value FROM json_each(:ids))",
)
_LINES = """
SELECT id, by_id, text, about FROM decisions
WHERE guild_id = :guild_id AND at <= :asked_at
    AND (by_id = :member_id OR text LIKE :part OR about LIKE :part)
"""
_FIRST_PURSE = "SELECT min(begins_at) FROM events WHERE guild_id = ? AND state = 'open'"
_STILL_APPLIES = """
SELECT 1 FROM blocks WHERE guild_id = :guild_id AND member_id = :member_id
UNION ALL SELECT 1 FROM limits WHERE guild_id = :guild_id AND scope = 'member' AND scope_id = :member_id
UNION ALL SELECT 1 FROM grants WHERE guild_id = :guild_id AND member_id = :member_id
UNION ALL SELECT 1 FROM jobs WHERE guild_id = :guild_id AND author_id = :member_id AND created_at <= :asked_at
LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Former:
    guild_id: int
    member_id: int
    number: int
    asked_at: float


def note_former(db: Connection, guild_id: int, member_id: int, now: float) -> None:
    """Schedule the pseudonym for the member's data in the guild up to `now`."""
    db.execute(_NOTE, (guild_id, member_id, -1 - secrets.randbelow(NUMBERS), now))


def note_all_former(db: Connection, guild_id: int, now: float) -> None:
    """Schedule pseudonyms for all members of a purged guild."""
    for (member_id,) in db.execute(_ALL_OF_GUILD, (guild_id,)).fetchall():
        note_former(db, guild_id, member_id, now)


class FormerMembers(Repository):
    """The table `former_members`, and the places where its numbers go."""

    async def replace_due(self) -> int:
        """Replace members' ids where nothing counts by them; return in how many jobs.

        At most BATCH per member: then there are more.
        """
        rows = await self._rows("SELECT * FROM former_members")
        formers = [_Former(**dict(row)) for row in rows]
        return sum([await self._database.write(partial(self._replace, former=each)) for each in formers])

    def _replace(self, db: Connection, former: _Former) -> int:
        values: dict[str, Any] = {
            "guild_id": former.guild_id,
            "member_id": former.member_id,
            "number": former.number,
            "asked_at": former.asked_at,
            "before": _counted_from(db, former.guild_id, self._clock.wall()),
            "limit": BATCH,
        }
        ids = [row[0] for row in db.execute(_JOBS, values).fetchall()]
        for statement in _REPLACE_IN_JOBS if ids else ():
            db.execute(statement, {**values, "ids": json.dumps(ids)})
        if len(ids) < BATCH and former.asked_at < values["before"]:
            self._replace_rest(db, former, values)
        return len(ids)

    def _replace_rest(self, db: Connection, former: _Former, values: dict[str, Any]) -> None:
        """Replace the id outside of jobs, except where it still applies to the member."""
        now = self._clock.wall()
        for each in NUMBERED:
            db.execute(
                f"UPDATE {each.table} SET {each.column} = :number"  # noqa: S608 - constants
                f" WHERE guild_id = :guild_id AND {each.column} = :member_id AND {each.when} <= :asked_at",
                values,
            )
        for row in db.execute(_LINES, {**values, "part": f"%{former.member_id}%"}).fetchall():
            _rewrite(db, former, row)
        mine = (former.guild_id, former.member_id, now)
        db.execute("DELETE FROM blocks WHERE guild_id = ? AND member_id = ? AND until <= ?", mine)
        db.execute(
            "DELETE FROM alerts WHERE guild_id = ? AND name LIKE ? AND until <= ?",
            (former.guild_id, f"%{former.member_id}%", now),
        )
        live = () if _is_purged(db, former.guild_id) else _live_grants(db, former, now)
        db.execute(
            "UPDATE grants SET member_id = :number WHERE guild_id = :guild_id AND member_id = :member_id"
            " AND granted_at <= :asked_at AND id NOT IN (SELECT CAST(value AS INTEGER) FROM json_each(:live))",
            {**values, "live": json.dumps(list(live))},
        )
        if db.execute(_STILL_APPLIES, values).fetchone() is None:
            db.execute("DELETE FROM former_members WHERE guild_id = ? AND member_id = ?", mine[:2])


def _counted_from(db: Connection, guild_id: int, now: float) -> float:
    """Return since when something may count by member, Unix seconds: periods of limits, and caps of open purses."""
    if _is_purged(db, guild_id):
        return now + 1
    if any(limit.period is Period.TOTAL and limit.scope is not Scope.SERVER for limit in limits_of(db, guild_id)):
        return 0.0
    zone = rules_of(db, guild_id).zone
    (first_purse,) = db.execute(_FIRST_PURSE, (guild_id,)).fetchone()
    periods = [period.start(now, zone) for period in (Period.DAY, Period.WEEK, Period.MONTH)]
    return min(periods if first_purse is None else [*periods, first_purse])


def _is_purged(db: Connection, guild_id: int) -> bool:
    return db.execute(_IS_PURGED, (guild_id,)).fetchone() is not None


def _live_grants(db: Connection, former: _Former, now: float) -> set[int]:
    who = (db, former.guild_id, former.member_id, now)
    return {each.id for practice in (False, True) for each in grants_of(*who, practice=practice)}


def _rewrite(db: Connection, former: _Former, row: Any) -> None:
    db.execute(
        "UPDATE decisions SET by_id = ?, text = ?, about = ? WHERE id = ?",
        (
            former.number if row["by_id"] == former.member_id else row["by_id"],
            row["text"].replace(f"<@{former.member_id}>", f"<@{former.number}>"),
            to_json(_without(json.loads(row["about"]), former)),
            row["id"],
        ),
    )


def _without(value: Any, former: _Former) -> Any:
    if isinstance(value, dict):
        return {name: _without(each, former) for name, each in value.items()}
    if isinstance(value, list):
        return [_without(each, former) for each in value]
    if value == former.member_id or value == str(former.member_id):
        return type(value)(former.number)
    return value
