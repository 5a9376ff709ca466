"""DBOS 3: a workflow for each server that has open jobs, on a queue in the database.

It finds no dead executor by itself: its service Conductor does, or a call of its recovery with the dead one's name.
So the beats of workers, and who looks after them, are ours here.
"""

from __future__ import annotations

import asyncio
import contextlib

import psycopg
from adapters import Variant
from books import UNHEARD, Plan
from dbos import DBOS

NAME, QUEUE, VERSION = "bench", "servers", "1"
POLL_S = 0.2
BEATS = "CREATE TABLE beats (worker text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())"
BEAT = "INSERT INTO beats (worker) VALUES (%s) ON CONFLICT (worker) DO UPDATE SET at = now()"
ATTEMPTS = "SELECT recovery_attempts FROM dbos.workflow_status WHERE workflow_uuid = %s"
DEAD = "DELETE FROM beats WHERE at < now() - make_interval(secs => %s) RETURNING worker"


class Adapter(Variant):
    package = "dbos"
    add = (
        f"SELECT dbos.enqueue_workflow('follow', '{QUEUE}', ARRAY[to_json(%(server)s::bigint)],"
        f" workflow_id => %(server)s::text || '-' || %(number)s::text, app_version => '{VERSION}')"
    )

    async def install(self, url: str) -> None:
        await asyncio.to_thread(_install, url)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as db:
            await db.execute(BEATS)

    async def work(self, plan: Plan) -> None:
        async with self.follower(plan) as follower:
            here = asyncio.get_running_loop()

            @DBOS.workflow(name="follow")
            async def follow(server: int) -> None:
                workflow = DBOS.workflow_id
                assert workflow is not None
                # Asked by SQL: what a workflow asks DBOS is a step, whose old answer is given again after a recovery.
                async with await psycopg.AsyncConnection.connect(plan.url, **UNHEARD) as db:
                    [(attempts,)] = await (await db.execute(ATTEMPTS, [workflow])).fetchall()
                number = int(workflow.rpartition("-")[2]) * 1_000 + attempts
                # Its workflows have a loop of their own, in another thread.
                followed = asyncio.run_coroutine_threadsafe(follower.follow(server, number), here)
                await asyncio.wrap_future(followed)

            await asyncio.to_thread(_launch, plan.url, plan.worker)
            await DBOS.register_queue_async(QUEUE, polling_interval_sec=POLL_S, worker_concurrency=plan.at_once)
            while True:
                with contextlib.suppress(psycopg.Error, OSError):
                    async with await psycopg.AsyncConnection.connect(plan.url, autocommit=True, **UNHEARD) as db:
                        while True:
                            await db.execute(BEAT, [plan.worker])
                            for (dead,) in await (await db.execute(DEAD, [plan.liveness_s])).fetchall():
                                await asyncio.to_thread(DBOS._recover_pending_workflows, [dead])
                            await asyncio.sleep(plan.liveness_s / 4)
                await asyncio.sleep(POLL_S)


def _install(url: str) -> None:
    _launch(url, "installer")
    DBOS.register_queue(QUEUE)
    DBOS.destroy(destroy_registry=True)


def _launch(url: str, executor: str) -> None:
    DBOS(
        config={
            "name": NAME, "system_database_url": url.replace("postgresql://", "postgresql+psycopg://"),
            "executor_id": executor, "application_version": VERSION, "log_level": "CRITICAL",
        }
    )  # fmt: skip
    DBOS.launch()
