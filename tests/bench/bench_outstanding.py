"""A hundred thousand jobs that Cannon Studio works on: until all are followed after a kill, lag meanwhile, memory.

Each is on a card of its own.

The bot runs in a process of its own (`outstanding_bot`), pinned to one core. It is killed (signal 9) once it follows
all jobs, and started again: the second life is measured. All jobs are due at once then, for polls write nothing. The
API is in this process, and says of every request that it is being worked on.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

sys.path.insert(1, str(Path(__file__).resolve().parents[2]))

import bench_polls
import outstanding_rows
from bench_report import Row, percentile
from outstanding_bot import FOLLOWED

from bot.runtime.clock import SystemClock
from bot.store import Store

MB = 1_000_000
CHILD = Path(__file__).with_name("outstanding_bot.py")


async def rows(*, quick: bool, folder: Path) -> AsyncIterator[Row]:
    """Let a bot with 100,000 outstanding jobs be killed and start again."""
    jobs, seconds = (400, 1.0) if quick else (100_000, 8.0)
    database = folder / "bot.db"
    await fill(database, jobs)
    async with _endless_api() as url:
        killed = await _child(url, database, jobs, seconds)
        assert killed.stdout is not None
        assert await killed.stdout.readline() == FOLLOWED
        killed.kill()
        await killed.wait()
        output, _ = await (again := await _child(url, database, jobs, seconds)).communicate()
    if again.returncode:
        raise RuntimeError(f"outstanding_bot.py ended with {again.returncode}")
    for row in _told(json.loads(output.removeprefix(FOLLOWED)), jobs):
        yield row


def _told(found: dict[str, Any], jobs: int) -> list[Row]:
    lags_s = {name: found[name] or [0.0] for name in ("claiming_s", "polling_s")}  # few jobs are claimed before a tick
    claiming, polling = (percentile(lags, 99) * 1000 for lags in lags_s.values())
    return [
        Row(
            number=7,
            figure=f"memory with {jobs:,} outstanding jobs, peak",
            ours=found["peak_bytes"] / MB,
            unit="MB",
            bar=142,
            before=151,
            note=f"{found['memory_bytes'] / MB:.1f} MB at the end, {found['before_bytes'] / MB:.0f} MB without; "
            f"{found['polls']:,} were polled",
        ),
        Row(
            number=7,
            figure="until all are followed after kill -9",
            ours=found["followed_s"],
            unit="s",
            bar=2,
            note=f"from the open database on, {found['followed_cpu_s']:.1f} s of it processor time",
        ),
        Row(
            number=7,
            figure="lag of the loop while they are claimed, p99",
            ours=claiming,
            unit="ms",
            bar=25,
            before=39,
            note=f"longest {max(lags_s['claiming_s']) * 1000:.0f} ms; p99 while all are polled {polling:.0f} ms",
        ),
    ]


async def fill(database: Path, jobs: int) -> None:
    """Fill a new database with so many open jobs, each on a card of its own."""
    clock = SystemClock()
    store = await Store.open(database, clock=clock)
    try:
        names = [f"req_model_{number}" for number in range(bench_polls.GUILDS)]
        await bench_polls.fill(store, names, clock)
        await store._database.write(lambda db: outstanding_rows.multiply(db, jobs - len(names)))
    finally:
        await store.close()


async def _child(url: str, database: Path, jobs: int, seconds: float) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, CHILD, url, str(database), f"{jobs}", f"{seconds}", stdout=asyncio.subprocess.PIPE,
        cwd=database.parent,
    )  # fmt: skip


class _Endless(asyncio.Protocol):
    """Answers each GET of a request that it is being worked on."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        *heads, self._read = (self._read + data).split(b"\r\n\r\n")
        for head in heads:
            remote_id = head.split(b" ", 2)[1].rpartition(b"/")[2].decode()
            body = json.dumps({"id": remote_id, "operation": bench_polls.OPERATION, "status": "processing"}).encode()
            self._transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
            )


@contextlib.asynccontextmanager
async def _endless_api() -> AsyncIterator[str]:
    server = await asyncio.get_running_loop().create_server(_Endless, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
