"""The engines by their names, and what the variants of all but the shipped one have in common."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import psycopg
from books import SCHEMA, Books, Follower, Plan

NAMES = ("shipped", "procrastinate", "pgqueuer", "dbos", "nats")
_NEW = "INSERT INTO jobs (id, server, until) VALUES (%(job)s, %(server)s, extract(epoch FROM now()) + %(life_s)s)"
_SERVER = "INSERT INTO servers (id) VALUES (%(server)s) ON CONFLICT DO NOTHING"
_TASK = "UPDATE servers SET has_task = true, tasks = tasks + 1 WHERE id = %(server)s AND NOT has_task RETURNING tasks"
_HEAR = "SELECT pg_notify('added', %(server)s::text)"


class Variant:
    """An engine that says who follows which server; `books` has the rest."""

    package: str
    add: str | None
    """The SQL that adds the task to follow %(server)s, its %(number)s-th, in our transaction; None: not by SQL."""
    extra = ""
    dies_after_commit = False
    """Whether who accepts a job does nothing after that."""

    async def install(self, url: str) -> None:
        """Create the engine's tables."""
        raise NotImplementedError

    async def publish(self, tasks: Sequence[tuple[int, int]]) -> None:
        """Add tasks, server and number each, after the commit, for an engine that cannot within it."""

    async def work(self, plan: Plan) -> None:
        """Follow servers for ever."""
        raise NotImplementedError

    @contextlib.contextmanager
    def running(self) -> Any:
        """Run the engine's own server, if it has one."""
        yield

    def restart(self) -> None:
        """Restart the engine's own server, if it has one, when the database is."""

    async def prepare(self, url: str) -> None:
        await self.install(url)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as db:
            await db.execute(SCHEMA)

    async def fill(self, url: str, jobs: int, servers: int) -> None:
        """Add jobs that last until they are told to end, in equal parts of these servers, and a task for each."""
        async with await psycopg.AsyncConnection.connect(url) as db:
            await db.execute("INSERT INTO servers SELECT generate_series(1, %s), true, 1", [servers])
            await db.execute(
                "INSERT INTO jobs SELECT id, 1 + id %% %s, 'open', 'Infinity' FROM generate_series(1, %s) AS id",
                [servers, jobs],
            )
            if self.add is not None:
                tasks = [{"server": server, "number": 1} for server in range(1, servers + 1)]
                await db.cursor().executemany(self.add, tasks)
        await self.publish([(server, 1) for server in range(1, servers + 1)])

    async def open(self, url: str, connections: int, servers: int) -> None:
        del servers  # each is made with its first job
        self._pool: asyncio.Queue[psycopg.AsyncConnection | None] = asyncio.Queue()
        self._url = url
        for _ in range(connections):
            self._pool.put_nowait(None)

    async def close(self) -> None:
        while not self._pool.empty():
            if (db := self._pool.get_nowait()) is not None:
                await db.close()

    async def accept(self, job: int, server: int, life_s: float) -> None:
        """Add a job, and the task to follow its server if there is none; raises psycopg.Error."""
        db = await self._pool.get()
        try:
            if db is None or db.closed:
                db = await psycopg.AsyncConnection.connect(self._url)
            values = {"job": job, "server": server, "life_s": life_s}
            async with db.transaction():
                await db.execute(_SERVER, values)
                task = await (await db.execute(_TASK, values)).fetchone()
                if task is None:
                    await db.execute("SELECT 1 FROM servers WHERE id = %(server)s FOR UPDATE", values)
                    task = await (await db.execute(_TASK, values)).fetchone()
                await db.execute(_NEW, values)
                if task is None:
                    await db.execute(_HEAR, values)
                elif self.add is not None:
                    await db.execute(self.add, values | {"number": task[0]})
        finally:
            self._pool.put_nowait(db)
        if task is not None and not self.dies_after_commit:
            await self.publish([(server, task[0])])

    @contextlib.asynccontextmanager
    async def follower(self, plan: Plan) -> AsyncIterator[Follower]:
        self.books = Books(plan)
        follower = Follower(plan, self.books)
        tasks = [asyncio.create_task(self.books.run()), asyncio.create_task(follower.listen())]
        try:
            yield follower
        finally:
            for each in tasks:
                each.cancel()

    # What is stored, in the same words for all.

    followed = "SELECT worker, count(*) FROM servers WHERE has_task AND token IS NOT NULL GROUP BY worker"
    unit = "servers"
    refused: Any = psycopg.Error
    """What `accept` raises besides psycopg's errors."""
    paid = "SELECT count(*) FROM ledger"
    is_paid = "SELECT count(*) FROM ledger WHERE job = %s"
    paid_twice = "SELECT count(*) - count(DISTINCT job) FROM ledger"
    left = "SELECT count(*) FROM jobs WHERE state <> 'ended'"
    end_all = "UPDATE jobs SET until = 0 WHERE state <> 'ended'"


def engine_of(name: str) -> Any:
    """Return the adapter; its module is imported only now, since some take seconds and each needs its packages."""
    return importlib.import_module("shipped" if name == "shipped" else f"{name}_engine").Adapter()
