"""What all engines are given alike: jobs, what a turn does, and how it is counted.

A turn does nothing but tell that it ran: the API is out of the way. It does so in a file of its worker, by one write
without a buffer, which `kill -9` does not take back. A turn with money (`SUBMIT`) writes a row into `ledger` too; the
engines that cannot end a job in a transaction of ours write it in one of its own, before.
"""

from __future__ import annotations

import asyncio
import json
import os
import struct
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

LOOK = "look"
"""A poll of an outstanding job that finds it still running: the job is due again in `again_s`."""
SUBMIT = "submit"
"""A turn that ends its job: submitting or delivering, with its row of the ledger."""
TICK = "tick"
"""What one process of all does each second."""

LEDGER = "CREATE TABLE ledger (job_id bigint NOT NULL, worker text NOT NULL)"
"""Without a unique key: what an engine lets happen twice shall be seen."""
_RUN = struct.Struct("<qdd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one worker process is told."""

    engine: str
    dsn: str
    worker: str
    """Its name, other than that of each worker that runs at the same time."""
    kind: str
    file: str
    """Where it tells which turns ran."""
    lease_s: float = 5
    """After how long without a sign of life a worker's jobs may be taken by others."""
    again_s: float = 0
    body_s: float = 0
    """How long a turn lasts."""
    at_once: int = 500
    """The most turns under way in this worker."""
    instead_of: str = ""
    """The worker that an operator knows to be dead, for an engine that has to be told."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Run:
    """A turn that ran: of which job, when it was due (NaN: unknown), and when it began (Unix seconds)."""

    job: int
    due: float
    at: float


class Turns:
    """The turns of one worker process."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._file = os.open(plan.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def take(self, job: int, due: float) -> None:
        """Take the turn of a job that was due at `due` (Unix seconds)."""
        self._tell(job, due)
        if self.plan.body_s:
            await asyncio.sleep(self.plan.body_s)

    def take_in_thread(self, job: int, due: float) -> None:
        """Do as `take`, for an engine whose turn is a thread."""
        self._tell(job, due)
        if self.plan.body_s:
            time.sleep(self.plan.body_s)

    def _tell(self, job: int, due: float) -> None:
        os.write(self._file, _RUN.pack(job, due, time.time()))

    def tick(self) -> None:
        """Tell that what is periodic ran."""
        now = time.time()
        os.write(self._file, _RUN.pack(0, now, now))

    def claimed(self, jobs: Sequence[int]) -> None:
        """Tell which jobs were claimed by one call of the engine."""
        now = time.time()
        os.write(self._file, b"".join(_RUN.pack(job, now, now) for job in jobs))


def runs_of(file: Path) -> list[Run]:
    """Return what a worker told in its file."""
    data = file.read_bytes() if file.exists() else b""
    return [Run(*each) for each in _RUN.iter_unpack(data[: len(data) // _RUN.size * _RUN.size])]


async def each(jobs: Sequence[int], one: Callable[[int], Awaitable[None]], pace_s: float) -> None:
    """Await `one(job)` for each: one every `pace_s` seconds, else sixteen side by side."""
    if pace_s:
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(_awaited(one(job)))
                await asyncio.sleep(pace_s)
        return
    left = iter(jobs)

    async def some() -> None:
        for job in left:
            await one(job)

    await asyncio.gather(*(some() for _ in range(16)))


async def _awaited(what: Awaitable[None]) -> None:
    await what


class Engine(Protocol):
    """What is measured. Times are Unix seconds."""

    periodic: str
    """What it has for work that only one process of all may do, in a few words."""

    def install(self, dsn: str) -> None:
        """Create its tables, and `ledger`."""

    async def add(self, dsn: str, kind: str, first: int, dues: Sequence[float]) -> None:
        """Add the jobs `first`, `first + 1`, … with these due times, by the engine's way to add many."""

    async def submit(self, dsn: str, jobs: Sequence[int], *, pace_s: float) -> dict[int, float]:
        """Add jobs of the kind SUBMIT that are due at once, each in a commit of its own.

        With a pace one every `pace_s` seconds, else sixteen side by side. Returns when each was begun to be added.
        """

    def spread(self, begin: float, seconds: float) -> str:
        """Return SQL that makes all waiting jobs due between `begin` and `begin + seconds`, at random."""

    async def work(self, turns: Turns) -> None:
        """Take turns until cancelled."""

    async def claim(self, turns: Turns) -> None:
        """Claim jobs of the kind SUBMIT as fast as the engine does, without turns, until there are none."""

    def state(self) -> str:
        """Return SQL for what is stored of the job %s: its state, owner and due time, as one row."""

    def waiting(self) -> str:
        """Return SQL for the number of jobs that are not ended."""
