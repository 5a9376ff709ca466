"""What ships: the bot's store with its own leases, renewed, claimed and ended by the bot's `Claims`.

Each job is moved by `advance`: sent, then delivered and settled. Jobs are accepted by the store with their card and
their hold; nothing else of a bot is in the way.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))

import outstanding_rows
from books import SENT, Plan

from bot.domain.models import AccountStatus, Card, Job, JobState, new_id
from bot.errors import StoreError
from bot.fleet.claims import FleetClaims
from bot.jobs.follow.agenda import Agenda
from bot.jobs.signals import CLAIM, WAKE
from bot.jobs.worker import RETRY_S
from bot.runtime.clock import SystemClock
from bot.runtime.process import ProcessIdentity
from bot.settings import PostgresUrl
from bot.store import Claimed, Store

SECRET = "k" * 32
KEY = "cs_test_bench_0000000000"
MOST_GUILDS = 200
"""Each has a row of sums, which a transaction is slow to change thousands of times."""
HELD = Decimal(20)
LASTS = "prompt"
"""The input in which a job says until when it lasts, in Unix seconds; "inf": until all are told to end."""
TOLD = "bench_end"
COPIES = 10**9
"""More than the number of any copy's interaction."""
ACCEPTED = "B"
"""With what the ids of jobs begin that are no copies of others."""


class Adapter:
    package = None
    unit = "jobs"
    extra = ""
    dies_after_commit = False
    refused = StoreError
    followed = (
        "SELECT leases.process, count(*) FROM running_jobs JOIN leases ON leases.token = running_jobs.lease"
        " GROUP BY leases.process"
    )
    paid = "SELECT count(*) FROM ledger WHERE kind = 'settle'"
    paid_twice = "SELECT count(*) - count(DISTINCT job_id) FROM ledger WHERE kind = 'settle'"
    is_paid = "SELECT count(*) FROM ledger WHERE kind = 'settle' AND job_id = 'B' || %s::text"
    left = "SELECT count(*) FROM running_jobs"
    end_all = f"INSERT INTO meta (name, value) VALUES ('{TOLD}', '1')"

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        yield

    def restart(self) -> None:
        """There is the database alone."""

    async def prepare(self, url: str) -> None:
        """Create the database with a key for each server."""

    async def open(self, url: str, connections: int, servers: int) -> None:
        self._store = await opened(url)
        status = AccountStatus(credits=Decimal(10**6), plan=None, scopes=())
        guilds = range(1, min(MOST_GUILDS, servers) + 1)
        keys = await asyncio.gather(*(self._store.keys.set(guild, KEY, set_by=1, status=status) for guild in guilds))
        self._keys = {guild: each.key.id for guild, each in zip(guilds, keys, strict=True)}

    async def close(self) -> None:
        await self._store.close()

    async def fill(self, url: str, jobs: int, servers: int) -> None:
        del url, servers  # a lease asks for jobs, not for servers
        count = min(len(self._keys), jobs)
        await asyncio.gather(*(self._accept(guild, guild, "inf", JobState.PROCESSING) for guild in range(1, count + 1)))
        await self._store._database.write(lambda db: outstanding_rows.multiply(db, jobs - count))
        await self._store._database.write(
            lambda db: db.execute("ANALYZE")
        )  # as autovacuum has, before there are so many

    async def accept(self, job: int, server: int, life_s: float) -> None:
        await self._accept(job, 1 + server % len(self._keys), str(time.time() + life_s), JobState.SUBMITTING)
        if not self.dies_after_commit:
            self._store._database.signals.send(WAKE)

    async def _accept(self, number: int, guild: int, lasts: str, state: JobState) -> None:
        now = time.time()
        card = Card(
            id=new_id(), guild_id=guild, channel_id=1, author_id=1, interaction_id=COPIES + number, created_at=now
        )
        job = Job(
            id=f"{ACCEPTED}{number}", card_id=card.id, guild_id=guild, position=0, author_id=1,
            operation="image.generate", input={LASTS: lasts}, state=state, idempotency_key=f"bench-{number}",
            key_id=self._keys[guild], held=HELD, basis="unknown", created_at=now,
        )  # fmt: skip
        if state is JobState.PROCESSING:
            job = replace(job, remote_id=f"bench-{number}", submitted_at=now)
        await self._store.cards.accept(card, [job], lambda _spending: None)
        await self._store.cards.mark_answered(guild, card.id, 1, 1)

    async def work(self, plan: Plan) -> None:
        store = await opened(plan.url)
        await store.processes.register(replace(ProcessIdentity.of("worker"), name=plan.worker), is_only=False)
        await Worker(plan, store).run()


async def opened(url: str) -> Store:
    return await Store.open(PostgresUrl(url), clock=SystemClock(), secret_keys=[SECRET])


class Worker:
    """The bot's own claims; what is followed is a task of the event loop here, as with the other engines."""

    def __init__(self, plan: Plan, store: Store) -> None:
        self._store, self._clock, signals = store, SystemClock(), store._database.signals
        self._agenda = Agenda(self._clock)
        self._claims = FleetClaims(
            store, self._agenda, self._clock,
            claimed=self._claimed, announce_free=lambda: signals.send(CLAIM),
        )  # fmt: skip
        self._file = os.open(plan.sent, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._told = asyncio.Event()
        signals.listen_to_gaps(self._agenda.claim_soon)
        signals.listen(WAKE, self._agenda.claim_soon)
        signals.listen(CLAIM, self._agenda.claim_soon)

    async def run(self) -> None:
        hearing = asyncio.create_task(self._hear())
        while not hearing.cancelled():
            self._agenda.changed.clear()
            lease = self._claims.lease
            try:
                await self._claims.renew()
                if self._claims.lease != lease:
                    for task in self._tasks.values():
                        task.cancel()
                await self._claims.claim()
            except StoreError:
                self._agenda.claim_due = self._claims.due = self._clock.monotonic() + RETRY_S
            due = min(self._agenda.claim_due, self._claims.due)
            await self._clock.wait(self._agenda.changed, max(due - self._clock.monotonic(), 0))

    def _claimed(self, claimed: Sequence[Claimed]) -> None:
        for each in claimed:
            self._tasks[each.id] = task = asyncio.create_task(self._follow(each, self._claims.lease))
            task.add_done_callback(lambda done, name=each.id: self._ended(name, done))

    def _ended(self, job_id: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(job_id) is task:
            del self._tasks[job_id]
            self._agenda.drop(job_id)

    async def _follow(self, claimed: Claimed, token: str) -> None:
        job = claimed.job
        if job is None and claimed.id.startswith(ACCEPTED):
            job = await again(lambda: self._read(claimed.id, token))
        if job is not None and job.state is JobState.SUBMITTING:
            sent = await self._moved(job, JobState.QUEUED, remote_id=job.idempotency_key, submitted_at=time.time())
            if sent is None:
                return
            os.write(self._file, SENT.pack(int(job.id[1:])))
            job = sent
        if job is None or (lasts := float(job.input[LASTS])) == math.inf:
            await self._told.wait()
            job = job or await again(lambda: self._read(claimed.id, token))
        else:
            await asyncio.sleep(max(lasts - time.time(), 0))
        if job is not None:
            await self._moved(job, JobState.DELIVERED, settle=HELD, delivered_at=time.time())

    async def _read(self, job_id: str, token: str) -> Job | None:
        return (await self._store.leases.under(token, [job_id])).get(job_id)

    async def _moved(self, job: Job, to: JobState, **changes: Any) -> Job | None:
        return await again(lambda: self._store.jobs.change(job, to, **changes))

    async def _hear(self) -> None:
        while not self._told.is_set():
            await asyncio.sleep(1)
            with contextlib.suppress(StoreError):
                if await self._store.meta.get(TOLD):
                    self._told.set()


async def again(ask: Callable[[], Coroutine[Any, Any, Job | None]]) -> Job | None:
    """Ask until the database answers."""
    while True:
        try:
            return await ask()
        except StoreError:
            await asyncio.sleep(RETRY_S)
