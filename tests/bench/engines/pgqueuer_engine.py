"""PgQueuer 1: entrypoints over a pool of asyncpg, in batches, as its documents advise for throughput.

A look that finds its job still running enqueues the next one; those of many jobs are enqueued by one statement. As
`pgqueuer-retry` it raises `RetryRequested` instead, which keeps the job, by a statement for each. Jobs of a worker
whose heartbeat has stopped are picked by the others; the engine itself writes the ends of jobs in batches.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import asyncpg
from ledger import Ledger
from pgqueuer import PgQueuer
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job, Schedule
from pgqueuer.ports.repository import EntrypointExecutionParameter
from turns import LEDGER, LOOK, SUBMIT, TICK, Turns, each

CHUNK = 5_000
RETRYING = "pgqueuer-retry"


class Adapter:
    """PgQueuer."""

    periodic = "cron per second, once of all"

    def install(self, dsn: str) -> None:
        async def do() -> None:
            async with _queries(dsn) as queries:
                await queries.install()
                # What its command line's `pgq install` and `pgq autovac` do.
                await queries.driver.execute(queries.qbe.build_optimize_autovacuum_query())
                await queries.driver.execute(LEDGER)

        asyncio.run(do())

    async def add(self, dsn: str, kind: str, first: int, dues: Sequence[float]) -> None:
        async with _queries(dsn) as queries:
            for begin in range(0, len(dues), CHUNK):
                part = dues[begin : begin + CHUNK]
                jobs = range(first + begin, first + begin + len(part))
                now = time.time()
                await queries.enqueue(
                    [kind] * len(part), [str(job).encode() for job in jobs], [0] * len(part),
                    [timedelta(seconds=due - now) for due in part],
                )  # fmt: skip

    async def submit(self, dsn: str, jobs: Sequence[int], *, pace_s: float) -> dict[int, float]:
        began: dict[int, float] = {}
        async with _queries(dsn) as queries:

            async def one(job: int) -> None:
                began[job] = time.time()
                await queries.enqueue(SUBMIT, str(job).encode())

            await each(jobs, one, pace_s)
        return began

    def spread(self, begin: float, seconds: float) -> str:
        due = f"to_timestamp({begin} + random() * {seconds})"
        return f"UPDATE pgqueuer SET status = 'queued', queue_manager_id = NULL, execute_after = {due}"

    def state(self) -> str:
        return (
            "SELECT status::text, queue_manager_id::text, execute_after::text"
            " FROM pgqueuer WHERE payload = convert_to(%s::text, 'UTF8')"
        )

    def waiting(self) -> str:
        return "SELECT count(*) FROM pgqueuer"

    async def claim(self, turns: Turns) -> None:
        async with _queries(turns.plan.dsn) as queries:
            manager = PgQueuer(queries.driver).qm.queue_manager_id
            while jobs := await queries.dequeue(
                batch_size=2_000,
                entrypoints={SUBMIT: EntrypointExecutionParameter(concurrency_limit=0)},
                queue_manager_id=manager,
                global_concurrency_limit=None,
                heartbeat_timeout=timedelta(seconds=600),
            ):
                turns.claimed([int(job.payload or b"") for job in jobs])

    async def work(self, turns: Turns) -> None:
        while True:
            # It ends when its connection to listen is lost; an operator's supervisor starts it again.
            with suppress(Exception):
                await _run(turns)
            await asyncio.sleep(0.1)


async def _run(turns: Turns) -> None:
    plan = turns.plan
    async with _queries(plan.dsn) as queries, Ledger(turns) as ledger:
        engine = PgQueuer(queries.driver)
        later = _Later(queries, plan.again_s)

        @engine.entrypoint(LOOK)
        async def look(job: Job) -> None:
            await turns.take(int(job.payload or b""), job.execute_after.timestamp())
            if plan.engine == RETRYING:
                raise RetryRequested(timedelta(seconds=plan.again_s))
            await later.add(job.payload)

        @engine.entrypoint(SUBMIT, on_failure="hold")  # else a job whose end cannot be written is deleted
        async def submit(job: Job) -> None:
            number = int(job.payload or b"")
            await turns.take(number, 0)
            try:
                await ledger.pay(number)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                raise RetryRequested(timedelta(seconds=1)) from None

        if plan.kind == TICK:

            @engine.schedule(TICK, "* * * * * *")
            async def tick(schedule: Schedule) -> None:
                turns.tick()

        await engine.run(
            dequeue_timeout=timedelta(seconds=1),
            batch_size=plan.at_once // 2,  # the engine wants room for two
            max_concurrent_tasks=plan.at_once,
            heartbeat_timeout=timedelta(seconds=plan.lease_s),
            shutdown_on_listener_failure=True,
        )


class _Later:
    """Enqueues the next looks of jobs, those that come together by one statement."""

    def __init__(self, queries: Queries, delay_s: float) -> None:
        self._queries = queries
        self._delay = timedelta(seconds=delay_s)
        self._payloads: list[bytes | None] = []
        self._sent: asyncio.Task[None] | None = None

    async def add(self, payload: bytes | None) -> None:
        """Enqueue the next look; it is committed when this returns."""
        self._payloads.append(payload)
        if self._sent is None:
            self._sent = asyncio.create_task(self._send())
        await asyncio.shield(self._sent)

    async def _send(self) -> None:
        await asyncio.sleep(0)  # turns that are taken in the same round of the event loop
        payloads, self._payloads, self._sent = self._payloads, [], None
        count = len(payloads)
        await self._queries.enqueue([LOOK] * count, payloads, [0] * count, [self._delay] * count)


@asynccontextmanager
async def _queries(dsn: str):
    pool = await asyncpg.create_pool(dsn, min_size=4, max_size=20)
    try:
        yield Queries(AsyncpgPoolDriver(pool))
    finally:
        pool.terminate()
