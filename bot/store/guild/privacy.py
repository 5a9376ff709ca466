"""Export and erasure of a member's data; docs/decisions/0007-privacy.md says what stays."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from bot.domain.models import ShootoutPhase
from bot.store.engine.columns import from_milli, from_milli_or_none
from bot.store.engine.repository import Repository
from bot.store.engine.schema import guild_tables
from bot.store.guild.community.cast import forget_pictures
from bot.store.guild.gone import note_all_former, note_former
from bot.store.guild.of_members import DELETED, NAMED
from bot.store.guild.reviews import withheld_in
from bot.store.jobs.erasing import KEPT, ModelTest, erase_copies, erase_jobs, no_model
from bot.store.money.reports import PAGE_ROWS, START, Mark, ReportPage, iso_time
from bot.store.sql import Connection, Row
from bot.store.vault.secret_box import forget_expired_tokens

_JOBS = """
SELECT jobs.created_at AS page_at, jobs.rowid AS page_id, jobs.*, cards.channel_id, cards.private,
    (SELECT sum(credits_milli) FROM ledger WHERE job_id = jobs.id AND kind IN ('settle', 'adjust')) AS settled_milli
FROM jobs JOIN cards ON cards.id = jobs.card_id
WHERE jobs.guild_id = :guild_id AND jobs.author_id = :member_id
    AND (jobs.created_at, jobs.rowid) > (:page_at, :page_id)
ORDER BY jobs.created_at, jobs.rowid LIMIT :limit
"""
_ERASABLE = f"SELECT id FROM jobs WHERE guild_id = ? AND author_id = ? AND {KEPT}"  # noqa: S608 - a constant condition
_STILL_OPEN = """
SELECT count(*) FROM jobs WHERE guild_id = ? AND author_id = ?
    AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
"""
_GUILDS = f"""
SELECT guild_id FROM ({NAMED}) AS named WHERE member_id = :member_id
UNION SELECT guild_id FROM decisions WHERE by_id = :member_id
"""  # noqa: S608 - a constant


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was erased."""

    jobs: int
    drafts: int
    left: int
    """The number of unchanged jobs: open ones, and those whose words another's open job needs."""


class Privacy(Repository):
    """Reads and erases a member's data, in all tables."""

    async def page(self, guild_id: int, member_id: int, *, after: Mark = START, limit: int = PAGE_ROWS) -> ReportPage:
        """Return a page of the member's jobs in the guild, private ones too, oldest first, with full input.

        Omits what a review withholds: a job's result, and input that another job took from it.
        """
        values = {
            "guild_id": guild_id,
            "member_id": member_id,
            "page_at": after.at,
            "page_id": after.id,
            "limit": limit,
        }

        def look(db: Connection) -> ReportPage:
            rows = db.execute(_JOBS, values).fetchall()
            is_last = len(rows) < limit
            befores = {row["id"]: json.loads(row["after_ids"]) for row in rows}
            withheld = withheld_in(db, guild_id, {*befores, *(each for before in befores.values() for each in before)})
            return ReportPage(
                rows=tuple(_job_line(row, befores[row["id"]], withheld) for row in rows),
                after=None if is_last else Mark(rows[-1]["page_at"], rows[-1]["page_id"]),
            )

        return await self._database.read(look)

    async def guilds_of(self, member_id: int) -> list[int]:
        """Return the guilds with data about the member. Reads all jobs: not for a running bot."""
        return await self._all(itemgetter(0), _GUILDS, {"member_id": member_id})

    async def erase(self, guild_id: int, member_id: int, *, is_known_model: ModelTest = no_model) -> Erased:
        """Erase the contents of the member's ended jobs in the guild; delete their other data there.

        OF_MEMBERS says what that is. Copies of their results become due for deletion; their words go from others'
        jobs, too. Models stay if `is_known_model`. The log is emptied.
        """
        mine, now = (guild_id, member_id), self._clock.wall()

        def change(db: Connection) -> Erased:
            ids = [row[0] for row in db.execute(_ERASABLE, mine).fetchall()]
            needed = set(erase_copies(db, guild_id, member_id, ids))
            ids = [each for each in ids if each not in needed]
            jobs = erase_jobs(db, guild_id, ids, now, is_known_model=is_known_model, with_copies=True)
            forget_pictures(db, guild_id, member_id, now)
            deleted = {
                each.table: db.execute(
                    f"DELETE FROM {each.table} WHERE guild_id = ? AND {each.column} = ?",  # noqa: S608 - constants
                    mine,
                ).rowcount
                for each in DELETED
            }
            if member_id != guild_id:  # their own place has their id anyway
                note_former(db, guild_id, member_id, now)
            left = db.execute(_STILL_OPEN, mine).fetchone()[0] + len(needed)
            return Erased(jobs=jobs, drafts=deleted["drafts"], left=left)

        erased = await self._write(guild_id, change)
        await self._database.scrub()
        return erased


def _job_line(row: Row, before: Iterable[str], withheld: frozenset[str]) -> Mapping[str, Any]:
    given = json.loads(row["input"])
    if row["shootout"] == ShootoutPhase.OPEN:  # members vote on it: its model is secret, and what could name that
        return {"id": row["id"], "asked": iso_time(row["created_at"]), "prompt": given.get("prompt"), "shootout": True}
    if withheld.intersection(before):
        given = {name: value for name, value in given.items() if name not in json.loads(row["fill"])}
    is_shown = row["id"] not in withheld
    return {
        "id": row["id"],
        "asked": iso_time(row["created_at"]),
        "submitted": iso_time(row["submitted_at"]),
        "finished": iso_time(row["finished_at"]),
        "delivered": iso_time(row["delivered_at"]),
        "channel_id": str(row["channel_id"]),
        "private": bool(row["private"]),
        "operation": row["operation"],
        "model": row["model"],
        "state": row["state"],
        "input": given,
        "variation": row["variation"],
        "sent_instead": json.loads(row["orders"]),
        "output": json.loads(row["output"]) if is_shown else {},
        "media": json.loads(row["media"]) if is_shown else [],
        "held": str(from_milli(row["held_milli"] + row["raised_milli"])),
        "cost": None if row["settled_milli"] is None else str(from_milli_or_none(row["settled_milli"])),
        "made_from": row["parent_id"],
        "error": row["error"],
    }


BATCH = 500
"""Jobs erased per transaction: other writes wait for it."""
_ENDED_AT = "coalesce(finished_at, created_at)"
"""When a job ended (Unix seconds), as in its index."""
# One look-up per guild instead of a scan.
_RETENTION_GUILDS = f"""
WITH RECURSIVE guilds (id) AS (
    SELECT min(guild_id) FROM jobs WHERE {KEPT}
    UNION ALL
    SELECT (SELECT min(guild_id) FROM jobs WHERE guild_id > guilds.id AND {KEPT}) FROM guilds WHERE id IS NOT NULL
)
SELECT guilds.id, CAST(rules.data ->> 'retention_days' AS INTEGER)
FROM guilds LEFT JOIN rules ON rules.guild_id = guilds.id
WHERE guilds.id IS NOT NULL
"""  # noqa: S608 - a constant condition
# A polled job may still get a result to post: its request lives for a week at most.
_ENDED = f"""
SELECT id FROM jobs WHERE guild_id = ? AND {KEPT} AND {_ENDED_AT} <= ? AND recheck_at IS NULL
ORDER BY {_ENDED_AT} LIMIT ?
"""  # noqa: S608 - constant conditions
_ANY_ENDED = f"SELECT id FROM jobs WHERE guild_id = ? AND {KEPT} LIMIT ?"  # noqa: S608 - a constant condition
_TO_PURGE = "SELECT guild_id FROM absent_guilds WHERE since <= ? AND purged_at IS NULL"
_IS_TO_PURGE = f"{_TO_PURGE} AND guild_id = ?"
"""Checked inside the transaction: the guild may have invited the bot again."""
_OPEN = """
SELECT count(*) FROM jobs
WHERE guild_id = ? AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
"""
_STAYING = frozenset(
    {"jobs", "job_texts", "cards", "ledger", "running_totals", "ledger_totals", "grants", "draws", "questions"}
    | {"guild_keys", "account_checks", "former_members", "absent_guilds"}
)
"""Tables of a guild that jobs or the ledger reference, or that a purge needs; all others of it are emptied."""
_BLANKED = (
    "DELETE FROM questions WHERE guild_id = ? AND kind = 'report'",
    "UPDATE cards SET label = '', token = NULL, token_expires_at = 0 WHERE guild_id = ?",
    "UPDATE grants SET note = '' WHERE guild_id = ?",
    "UPDATE guild_keys SET last4 = '', plan = NULL, scopes = '[]', balance_milli = NULL WHERE guild_id = ?",
)
"""What stays because jobs or the ledger reference it; and that a refund was paid."""

# A copy is needed until it is deleted in Discord.
_LEFT_OVER = (
    """
    DELETE FROM copies WHERE (job_id, message_id) IN (
        SELECT copies.job_id, copies.message_id FROM copies JOIN jobs ON jobs.id = copies.job_id
        WHERE copies.delete_at IS NULL AND jobs.erased_at IS NOT NULL LIMIT ?
    )""",
    """
    DELETE FROM reaction_acts WHERE (guild_id, message_id, emoji, member_id) IN (
        SELECT guild_id, message_id, emoji, member_id FROM reaction_acts
        WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.card_id = reaction_acts.card_id AND jobs.erased_at IS NULL)
        LIMIT ?
    )""",
    """
    DELETE FROM questions WHERE kind = 'review' AND subject IN (
        SELECT subject FROM questions JOIN jobs ON jobs.id = questions.subject
        WHERE kind = 'review' AND verdict IS NOT NULL AND jobs.erased_at IS NOT NULL LIMIT ?
    )""",
)
"""Rows about erased jobs that would otherwise stay for ever."""


class Retention(Repository):
    """Erases by age and absence, at most BATCH jobs per transaction. The caller empties the log."""

    async def erase_old(self, days: int, is_known_model: ModelTest) -> int:
        """Erase contents of jobs that ended `days` ago or earlier, or the guild's own, shorter limit; 0 is for ever.

        Returns how many, at most BATCH per guild.
        """
        guilds = await self._rows(_RETENTION_GUILDS)
        now, erased = self._clock.wall(), 0
        for guild_id, own in guilds:
            if (kept := _days_kept(days, own)) is not None:
                erased += await self._erase(guild_id, now - kept * 86_400, is_known_model)
        return erased

    async def jobs_of(self, guild_id: int) -> int | None:
        """Return how many jobs the guild has; None if nothing is stored of it."""

        def look(db: Connection) -> int | None:
            jobs = int(db.execute("SELECT count(*) FROM jobs WHERE guild_id = ?", (guild_id,)).fetchone()[0])
            known = "SELECT 1 FROM {} WHERE guild_id = ? LIMIT 1".format
            is_known = any(db.execute(known(each), (guild_id,)).fetchone() for each in guild_tables())
            return jobs if jobs or is_known else None

        return await self._database.read(look)

    async def forget_left_over(self) -> int:
        """Delete leftovers of erased jobs: places of copies, reactions that have acted, closed reviews.

        Returns how many rows; if BATCH, there may be more.
        """

        def change(db: Connection) -> int:
            deleted = 0
            for statement in _LEFT_OVER:
                deleted += db.execute(statement, (BATCH - deleted,)).rowcount
            return deleted

        return await self._database.write(change)

    async def _erase(self, guild_id: int, before: float, is_known_model: ModelTest) -> int:
        query = (guild_id, before, BATCH)
        if await self._row(_ENDED, query) is None:
            return 0
        now = self._clock.wall()

        def change(db: Connection) -> int:
            ids = [row[0] for row in db.execute(_ENDED, query).fetchall()]
            return erase_jobs(db, guild_id, ids, now, is_known_model=is_known_model, with_copies=False)

        return await self._write(guild_id, change)

    async def forget_expired(self) -> None:
        now = self._clock.wall()

        def change(db: Connection) -> None:
            db.execute("DELETE FROM drafts WHERE expires_at <= ?", (now,))
            forget_expired_tokens(db, now)

        await self._database.write(change)

    async def to_purge(self, before: float) -> list[int]:
        """Return the unpurged guilds absent since `before` (Unix seconds) or longer."""
        return await self._all(itemgetter(0), _TO_PURGE, (before,))

    async def give_up(self, guild_id: int) -> None:
        """Mark the guild for purging without a grace period."""
        await self._execute(
            guild_id,
            "INSERT INTO absent_guilds (guild_id, since) VALUES (?, 0)"
            " ON CONFLICT (guild_id) DO UPDATE SET since = 0, purged_at = NULL",
            (guild_id,),
        )

    async def erase_some(self, guild_id: int, before: float, is_known_model: ModelTest) -> int:
        """Erase contents of at most BATCH ended jobs of a guild to be purged; return how many.

        `before` as for `to_purge`.
        """
        now = self._clock.wall()

        def change(db: Connection) -> int:
            if db.execute(_IS_TO_PURGE, (before, guild_id)).fetchone() is None:
                return 0
            ids = [row[0] for row in db.execute(_ANY_ENDED, (guild_id, BATCH)).fetchall()]
            return erase_jobs(db, guild_id, ids, now, is_known_model=is_known_model, with_copies=False)

        return await self._write(guild_id, change)

    async def clear_out(self, guild_id: int, before: float) -> int:
        """Delete everything that belongs to a purged guild alone: settings, recipes, record.

        Jobs and the ledger stay, without texts, and soon without members' ids. `before` as for `to_purge`.
        Returns how many of its jobs are still open: then it must be repeated.
        """
        now = self._clock.wall()

        def change(db: Connection) -> int:
            if db.execute(_IS_TO_PURGE, (before, guild_id)).fetchone() is None:
                return 0
            for table in (each for each in guild_tables() if each not in _STAYING):
                db.execute(f"DELETE FROM {table} WHERE guild_id = ?", (guild_id,))  # noqa: S608 - one of our tables
            for statement in _BLANKED:
                db.execute(statement, (guild_id,))
            left = int(db.execute(_OPEN, (guild_id,)).fetchone()[0])
            if not left:
                note_all_former(db, guild_id, now)
                db.execute("UPDATE absent_guilds SET purged_at = ? WHERE guild_id = ?", (now, guild_id))
            return left

        return await self._write(guild_id, change)


def _days_kept(of_host: int, of_guild: object) -> int | None:
    """Return the shorter retention in days; 0 and None are for ever."""
    return min((each for each in (of_host, of_guild) if isinstance(each, int) and each > 0), default=None)
