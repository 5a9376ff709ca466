"""1,100 connections that never finish their request, at a process with the usual 1,024 open files."""

from __future__ import annotations

import asyncio
import contextlib
import re
import resource
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.support import port_server

ROOT = Path(__file__).resolve().parents[3]
CONNECTIONS = 1100
LOG_BYTES_MAX = 20_000


@pytest.fixture
def many_files() -> Iterator[None]:
    """The besieger is this process: it needs more than it besieges with."""
    before = soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 4096:
        pytest.skip(f"no more than {hard} files may be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@contextlib.asynccontextmanager
async def besieged(log: Path) -> AsyncIterator[str]:
    """Give the health address of a server in its own process, whose other one all connections try to hold."""
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", port_server.__name__, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=errors
        )
    writers = []
    try:
        assert process.stdout is not None
        webhooks, health = (await process.stdout.readline()).decode().split()
        for _ in range(CONNECTIONS):
            _, writer = await asyncio.open_connection("127.0.0.1", int(webhooks.rpartition(":")[2]))
            writer.write(b"POST /webhooks/aaaaaaaaaa HTTP/1.1\r\nX-A: ")
            writers.append(writer)
        yield health
    finally:
        process.kill()
        await process.wait()
        for writer in writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)


@pytest.mark.long
async def test_idle_connections_stop_neither_the_process_nor_fill_its_log(many_files: None, tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with besieged(log) as health, aiohttp.ClientSession() as session:
        async with session.get(f"{health}/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, {"ok": True, "ready": True})
        async with session.get(f"{health}/metrics") as answer:
            refused = re.search(r'connections_refused_total\{bound="all"\} (\d+)', await answer.text())
    assert refused is not None
    assert int(refused[1]) > CONNECTIONS / 2
    assert log.stat().st_size < LOG_BYTES_MAX
