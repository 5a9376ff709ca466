"""The queue: whose job starts next, and what may not start any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from operator import itemgetter

from bot.domain.jobs.card_jobs import fair_order
from bot.domain.models import JobState
from bot.domain.server.guild_rules import Limit
from bot.store import texts
from bot.store.engine.repository import Repository
from bot.store.jobs.ending import cancel_in
from bot.store.jobs.rows import job_in, update_job
from bot.store.jobs.start_guard import may_start
from bot.store.money.spending import placed_of, rules_of
from bot.store.sql import Connection

_QUEUE = """
SELECT jobs.id, jobs.author_id, jobs.created_at + jobs.position * 1e-6 FROM jobs
JOIN cards ON cards.id = jobs.card_id
WHERE jobs.guild_id = ? AND jobs.state = 'waiting' AND (jobs.after_ids = '[]' OR jobs.after_done = 1)
    AND cards.answered >= ?
"""
# Must match the condition of the index of open jobs.
_GUILDS = """
SELECT DISTINCT guild_id FROM jobs
WHERE state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
    AND state = 'waiting' AND (after_ids = '[]' OR after_done = 1)
"""
# Guild 0: switched off for the whole bot.
_BARRED = """
SELECT id, is_blocked, off_in FROM (
    SELECT jobs.id,
        EXISTS (
            SELECT 1 FROM blocks WHERE blocks.guild_id = jobs.guild_id AND blocks.member_id = jobs.author_id
            AND (blocks.until IS NULL OR blocks.until > :now)
        ) AS is_blocked,
        (
            SELECT max(switched_off.guild_id) FROM switched_off
            WHERE switched_off.guild_id IN (0, jobs.guild_id) AND switched_off.operation = jobs.operation
        ) AS off_in
    FROM jobs JOIN cards ON cards.id = jobs.card_id
    WHERE jobs.guild_id = :guild_id AND jobs.state = 'waiting' AND (jobs.after_ids = '[]' OR jobs.after_done = 1)
        AND cards.answered = 1
) AS ready WHERE is_blocked OR off_in IS NOT NULL
"""


class Queue(Repository):
    """Waiting jobs in starting order. Every waiting job starts here."""

    async def start_waiting(self, guild_id: int) -> list[str]:
        """Start as many of the guild's waiting jobs as its rules allow; return the changed cards' ids.

        Jobs of blocked members, of switched-off operations, and beyond a limit are cancelled and released with
        their dependents. A paused guild starts none. Each has to pass the guard (`start_guard`): it holds what its kind
        costs now, or waits, or ends if that no longer fits. Under limits, jobs of unknown price start one at a time.
        """
        now = self._clock.wall()

        def change(db: Connection) -> list[str]:
            ended = _end_barred(db, guild_id, now)
            return list(dict.fromkeys([*ended, *_start(db, guild_id, now, self._database.host_limits)]))

        return await self._write(guild_id, change, host=bool(self._database.host_limits))

    async def guilds(self) -> list[int]:
        return await self._all(itemgetter(0), _GUILDS)

    async def order(self, guild_id: int) -> list[str]:
        """Return the guild's waiting jobs' ids in starting order."""

        def read(db: Connection) -> list[str]:
            return _order(db, guild_id, placed_of(db, guild_id, rules_of(db, guild_id).running_per_server))

        return await self._database.read(read)


def _order(db: Connection, guild_id: int, running: Mapping[int, int], *, answered: bool = False) -> list[str]:
    """Return the queue; with `answered` without cards not known to Discord."""
    waiting = [(row[0], row[1], row[2]) for row in db.execute(_QUEUE, (guild_id, int(answered))).fetchall()]
    return fair_order(waiting, running)


def _start(db: Connection, guild_id: int, now: float, host_limits: tuple[Limit, ...]) -> list[str]:
    cards: list[str] = []
    while True:
        started, stopped = _start_until_stopped(db, guild_id, now, host_limits)
        cards += [*started, *stopped]
        if not stopped:  # else they may have left places to others
            return cards


def _start_until_stopped(
    db: Connection, guild_id: int, now: float, host_limits: tuple[Limit, ...]
) -> tuple[list[str], list[str]]:
    """Start jobs until a limit stops some; return the cards of those and of these."""
    rules = rules_of(db, guild_id)
    if rules.paused:
        return [], []
    started: list[str] = []
    running = placed_of(db, guild_id, rules.running_per_server)
    free = rules.running_per_server - sum(running.values())
    if free <= 0:
        return started, []
    for job_id in _order(db, guild_id, running, answered=True):
        if free <= 0:
            break
        job = job_in(db, guild_id, job_id)
        if job is None or running.get(job.author_id, 0) >= rules.running_per_member:
            continue
        ready, stopped = may_start(db, job, now, host_limits)
        if stopped:
            return started, stopped
        if ready is None:
            continue
        job = ready
        update_job(db, replace(job, state=JobState.SUBMITTING), job)
        running[job.author_id] = running.get(job.author_id, 0) + 1
        free -= 1
        started.append(job.card_id)
    return started, []


def _end_barred(db: Connection, guild_id: int, now: float) -> list[str]:
    """Cancel barred jobs, free slot or not; return the cards' ids."""
    cards = []
    for job_id, is_blocked, off_in in db.execute(_BARRED, {"guild_id": guild_id, "now": now}).fetchall():
        job = job_in(db, guild_id, job_id)
        if job is None or job.state is not JobState.WAITING:
            continue  # cancelled with a previous one
        if is_blocked:
            cancel_in(db, job, str(texts.AUTHOR_BLOCKED), now, steps=str(texts.AUTHOR_BLOCKED))
        else:
            cancel_in(db, job, str(texts.SWITCHED_OFF if off_in else texts.SWITCHED_OFF_EVERYWHERE), now)
        cards.append(job.card_id)
    return cards
