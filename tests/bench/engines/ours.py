"""Our leases on PostgreSQL: a table that is the queue, as in the bot's SQLite store, with an owner and an end of lease.

Due jobs are claimed many at a time by one statement that passes over what others hold (`FOR UPDATE SKIP LOCKED`).
Turns end together: whatever has ended since the last commit is one fenced statement, which changes the jobs, sets when
they are due next and writes their rows of the ledger, in one transaction. A commit that adds a job that is due at once
notifies the workers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import asyncpg
from turns import LEDGER, LOOK, SUBMIT, TICK, Turns, each

SCHEMA = """
CREATE TABLE jobs (
    id bigint PRIMARY KEY,
    state text NOT NULL,
    due_at timestamptz NOT NULL,
    lease_owner text,
    lease_until timestamptz
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX jobs_due ON jobs (due_at) WHERE state <> 'ended';
"""
CLAIM = """
UPDATE jobs SET lease_owner = $1, lease_until = now() + $2::interval WHERE id IN (
    SELECT id FROM jobs
    WHERE state <> 'ended' AND due_at <= now() AND (lease_until IS NULL OR lease_until <= now())
    ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
)
RETURNING id, extract(epoch FROM due_at)::float8
"""
# Fenced by the owner: a turn that ends after its lease has gone to another changes nothing. Nor does it pay.
END = """
WITH ended AS (
    UPDATE jobs SET state = turn.state, due_at = turn.due_at, lease_owner = NULL, lease_until = NULL
    FROM unnest($2::bigint[], $3::text[], $4::timestamptz[]) AS turn (id, state, due_at)
    WHERE jobs.id = turn.id AND jobs.lease_owner = $1
    RETURNING jobs.id, jobs.state
)
INSERT INTO ledger SELECT id, $1 FROM ended WHERE state = 'ended'
"""
RENEW = "UPDATE jobs SET lease_until = now() + $2::interval WHERE id = ANY($3) AND lease_owner = $1"
NEXT = """
SELECT extract(epoch FROM min(due_at) - now())::float8 FROM jobs
WHERE state <> 'ended' AND due_at > now()
"""
ADD = "INSERT INTO jobs (id, state, due_at) SELECT * FROM unnest($1::bigint[], $2::text[], $3::timestamptz[])"
CHANNEL = "jobs_due"
LEADER = 20_341  # any number that no other lock of this database has
SHORTEST_WAIT_S, LONGEST_WAIT_S = 0.02, 0.25
BATCH = 500
LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What asyncpg raises when a connection ends: the last of them for a task that is cancelled in the middle."""


class Adapter:
    """Our leases."""

    periodic = "session advisory lock"

    def install(self, dsn: str) -> None:
        asyncio.run(_run(dsn, SCHEMA + LEDGER))

    async def add(self, dsn: str, kind: str, first: int, dues: Sequence[float]) -> None:
        db = await asyncpg.connect(dsn)
        for begin in range(0, len(dues), 5_000):
            part = dues[begin : begin + 5_000]
            ids = range(first + begin, first + begin + len(part))
            await db.execute(ADD, ids, [kind] * len(part), [_moment(due) for due in part])
        await db.close()

    async def submit(self, dsn: str, jobs: Sequence[int], *, pace_s: float) -> dict[int, float]:
        began: dict[int, float] = {}
        pool = await asyncpg.create_pool(dsn, min_size=16, max_size=16)

        async def one(job: int) -> None:
            began[job] = time.time()
            async with pool.acquire() as db, db.transaction():
                await db.execute(ADD, [job], [SUBMIT], [_moment(began[job])])
                await db.execute("SELECT pg_notify($1, '')", CHANNEL)

        await each(jobs, one, pace_s)
        await pool.close()
        return began

    def spread(self, begin: float, seconds: float) -> str:
        return f"UPDATE jobs SET due_at = to_timestamp({begin} + random() * {seconds}) WHERE state <> 'ended'"

    def state(self) -> str:
        return "SELECT state, lease_owner, due_at::text FROM jobs WHERE id = %s"

    def waiting(self) -> str:
        return "SELECT count(*) FROM jobs WHERE state <> 'ended'"

    async def claim(self, turns: Turns) -> None:
        db = await asyncpg.connect(turns.plan.dsn)
        statement = await db.prepare(CLAIM)
        while rows := await statement.fetch(turns.plan.worker, timedelta(seconds=600), 2_000):
            turns.claimed([row[0] for row in rows])

    async def work(self, turns: Turns) -> None:
        if turns.plan.kind == TICK:
            await _lead(turns)
        while True:
            # A connection that is lost takes nothing with it: leases run out, and what had ended is written again.
            with suppress(*LOST):
                await _Worker(turns).run()
            await asyncio.sleep(0.1)


class _Worker:
    """One process's turns, until a connection is lost."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._plan = turns.plan
        self._lease = timedelta(seconds=turns.plan.lease_s)
        self._held: dict[int, asyncio.Task[None]] = {}
        self._ended: dict[int, tuple[str, datetime]] = {}
        self._woken = asyncio.Event()
        self._has_ended = asyncio.Event()
        self._has_room = asyncio.Event()

    async def run(self) -> None:
        pool = await asyncpg.create_pool(self._plan.dsn, min_size=3, max_size=3)
        listener = await asyncpg.connect(self._plan.dsn)
        await listener.add_listener(CHANNEL, lambda *_: self._woken.set())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._claim(pool))
                group.create_task(self._end(pool))
                group.create_task(self._renew(pool))
        except* LOST as errors:
            raise errors.exceptions[0] from None
        finally:
            for task in self._held.values():
                task.cancel()
            listener.terminate()
            pool.terminate()

    async def _claim(self, pool: asyncpg.Pool) -> None:
        while True:
            self._woken.clear()
            self._has_room.clear()
            room = min(BATCH, self._plan.at_once - len(self._held))
            if room < min(BATCH, self._plan.at_once) // 2:
                await self._has_room.wait()
                continue
            rows = await pool.fetch(CLAIM, self._plan.worker, self._lease, room)
            for job, due in rows:
                if job not in self._held:
                    self._held[job] = asyncio.create_task(self._turn(job, due))
            if len(rows) < room:
                wait = SHORTEST_WAIT_S if rows else await pool.fetchval(NEXT)
                wait = LONGEST_WAIT_S if wait is None else min(max(wait, SHORTEST_WAIT_S), LONGEST_WAIT_S)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), wait)

    async def _turn(self, job: int, due: float) -> None:
        await self._turns.take(job, due)
        if self._plan.kind == LOOK:
            self._ended[job] = (LOOK, _moment(time.time() + self._plan.again_s))
        else:
            self._ended[job] = ("ended", _moment(due))
        self._has_ended.set()

    async def _end(self, pool: asyncpg.Pool) -> None:
        while True:
            await self._has_ended.wait()
            self._has_ended.clear()
            ended, self._ended = self._ended, {}
            states, dues = zip(*ended.values(), strict=True)
            await pool.execute(END, self._plan.worker, list(ended), states, dues)
            for job in ended:
                del self._held[job]
            self._has_room.set()

    async def _renew(self, pool: asyncpg.Pool) -> None:
        while True:
            await asyncio.sleep(self._plan.lease_s / 3)
            if self._held:
                await pool.execute(RENEW, self._plan.worker, self._lease, list(self._held))


async def _lead(turns: Turns) -> None:
    """Tick each second while this process has the lock, which ends with its connection."""
    db = await asyncpg.connect(turns.plan.dsn)
    await db.execute("SELECT pg_advisory_lock($1)", LEADER)  # waits until the process that has it is gone
    while True:
        await asyncio.sleep(1 - time.time() % 1)
        await db.execute("SELECT 1")  # or the lock may be gone
        turns.tick()


async def _run(dsn: str, statements: str) -> None:
    db = await asyncpg.connect(dsn)
    await db.execute(statements)
    await db.close()


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
