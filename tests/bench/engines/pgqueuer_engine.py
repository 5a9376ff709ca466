"""PgQueuer 1: an entry of its queue for each server that has open jobs, with a heartbeat of its own.

The others pick what has had none for too long; each pick sets a new time, by which starts are in order.
"""

from __future__ import annotations

from datetime import timedelta

import asyncpg
from adapters import Variant
from books import Plan
from pgqueuer import PgQueuer
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.models import Job

BATCH = 200


class Adapter(Variant):
    package = "pgqueuer"
    add = (
        "INSERT INTO pgqueuer (priority, entrypoint, payload, execute_after, status)"
        " VALUES (0, 'follow', convert_to(%(server)s::text, 'UTF8'), now(), 'queued')"
    )

    async def install(self, url: str) -> None:
        async with asyncpg.create_pool(url, min_size=1, max_size=2) as pool:
            queries = Queries(AsyncpgPoolDriver(pool))
            await queries.install()
            await queries.driver.execute(queries.qbe.build_optimize_autovacuum_query())  # as its `pgq autovac` does

    async def work(self, plan: Plan) -> None:
        async with asyncpg.create_pool(plan.url, min_size=2, max_size=8) as pool, self.follower(plan) as follower:
            engine = PgQueuer(AsyncpgPoolDriver(pool))

            @engine.entrypoint("follow")
            async def follow(job: Job) -> None:
                await follower.follow(int(job.payload or b""), int(job.updated.timestamp() * 1_000_000))

            await engine.run(
                dequeue_timeout=timedelta(seconds=0.5), batch_size=BATCH,
                max_concurrent_tasks=max(plan.at_once, 2 * BATCH),
                heartbeat_timeout=timedelta(seconds=plan.liveness_s), shutdown_on_listener_failure=True,
            )  # fmt: skip
