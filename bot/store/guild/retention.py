"""What is erased by itself: contents of jobs that ended long ago, and all of a guild that has removed the bot."""

from __future__ import annotations

from bot.store.engine.repository import Repository
from bot.store.guild.former_members import note_all_former
from bot.store.jobs.erasing import KEPT, ModelTest, erase_jobs
from bot.store.sql import Connection
from bot.store.vault.sealed_columns import forget_expired_tokens

BATCH = 500
"""How many jobs one transaction erases: other writes wait for it."""
_ENDED_AT = "coalesce(finished_at, created_at)"
"""When a job ended (Unix seconds), as the index of what is kept has it."""
# One look-up for each guild, rather than a scan of all that is kept.
_GUILDS = f"""
WITH RECURSIVE guilds (id) AS (
    SELECT min(guild_id) FROM jobs WHERE {KEPT}
    UNION ALL
    SELECT (SELECT min(guild_id) FROM jobs WHERE guild_id > guilds.id AND {KEPT}) FROM guilds WHERE id IS NOT NULL
)
SELECT guilds.id, CAST(rules.data ->> 'retention_days' AS INTEGER)
FROM guilds LEFT JOIN rules ON rules.guild_id = guilds.id
WHERE guilds.id IS NOT NULL
"""  # noqa: S608 - a constant condition
_TRIED_GUILDS = """
WITH RECURSIVE guilds (id) AS (
    SELECT min(guild_id) FROM tried_values
    UNION ALL
    SELECT (SELECT min(guild_id) FROM tried_values WHERE guild_id > guilds.id) FROM guilds WHERE id IS NOT NULL
)
SELECT guilds.id, CAST(rules.data ->> 'retention_days' AS INTEGER)
FROM guilds LEFT JOIN rules ON rules.guild_id = guilds.id
WHERE guilds.id IS NOT NULL
"""
# One that is still polled may get a result that has to be posted: its request lives for a week at most.
_ENDED = f"""
SELECT id FROM jobs WHERE guild_id = ? AND {KEPT} AND {_ENDED_AT} <= ? AND recheck_at IS NULL
ORDER BY {_ENDED_AT} LIMIT ?
"""  # noqa: S608 - constant conditions
_ANY_ENDED = f"SELECT id FROM jobs WHERE guild_id = ? AND {KEPT} LIMIT ?"  # noqa: S608 - a constant condition
_TO_PURGE = "SELECT guild_id FROM absent_guilds WHERE since <= ? AND purged_at IS NULL"
_IS_TO_PURGE = f"{_TO_PURGE} AND guild_id = ?"
"""Asked inside the transaction: it may have invited the bot again."""
_OPEN = """
SELECT count(*) FROM jobs
WHERE guild_id = ? AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
"""
_PURGED_TABLES = (
    "outbox",
    "decisions",
    "drafts",
    "copies",
    "reaction_acts",
    "reactions",
    "reaction_settings",
    "reaction_legends",
    "word_offers",
    "recipes",
    "result_reports",
    "review_rules",
    "rules",
    "limits",
    "blocks",
    "prices",
    "alerts",
    "switched_off",
    "host_key_refusals",
    "tried_values",
    "voice_defaults",
    "voice_samples",
    "member_settings",
    "presets",
    "welcomes",
    "setup_steps",
)
"""What is of one guild alone and what no job or ledger row refers to."""
_BLANKED = (
    "UPDATE cards SET label = '', token = NULL, token_expires_at = 0 WHERE guild_id = ?",
    "UPDATE grants SET note = '' WHERE guild_id = ?",
    "UPDATE guild_keys SET last4 = '', plan = NULL, scopes = '[]', balance_milli = NULL WHERE guild_id = ?",
)
"""What stays because jobs or the ledger refer to it."""

# A copy that is to be deleted in Discord is needed until it is.
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
    DELETE FROM reviews WHERE job_id IN (
        SELECT reviews.job_id FROM reviews JOIN jobs ON jobs.id = reviews.job_id
        WHERE reviews.verdict IS NOT NULL AND jobs.erased_at IS NOT NULL LIMIT ?
    )""",
    """
    DELETE FROM job_attempts WHERE id IN (
        SELECT job_attempts.id FROM job_attempts JOIN jobs ON jobs.id = job_attempts.job_id
        WHERE jobs.erased_at IS NOT NULL LIMIT ?
    )""",
)
"""The rows about erased jobs that would otherwise be kept for ever."""


class Retention(Repository):
    """Erases by age and by absence, in transactions of at most BATCH jobs each. The caller empties the log."""

    async def erase_old(self, days: int, is_known_model: ModelTest) -> int:
        """Erase contents of jobs that ended `days` ago or earlier, where a guild says so for fewer; 0 is for ever.

        Returns how many were erased, at most BATCH for each guild.
        """
        guilds = await self._database.read(lambda db: db.execute(_GUILDS).fetchall())
        now, erased = self._clock.wall(), 0
        for guild_id, own in guilds:
            if (kept := _days_kept(days, own)) is not None:
                erased += await self._erase(guild_id, now - kept * 86_400, is_known_model)
        return erased

    async def forget_unused(self, days: int) -> None:
        """Delete values that were tried `days` ago or earlier and not since, where a guild says so for fewer days."""
        guilds = await self._database.read(lambda db: db.execute(_TRIED_GUILDS).fetchall())
        now = self._clock.wall()
        olds = [(each, now - kept * 86_400) for each, own in guilds if (kept := _days_kept(days, own)) is not None]
        if olds:
            await self._database.write(
                lambda db: db.executemany("DELETE FROM tried_values WHERE guild_id = ? AND used_at <= ?", olds)
            )

    async def forget_left_over(self) -> int:
        """Delete what nobody can use of erased jobs: places of copies, reactions that have acted, closed reviews.

        Returns how many rows, at most BATCH in all: then there may be more.
        """

        def change(db: Connection) -> int:
            deleted = 0
            for statement in _LEFT_OVER:
                deleted += db.execute(statement, (BATCH - deleted,)).rowcount
            return deleted

        return await self._database.write(change)

    async def _erase(self, guild_id: int, before: float, is_known_model: ModelTest) -> int:
        query = (guild_id, before, BATCH)
        if await self._database.read(lambda db: db.execute(_ENDED, query).fetchone()) is None:
            return 0
        now = self._clock.wall()

        def change(db: Connection) -> int:
            ids = [row[0] for row in db.execute(_ENDED, query).fetchall()]
            return erase_jobs(db, guild_id, ids, now, is_known_model=is_known_model, with_copies=False)

        return await self._database.write(change)

    async def forget_expired(self) -> None:
        """Delete drafts and interaction tokens that have expired."""
        now = self._clock.wall()

        def change(db: Connection) -> None:
            db.execute("DELETE FROM drafts WHERE expires_at <= ?", (now,))
            forget_expired_tokens(db, now)

        await self._database.write(change)

    async def to_purge(self, before: float) -> list[int]:
        """Return the guilds that have been absent since `before` (Unix seconds) or longer and are not purged yet."""
        rows = await self._database.read(lambda db: db.execute(_TO_PURGE, (before,)).fetchall())
        return [row[0] for row in rows]

    async def give_up(self, guild_id: int) -> None:
        """Note that the guild has been absent for ever, so that it is purged without a grace."""
        await self._database.write(
            lambda db: db.execute(
                "INSERT INTO absent_guilds (guild_id, since) VALUES (?, 0)"
                " ON CONFLICT (guild_id) DO UPDATE SET since = 0, purged_at = NULL",
                (guild_id,),
            )
        )

    async def erase_some(self, guild_id: int, before: float, is_known_model: ModelTest) -> int:
        """Erase contents of the ended jobs of a guild that is to be purged, at most BATCH; return how many.

        `before` as for `to_purge`.
        """
        now = self._clock.wall()

        def change(db: Connection) -> int:
            if db.execute(_IS_TO_PURGE, (before, guild_id)).fetchone() is None:
                return 0
            ids = [row[0] for row in db.execute(_ANY_ENDED, (guild_id, BATCH)).fetchall()]
            return erase_jobs(db, guild_id, ids, now, is_known_model=is_known_model, with_copies=False)

        return await self._database.write(change)

    async def clear_out(self, guild_id: int, before: float) -> int:
        """Delete all that is of a guild that is to be purged alone: settings, recipes, record.

        Jobs and the ledger stay, wordless, and soon without the numbers of members. `before` as for `to_purge`. Returns
        how many of its jobs have not ended: then it is not done, and has to be repeated.
        """
        now = self._clock.wall()

        def change(db: Connection) -> int:
            if db.execute(_IS_TO_PURGE, (before, guild_id)).fetchone() is None:
                return 0
            for table in _PURGED_TABLES:
                db.execute(f"DELETE FROM {table} WHERE guild_id = ?", (guild_id,))  # noqa: S608 - one of our tables
            for statement in _BLANKED:
                db.execute(statement, (guild_id,))
            left = int(db.execute(_OPEN, (guild_id,)).fetchone()[0])
            if not left:
                note_all_former(db, guild_id, now)
                db.execute("UPDATE absent_guilds SET purged_at = ? WHERE guild_id = ?", (now, guild_id))
            return left

        return await self._database.write(change)


def _days_kept(of_host: int, of_guild: object) -> int | None:
    """Return for how many days contents are kept, the fewer of both; 0 and None are for ever."""
    return min((each for each in (of_host, of_guild) if isinstance(each, int) and each > 0), default=None)
