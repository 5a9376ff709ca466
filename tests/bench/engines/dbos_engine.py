"""DBOS 3: a workflow for each turn on a queue in the database, in an executor for each worker.

An outstanding job is a workflow that is enqueued with a delay; a look that finds it still running enqueues the next
one, whose id has the number of the look, so that a repeated look does not start two. A workflow that sleeps between its
looks would be in the memory of one executor, and replay all its looks after a restart. What ends a job with money is a
transaction of DBOS' datasource, which is the engine's way to run once what is in the same database.
"""

from __future__ import annotations

import asyncio
import math
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import psycopg
import sqlalchemy as sa
from dbos import DBOS, DBOSClient, SetEnqueueOptions, SetWorkflowID, SQLAlchemyDatasource
from turns import LEDGER, LOOK, SUBMIT, TICK, Turns, each

NAME, QUEUE, VERSION = "bench", "turns", "1"
PAY = sa.text("INSERT INTO ledger VALUES (:job, :worker)")
CHUNK = 1_000
AT_ONCE = 100
POLL_S = 0.1
"""How often a worker asks for enqueued workflows: nothing notifies it. Those whose delay is over become such once a
second, which is not an option."""


class Adapter:
    """DBOS."""

    periodic = "cron per second, once of all"

    def install(self, dsn: str) -> None:
        SQLAlchemyDatasource.create(_url(dsn)).engine.dispose()
        _launch(dsn, "installer")
        DBOS.register_queue(QUEUE, polling_interval_sec=POLL_S, worker_concurrency=AT_ONCE)
        DBOS.destroy(destroy_registry=True)
        with psycopg.connect(dsn, autocommit=True) as db:
            db.execute(LEDGER)

    async def add(self, dsn: str, kind: str, first: int, dues: Sequence[float]) -> None:
        client = DBOSClient(system_database_url=_url(dsn), application_name=NAME)
        engine = sa.create_engine(_url(dsn))

        def some(begin: int) -> None:
            # One commit for many; there is no public way to send many in one statement.
            with engine.begin() as connection:
                for job, due in enumerate(dues[begin : begin + CHUNK], start=first + begin):
                    client.enqueue_in_transaction(connection, _options(kind, job, due), *_arguments(kind, job))

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(some, range(0, len(dues), CHUNK)))
        engine.dispose()
        client.destroy()

    async def submit(self, dsn: str, jobs: Sequence[int], *, pace_s: float) -> dict[int, float]:
        began: dict[int, float] = {}
        client = DBOSClient(system_database_url=_url(dsn), application_name=NAME)

        async def one(job: int) -> None:
            began[job] = time.time()
            await client.enqueue_async(_options(SUBMIT, job, 0), job)

        await each(jobs, one, pace_s)
        client.destroy()
        return began

    def spread(self, begin: float, seconds: float) -> str:
        due = f"(1000 * ({begin} + random() * {seconds}))::bigint"
        status = "DELAYED" if begin + seconds > time.time() else "ENQUEUED"
        return (
            f"UPDATE dbos.workflow_status SET status = '{status}', delay_until_epoch_ms = {due}"
            " WHERE status IN ('DELAYED', 'ENQUEUED')"
        )

    def state(self) -> str:
        return (
            "SELECT status, executor_id, delay_until_epoch_ms::text FROM dbos.workflow_status"
            " WHERE workflow_uuid LIKE %s::text || '-%%'"
        )

    def waiting(self) -> str:
        return "SELECT count(*) FROM dbos.workflow_status WHERE status IN ('DELAYED', 'ENQUEUED', 'PENDING')"

    async def claim(self, turns: Turns) -> None:
        # What a worker's thread for a queue calls; it has no public name.
        client = DBOSClient(system_database_url=_url(turns.plan.dsn), application_name=NAME)
        queue = client.retrieve_queue(QUEUE)
        assert queue is not None
        queue._worker_concurrency = 2_000
        while True:
            token = str(uuid.uuid4())
            claimed, _ = client._sys_db.start_queued_workflows(
                queue, turns.plan.worker, VERSION, None, owner_xid=token, is_latest_version=True
            )
            if not claimed:
                return
            turns.claimed([int(each.partition("-")[0]) for each in claimed])

    async def work(self, turns: Turns) -> None:
        plan = turns.plan
        datasource = SQLAlchemyDatasource.create(_url(plan.dsn))

        @DBOS.workflow(name=LOOK)
        async def look(job: int, number: int, due: float) -> None:
            await turns.take(job, due)
            again = time.time() + plan.again_s
            with SetWorkflowID(f"{job}-{number + 1}"), SetEnqueueOptions(delay_seconds=max(plan.again_s, 0.001)):
                await DBOS.enqueue_workflow_async(QUEUE, look, job, number + 1, again)

        @datasource.transaction(isolation_level="READ COMMITTED")
        def pay(job: int) -> None:
            datasource.sql_session().execute(PAY, {"job": job, "worker": plan.worker})

        @DBOS.workflow(name=SUBMIT)
        def submit(job: int) -> None:
            turns.take_in_thread(job, 0)
            pay(job)

        @DBOS.workflow(name=TICK)
        def tick(scheduled: datetime, context: Any) -> None:
            turns.tick()

        _launch(plan.dsn, plan.worker)
        if plan.instead_of:
            DBOS._recover_pending_workflows([plan.instead_of])  # what its admin server and its service call
        if plan.kind == TICK:
            DBOS.apply_schedules([{"schedule_name": TICK, "workflow_fn": tick, "schedule": "* * * * * *"}])
        await asyncio.Event().wait()


def _options(kind: str, job: int, due: float) -> Any:
    options = {"workflow_name": kind, "queue_name": QUEUE, "workflow_id": f"{job}-0", "app_version": VERSION}
    return {**options, "delay_seconds": max(due - time.time(), 0.001)} if due else options


def _arguments(kind: str, job: int) -> tuple[Any, ...]:
    # When the first look is due is set later (`spread`), and not told to it.
    return (job, 0, math.nan) if kind == LOOK else (job,)


def _url(dsn: str) -> str:
    return dsn.replace("postgresql://", "postgresql+psycopg://")


def _launch(dsn: str, executor: str) -> None:
    DBOS(
        config={
            "name": NAME, "system_database_url": _url(dsn), "executor_id": executor, "application_version": VERSION,
            "log_level": "CRITICAL", "scheduler_polling_interval_sec": 1,
        }
    )  # fmt: skip
    DBOS.launch()
