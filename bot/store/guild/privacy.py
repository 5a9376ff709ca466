"""A member's data, for them to export and to blank. docs/decisions/0007-privacy.md says what stays."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.store.engine.columns import from_milli, from_milli_or_none
from bot.store.engine.repository import Repository
from bot.store.guild.former_members import note_former
from bot.store.guild.member_settings import forget_settings
from bot.store.guild.review_places import withheld_in
from bot.store.jobs.erasing import KEPT, ModelTest, erase_jobs, no_model
from bot.store.jobs.tried_values import forget_of_member
from bot.store.money.reports import PAGE_ROWS, START, Mark, ReportPage, iso_time
from bot.store.sql import Connection, Row

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
_GUILDS = """
SELECT guild_id FROM jobs WHERE author_id = :member_id
UNION SELECT guild_id FROM drafts WHERE member_id = :member_id
UNION SELECT guild_id FROM reaction_acts WHERE member_id = :member_id
UNION SELECT guild_id FROM voice_defaults WHERE member_id = :member_id
UNION SELECT guild_id FROM member_settings WHERE member_id = :member_id
UNION SELECT guild_id FROM presets WHERE member_id = :member_id
UNION SELECT guild_id FROM tried_values WHERE member_id = :member_id
UNION SELECT guild_id FROM result_reports WHERE member_id = :member_id
UNION SELECT guild_id FROM grants WHERE member_id = :member_id
UNION SELECT guild_id FROM decisions WHERE by_id = :member_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was blanked."""

    jobs: int
    drafts: int
    left: int
    """How many jobs have not ended, and were not changed."""


class Privacy(Repository):
    """Reads and blanks a member's data, in all tables."""

    async def page(self, guild_id: int, member_id: int, *, after: Mark = START, limit: int = PAGE_ROWS) -> ReportPage:
        """Return a page of the member's jobs in the guild, private ones too, oldest first, with their whole input.

        What a review withholds is left out: a job's result, and what another filled in from it.
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
        """Return the guilds in which something is stored about the member. It reads all jobs: not for a running bot."""
        rows = await self._database.read(lambda db: db.execute(_GUILDS, {"member_id": member_id}).fetchall())
        return [row[0] for row in rows]

    async def erase(self, guild_id: int, member_id: int, *, is_known_model: ModelTest = no_model) -> Erased:
        """Blank the contents of the member's ended jobs in the guild; delete the rest of theirs there.

        That is drafts, reactions, settings, presets and the default voice. Copies of their results are to be deleted
        from then on. Times, states, operations and credits stay, models if `is_known_model`, and so does the ledger;
        a random number takes the member's place as soon as limits allow. The log is emptied.
        """
        mine, now = (guild_id, member_id), self._clock.wall()

        def change(db: Connection) -> Erased:
            ids = [row[0] for row in db.execute(_ERASABLE, mine).fetchall()]
            jobs = erase_jobs(db, guild_id, ids, now, is_known_model=is_known_model, with_copies=True)
            db.execute("DELETE FROM reaction_acts WHERE guild_id = ? AND member_id = ?", mine)
            db.execute("DELETE FROM voice_defaults WHERE guild_id = ? AND member_id = ?", mine)
            forget_settings(db, guild_id, member_id)
            forget_of_member(db, guild_id, member_id, is_known_model)
            note_former(db, guild_id, member_id, now)
            drafts = db.execute("DELETE FROM drafts WHERE guild_id = ? AND member_id = ?", mine).rowcount
            return Erased(jobs=jobs, drafts=drafts, left=db.execute(_STILL_OPEN, mine).fetchone()[0])

        erased = await self._database.write(change)
        await self._database.scrub()
        return erased


def _job_line(row: Row, before: Iterable[str], withheld: frozenset[str]) -> Mapping[str, Any]:
    given = json.loads(row["input"])
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
        "output": json.loads(row["output"]) if is_shown else {},
        "media": json.loads(row["media"]) if is_shown else [],
        "held": str(from_milli(row["held_milli"])),
        "cost": None if row["settled_milli"] is None else str(from_milli_or_none(row["settled_milli"])),
        "made_from": row["parent_id"],
        "error": row["error"],
    }
