"""Lineage: what a job was made from, and what was made from it."""

from __future__ import annotations

import sqlite3

from bot.domain.models import Job
from bot.store.engine.repository import Repository
from bot.store.jobs.rows import job_of

RELATIVES_MAX = 100
"""The most jobs of a lineage that are read."""
ANCESTORS_MAX = 100
"""How many generations up a lineage is followed."""


class Lineage(Repository):
    """Reads of `jobs` along `parent_id` and `after_ids`."""

    async def of(self, guild_id: int, viewer_id: int, job_id: str) -> list[Job]:
        """Return the guild's job with its ancestors and descendants that this member may see.

        Oldest first, so that none precedes its parent; [] if the member may not see the job itself.
        """
        values = {"guild_id": guild_id, "viewer_id": viewer_id, "id": job_id}

        def look(db: sqlite3.Connection) -> list[Job]:
            root = db.execute(_ROOT, values | {"limit": ANCESTORS_MAX}).fetchone()
            if root is None:
                return []
            rows = db.execute(_DESCENDANTS, values | {"id": root[0], "limit": RELATIVES_MAX}).fetchall()
            return [job_of(row) for row in rows]

        return await self._database.read(look)


# The condition on the parent repeats that of the index literally, or SQLite does not use it.
_ROOT = """
WITH RECURSIVE line (id, origin, height) AS (
    SELECT jobs.id, coalesce(json_extract(jobs.after_ids, '$[0]'), jobs.parent_id), 0
    FROM jobs JOIN cards ON cards.id = jobs.card_id
    WHERE jobs.id = :id AND jobs.guild_id = :guild_id AND (cards.private = 0 OR jobs.author_id = :viewer_id)
    UNION
    SELECT jobs.id, coalesce(json_extract(jobs.after_ids, '$[0]'), jobs.parent_id), line.height + 1
    FROM line JOIN jobs ON jobs.id = line.origin JOIN cards ON cards.id = jobs.card_id
    WHERE jobs.guild_id = :guild_id AND (cards.private = 0 OR jobs.author_id = :viewer_id) AND line.height < :limit
)
SELECT id FROM line ORDER BY height DESC LIMIT 1
"""
_DESCENDANTS = """
WITH RECURSIVE relatives (id) AS (
    SELECT :id
    UNION
    SELECT jobs.id FROM relatives
    JOIN jobs ON jobs.guild_id = :guild_id
        AND coalesce(json_extract(jobs.after_ids, '$[0]'), jobs.parent_id) = relatives.id
    JOIN cards ON cards.id = jobs.card_id
    WHERE cards.private = 0 OR jobs.author_id = :viewer_id
    LIMIT :limit
)
SELECT jobs.* FROM relatives JOIN jobs ON jobs.id = relatives.id ORDER BY jobs.created_at, jobs.position
"""
