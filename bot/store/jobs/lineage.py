"""Lineage: what a job was made from, and what was made from it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.store.engine.columns import to_json
from bot.store.engine.repository import Repository
from bot.store.jobs.rows import SELECT_PLACED, PlacedJob, placed_job_of

ANCESTORS_MAX = 100
"""How many generations up a lineage is followed."""


class Lineage(Repository):
    """Reads of `jobs` along `parent_id` and `after_ids`. Whether somebody may see a job is not asked here."""

    async def of(self, guild_id: int, job_id: str) -> list[PlacedJob]:
        """Return the guild's job and its ancestors, each before what it was made from; [] if there is no such job."""
        values = {"guild_id": guild_id, "id": job_id, "limit": ANCESTORS_MAX}
        rows = await self._database.read(lambda db: db.execute(_ANCESTORS, values).fetchall())
        return [placed_job_of(row) for row in rows]

    async def made_from(self, guild_id: int, job_ids: Sequence[str], *, limit: int) -> list[PlacedJob]:
        """Return what was made directly from the guild's jobs, oldest first, at most `limit`."""
        values = {"guild_id": guild_id, "ids": to_json(list(job_ids)), "limit": limit}
        rows = await self._database.read(lambda db: db.execute(_CHILDREN, values).fetchall())
        return [placed_job_of(row) for row in rows]


_LINE = """
WITH RECURSIVE line (id, origin, height) AS (
    SELECT id, coalesce(json_extract(after_ids, '$[0]'), parent_id), 0
    FROM jobs WHERE id = :id AND guild_id = :guild_id
    UNION
    SELECT jobs.id, coalesce(json_extract(jobs.after_ids, '$[0]'), jobs.parent_id), line.height + 1
    FROM line JOIN jobs ON jobs.id = line.origin
    WHERE jobs.guild_id = :guild_id AND line.height < :limit
)
"""
_ANCESTORS = f"""
{_LINE} {SELECT_PLACED} FROM line JOIN jobs ON jobs.id = line.id JOIN cards ON cards.id = jobs.card_id
ORDER BY line.height
"""
# The condition on the parent repeats that of the index literally, or SQLite does not use it.
# CROSS: the ids come first.
_CHILDREN = f"""
{SELECT_PLACED} FROM json_each(:ids) AS parent
CROSS JOIN jobs ON jobs.guild_id = :guild_id
    AND coalesce(json_extract(jobs.after_ids, '$[0]'), jobs.parent_id) = parent.value
JOIN cards ON cards.id = jobs.card_id
ORDER BY jobs.created_at, jobs.position LIMIT :limit
"""
