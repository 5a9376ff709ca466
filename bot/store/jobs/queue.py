"""The queue: whose job starts next when a slot becomes free."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from bot.domain.fair_queue import fair_order
from bot.domain.models import JobState
from bot.store.engine.repository import Repository
from bot.store.jobs.rows import job_of, update_job
from bot.store.money.spending import parked_of, rules_of

_QUEUE = """
SELECT jobs.id, jobs.author_id, jobs.created_at + jobs.position * 1e-6 FROM jobs
JOIN cards ON cards.id = jobs.card_id
WHERE jobs.guild_id = ? AND jobs.state = 'waiting' AND jobs.after_ids = '[]' AND cards.answered >= ?
"""
_RUNNING = """
SELECT author_id, count(*) FROM jobs
WHERE guild_id = ? AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
    AND state NOT IN ('awaiting_approval', 'waiting') AND overdue_at IS NULL
GROUP BY author_id
"""
_GUILDS = "SELECT DISTINCT guild_id FROM jobs WHERE state = 'waiting' AND after_ids = '[]'"


class Queue(Repository):
    """Jobs that wait for a free slot, in the order in which they start."""

    async def start_waiting(self, guild_id: int) -> list[str]:
        """Start as many of the guild's waiting jobs as its rules allow; return the ids of their cards.

        While the guild is paused, none starts.
        """

        def change(db: sqlite3.Connection) -> list[str]:
            return _start(db, guild_id)

        return await self._database.write(change)

    async def guilds(self) -> list[int]:
        """Return the guilds that have jobs waiting for a slot."""
        rows = await self._database.read(lambda db: db.execute(_GUILDS).fetchall())
        return [row[0] for row in rows]

    async def order(self, guild_id: int) -> list[str]:
        """Return the ids of the guild's waiting jobs in the order in which they start."""
        return await self._database.read(lambda db: _order(db, guild_id, answered=False))


def _running(db: sqlite3.Connection, guild_id: int) -> dict[int, int]:
    parked = parked_of(db, guild_id)
    return {row[0]: row[1] - parked[row[0]] for row in db.execute(_RUNNING, (guild_id,)).fetchall()}


def _order(db: sqlite3.Connection, guild_id: int, *, answered: bool) -> list[str]:
    """Return the queue; with `answered` without the cards that Discord is not known to have."""
    waiting = [(row[0], row[1], row[2]) for row in db.execute(_QUEUE, (guild_id, int(answered))).fetchall()]
    return fair_order(waiting, _running(db, guild_id))


def _start(db: sqlite3.Connection, guild_id: int) -> list[str]:
    rules = rules_of(db, guild_id)
    if rules.paused:
        return []
    running = _running(db, guild_id)
    free = rules.running_per_server - sum(running.values())
    cards = []
    for job_id in _order(db, guild_id, answered=True):
        if free <= 0:
            break
        job = job_of(db.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone())
        if running.get(job.author_id, 0) >= rules.running_per_member:
            continue
        update_job(db, replace(job, state=JobState.SUBMITTING))
        running[job.author_id] = running.get(job.author_id, 0) + 1
        free -= 1
        cards.append(job.card_id)
    return list(dict.fromkeys(cards))
