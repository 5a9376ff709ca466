"""procrastinate 3: tasks with a retry strategy, as its documents show them.

A look that finds a job still running raises, and the strategy says when it is due again
(https://procrastinate.readthedocs.io/en/stable/howto/advanced/retry.html). A periodic task gives jobs of dead workers
back (https://procrastinate.readthedocs.io/en/stable/howto/production/retry_stalled_jobs.html).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import procrastinate
import psycopg
from ledger import Ledger
from procrastinate import jobs as engine_jobs
from turns import LEDGER, LOOK, SUBMIT, TICK, Turns, each

CHUNK = 2_000
LEASE_S = 5
POLL_S = 0.1
"""How often a worker asks for due jobs: only what is inserted notifies it."""


class StillRunning(Exception):
    """A look that found its job still running."""

    def __init__(self, due: datetime) -> None:
        super().__init__()
        self.due = due


class WhenDue(procrastinate.BaseRetryStrategy):
    """A job still running is due again when its look says."""

    def get_retry_decision(
        self, *, exception: BaseException, job: engine_jobs.Job
    ) -> procrastinate.RetryDecision | None:
        if isinstance(exception, StillRunning):
            return procrastinate.RetryDecision(retry_at=exception.due)
        # A database that is not there for a moment: again, as the documents advise for what may pass.
        return procrastinate.RetryDecision(retry_in={"seconds": 1})


class Adapter:
    """procrastinate."""

    periodic = "cron per second, once of all"

    def install(self, dsn: str) -> None:
        async def do() -> None:
            async with _app(dsn).open_async() as app:
                await app.schema_manager.apply_schema_async()

        asyncio.run(do())
        with psycopg.connect(dsn, autocommit=True) as db:
            db.execute(LEDGER)

    async def add(self, dsn: str, kind: str, first: int, dues: Sequence[float]) -> None:
        async with _app(dsn).open_async() as app:
            for begin in range(0, len(dues), CHUNK):
                part = enumerate(dues[begin : begin + CHUNK], start=first + begin)
                await app.job_manager.batch_defer_jobs_async(
                    [
                        engine_jobs.Job(
                            id=None, queue="default", priority=0, lock=None, queueing_lock=None, task_name=kind,
                            task_kwargs={"job": job}, scheduled_at=datetime.fromtimestamp(due, UTC),
                        )
                        for job, due in part
                    ]
                )  # fmt: skip

    async def submit(self, dsn: str, jobs: Sequence[int], *, pace_s: float) -> dict[int, float]:
        began: dict[int, float] = {}
        async with _app(dsn).open_async() as app:

            async def one(job: int) -> None:
                began[job] = time.time()
                await app.configure_task(SUBMIT).defer_async(job=job)

            await each(jobs, one, pace_s)
        return began

    def spread(self, begin: float, seconds: float) -> str:
        due = f"to_timestamp({begin} + random() * {seconds})"
        return f"UPDATE procrastinate_jobs SET status = 'todo', scheduled_at = {due} WHERE status IN ('todo', 'doing')"

    def state(self) -> str:
        return (
            "SELECT status::text, worker_id::text, scheduled_at::text"
            " FROM procrastinate_jobs WHERE args @> jsonb_build_object('job', %s::bigint)"
        )

    def waiting(self) -> str:
        return "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"

    async def claim(self, turns: Turns) -> None:
        async with _app(turns.plan.dsn).open_async() as app:
            worker = await app.job_manager.register_worker()

            async def some() -> None:
                while job := await app.job_manager.fetch_job(queues=None, worker_id=worker):
                    turns.claimed([job.task_kwargs["job"]])

            await asyncio.gather(*(some() for _ in range(8)))

    async def work(self, turns: Turns) -> None:
        plan = turns.plan
        async with _app(plan.dsn).open_async() as app, Ledger(turns) as ledger:

            @app.task(name=LOOK, pass_context=True, retry=WhenDue())
            async def look(context: procrastinate.JobContext, job: int) -> None:
                due = context.job.scheduled_at
                assert due is not None
                await turns.take(job, due.timestamp())
                raise StillRunning(datetime.fromtimestamp(time.time() + plan.again_s, UTC))

            @app.task(name=SUBMIT, retry=WhenDue())
            async def submit(job: int) -> None:
                await turns.take(job, 0)
                await ledger.pay(job)

            @app.periodic(cron=f"* * * * * */{LEASE_S // 2}")
            @app.task(name="stalled", queueing_lock="stalled", retry=False)
            async def stalled(timestamp: int) -> None:
                for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=plan.lease_s):
                    await app.job_manager.retry_job(job)

            if plan.kind == TICK:

                @app.periodic(cron="* * * * * *")
                @app.task(name=TICK)
                async def tick(timestamp: int) -> None:
                    turns.tick()

            await app.run_worker_async(
                name=plan.worker,
                concurrency=min(plan.at_once, 32),
                fetch_job_polling_interval=POLL_S,
                update_heartbeat_interval=plan.lease_s / 3,
                stalled_worker_timeout=plan.lease_s,
                delete_jobs="successful",
                install_signal_handlers=False,
            )


def _app(dsn: str) -> procrastinate.App:
    return procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=dsn, min_size=4, max_size=34))
