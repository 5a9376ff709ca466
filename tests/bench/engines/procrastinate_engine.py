"""procrastinate 3: a task for each server that has open jobs, a heartbeat for each worker, and a periodic task of ours.

That gives the tasks of dead workers back, as the engine's documents tell users to
(https://procrastinate.readthedocs.io/en/stable/howto/production/retry_stalled_jobs.html).
"""

from __future__ import annotations

import asyncio

import procrastinate
from adapters import Variant
from books import UNHEARD, Plan, leave_at_once

TICK_S = 1
RETRIES_AT_ONCE = 16
LIGHT = {"options": "-c synchronous_commit=off"}
"""Who follows is said again if it is lost; what a job is worth has connections of its own."""


class Adapter(Variant):
    package = "procrastinate"
    add = (
        "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'follow', 0, NULL, NULL,"
        " jsonb_build_object('server', %(server)s::bigint), NULL)]::procrastinate_job_to_defer_v1[])"
    )
    dead = "procrastinate_jobs"

    async def install(self, url: str) -> None:
        async with _app(url, 1).open_async() as app:
            await app.schema_manager.apply_schema_async()

    async def work(self, plan: Plan) -> None:
        app = _app(plan.url, 20)
        async with app.open_async(), self.follower(plan) as follower:

            @app.task(name="follow", pass_context=True)
            async def follow(context: procrastinate.JobContext, server: int) -> None:
                assert context.job.id is not None
                await follower.follow(server, context.job.id * 1_000 + context.job.attempts)

            @app.periodic(cron=f"* * * * * */{TICK_S}")
            @app.task(name="stalled", queueing_lock="stalled", lock="stalled", priority=1)
            async def stalled(timestamp: int) -> None:
                jobs = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=plan.liveness_s)
                room = asyncio.Semaphore(RETRIES_AT_ONCE)

                async def again(job: procrastinate.jobs.Job) -> None:
                    async with room:
                        await app.job_manager.retry_job(job)

                await asyncio.gather(*map(again, jobs), return_exceptions=True)

            worker = app._worker(
                name=plan.worker, concurrency=plan.at_once, fetch_job_polling_interval=0.5, delete_jobs="successful",
                update_heartbeat_interval=plan.liveness_s / 3, stalled_worker_timeout=600,
                install_signal_handlers=False,
            )  # fmt: skip
            # After one failed heartbeat it ends its tasks as aborted, or waits for them without asking for more.
            worker.stop = lambda: leave_at_once(f"{plan.worker}: its engine stops")
            await worker.run()


def _app(url: str, connections: int) -> procrastinate.App:
    return procrastinate.App(
        connector=procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=connections, kwargs=UNHEARD | LIGHT)
    )
