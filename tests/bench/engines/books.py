"""Our side of each engine's variant: jobs of a server, who follows it, and the ledger, in transactions of ours.

The engine says who follows which server and when. What that one writes is fenced by a token, which it wrote into the
server's row when it started and which a later start replaces, and can be repeated: a job is sent once and its row of
the ledger is written once. What waits at the same time shares a commit, as in the bot's store.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import struct
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import psycopg

SCHEMA = """
CREATE TABLE servers (
    id bigint PRIMARY KEY,
    has_task boolean NOT NULL DEFAULT false,
    tasks bigint NOT NULL DEFAULT 0,
    epoch bigint NOT NULL DEFAULT 0,
    token text,
    worker text
) WITH (fillfactor = 50);
CREATE TABLE jobs (
    id bigint PRIMARY KEY,
    server bigint NOT NULL REFERENCES servers,
    state text NOT NULL DEFAULT 'open',
    until double precision NOT NULL,
    changed_by text
) WITH (fillfactor = 50);
CREATE INDEX jobs_open ON jobs (server) WHERE state <> 'ended';
CREATE TABLE ledger (job bigint PRIMARY KEY, worker text NOT NULL);
"""
ADDED, ALL = "added", "all"
"""The channel on which the follower of a server hears of a new job, and what wakes all."""
# Rows are locked before they are read, so that each decision sees what others have committed.
_LOCK = "SELECT 1 FROM servers WHERE id = ANY(%s::bigint[]) ORDER BY id FOR UPDATE"
_BEGIN = """
UPDATE servers SET token = given.token, epoch = given.epoch, worker = %s
FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS given (server, token, epoch)
WHERE servers.id = given.server AND (servers.epoch < given.epoch OR servers.token = given.token)
"""
_LOOK = """
SELECT servers.id, jobs.id, jobs.state, jobs.until
FROM unnest(%s::bigint[], %s::text[]) AS given (server, token)
JOIN servers ON servers.id = given.server AND servers.token = given.token
LEFT JOIN jobs ON jobs.server = servers.id AND jobs.state <> 'ended'
"""
_CHANGE = """
UPDATE jobs SET state = given.state, changed_by = given.token
FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[]) AS given (server, token, job, state)
JOIN servers ON servers.id = given.server AND servers.token = given.token
WHERE jobs.id = given.job AND (
    jobs.state = CASE given.state WHEN 'sent' THEN 'open' ELSE 'sent' END
    OR jobs.state = given.state AND jobs.changed_by = given.token
)
RETURNING jobs.id, jobs.state
"""
_PAY = "INSERT INTO ledger SELECT unnest(%s::bigint[]), %s ON CONFLICT DO NOTHING"
_LEAVE = """
UPDATE servers SET has_task = false, token = 'left ' || given.token
FROM unnest(%s::bigint[], %s::text[]) AS given (server, token)
WHERE servers.id = given.server AND servers.token IN (given.token, 'left ' || given.token)
    AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.server = servers.id AND jobs.state <> 'ended')
RETURNING servers.id
"""
SENT = struct.Struct("<q")
BATCH = 1_000
GATHER_S = 0.02
"""How long what is asked waits for others, so that a commit has more of it."""
AGAIN_S = 0.2
UNHEARD = {"connect_timeout": 3, "keepalives_idle": 2, "keepalives_interval": 1, "tcp_user_timeout": 4_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a worker's process needs to know."""

    engine: str
    url: str
    worker: str
    sent: str
    """The file in which it notes each job that it sends."""
    liveness_s: float
    """After how long without a sign of life others take over."""
    at_once: int
    """The most servers that it follows."""
    extra: str = ""
    """The address of the engine's own server."""


class Fenced(Exception):
    """Another follows the server."""


def leave_at_once(why: str) -> NoReturn:
    """End the process, which a supervisor starts again: nothing that it believes is true any more."""
    os.write(2, f"{why}\n".encode())
    os._exit(3)


class Books:
    """Writes for many followers, those that wait in one transaction, again until it is committed."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._asked: list[tuple[str, tuple[Any, ...], asyncio.Future[Any]]] = []
        self._is_asked = asyncio.Event()
        self.heard_at = time.monotonic()
        """When the database last committed something."""

    def ask(self, what: str, *values: Any) -> asyncio.Future[Any]:
        answer = asyncio.get_running_loop().create_future()
        self._asked.append((what, values, answer))
        self._is_asked.set()
        return answer

    async def run(self) -> None:
        while True:
            with contextlib.suppress(psycopg.Error, OSError):
                async with await psycopg.AsyncConnection.connect(self._plan.url, **UNHEARD) as db:
                    while True:
                        await self._write_some(db)
            await asyncio.sleep(AGAIN_S)

    async def _write_some(self, db: psycopg.AsyncConnection) -> None:
        self._is_asked.clear()
        if not self._asked:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_asked.wait(), 1)
        await asyncio.sleep(GATHER_S)
        batch = self._asked[:BATCH]
        async with db.transaction():
            answers = await self._written(db, batch)
        self.heard_at = time.monotonic()
        del self._asked[: len(batch)]
        for (_, values, answer), found in zip(batch, answers, strict=True):
            if not answer.done():
                answer.set_exception(Fenced(values[0])) if found is None else answer.set_result(found)

    async def _written(self, db: psycopg.AsyncConnection, batch: list[Any]) -> list[Any]:
        """Return the answer of each: None if another follows the server."""
        by_kind = defaultdict[str, list[tuple[Any, ...]]](list)
        for what, values, _ in batch:
            by_kind[what].append(values)
        await db.execute(_LOCK, [[values[0] for _, values, _ in batch]])
        if begun := by_kind["begin"]:
            await db.execute(_BEGIN, [self._plan.worker, *map(list, zip(*begun, strict=True))])
        if moved := by_kind["sent"] + by_kind["ended"]:
            rows = await (await db.execute(_CHANGE, [*map(list, zip(*moved, strict=True))])).fetchall()
            changed = {(job, state) for job, state in rows}
            await db.execute(_PAY, [[job for job, state in changed if state == "ended"], self._plan.worker])
        seen = await self._seen(db, [values[:2] for values in begun + by_kind["look"]])
        left = set[int]()
        if leaving := by_kind["leave"]:
            rows = await (await db.execute(_LEAVE, [*map(list, zip(*leaving, strict=True))])).fetchall()
            left = {row[0] for row in rows}
        found: dict[str, Any] = {
            "begin": lambda values: seen.get(values[0]),
            "look": lambda values: seen.get(values[0]),
            "sent": lambda values: (values[2], "sent") in changed or None,
            "ended": lambda values: (values[2], "ended") in changed or None,
            "leave": lambda values: values[0] in left,
        }
        return [found[what](values) for what, values, _ in batch]

    async def _seen(self, db: psycopg.AsyncConnection, servers: list[Any]) -> dict[int, list[tuple[int, str, float]]]:
        if not servers:
            return {}
        seen: dict[int, list[tuple[int, str, float]]] = {}
        async for server, *job in await db.execute(_LOOK, [*map(list, zip(*servers, strict=True))]):
            seen.setdefault(server, []).extend([tuple(job)] if job[0] is not None else [])
        return seen


class Follower:
    """Follows servers until no job of theirs is open: the engine's task is one call of `follow`."""

    def __init__(self, plan: Plan, books: Books) -> None:
        self._plan, self._books = plan, books
        self._woken: dict[int, asyncio.Event] = {}
        self._file = os.open(plan.sent, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def follow(self, server: int, epoch: int) -> None:
        """Follow the server; `epoch` is greater at each start. Ends the process if another follows it."""
        woken = self._woken[server] = asyncio.Event()
        try:
            await self._until_left(server, f"{self._plan.worker} {epoch}", epoch, woken)
        except Fenced:
            leave_at_once(f"{self._plan.worker}: another follows {server}")
        finally:
            if self._woken.get(server) is woken:
                del self._woken[server]

    async def _until_left(self, server: int, token: str, epoch: int, woken: asyncio.Event) -> None:
        jobs = await self._books.ask("begin", server, token, epoch)
        while True:
            await asyncio.gather(*(self._send(server, token, job) for job, state, _ in jobs if state == "open"))
            until = {job: until for job, _, until in jobs}
            while until and not woken.is_set():
                now = time.time()
                due = [job for job, at in until.items() if at <= now]
                await asyncio.gather(*(self._books.ask("ended", server, token, job, "ended") for job in due))
                for job in due:
                    del until[job]
                if until:
                    await _wait(woken, min(until.values()) - time.time())
            woken.clear()
            if not until and await self._books.ask("leave", server, token):
                return
            jobs = await self._books.ask("look", server, token)

    async def _send(self, server: int, token: str, job: int) -> None:
        """What must happen once: it is committed before, and noted where `kill -9` takes nothing back."""
        await self._books.ask("sent", server, token, job, "sent")
        os.write(self._file, SENT.pack(job))

    async def listen(self) -> None:
        """Wake followers of servers that have a new job; all, after a gap."""
        while True:
            with contextlib.suppress(psycopg.Error, OSError):
                async with await psycopg.AsyncConnection.connect(self._plan.url, autocommit=True, **UNHEARD) as db:
                    await db.execute(f"LISTEN {ADDED}")
                    self._wake(ALL)
                    async for heard in db.notifies():
                        self._wake(heard.payload)
            await asyncio.sleep(AGAIN_S)

    def _wake(self, server: str) -> None:
        woken: Iterable[asyncio.Event | None] = (
            self._woken.values() if server == ALL else [self._woken.get(int(server))]
        )
        for each in woken:
            if each is not None:
                each.set()


async def _wait(woken: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(None if seconds == math.inf else max(seconds, 0)):
            await woken.wait()


def sent_in(folder: Path) -> list[int]:
    """Return the jobs that all workers have sent, one as often as it was."""
    return [job for file in folder.glob("*.sent") for (job,) in SENT.iter_unpack(file.read_bytes())]
