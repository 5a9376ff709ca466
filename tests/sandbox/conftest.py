from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from sandbox.server import Sandbox

KEY = "cs_test_sandbox_key"


class JumpClock:
    """A clock that a test moves; `wait` returns when it was moved far enough."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self._moved = asyncio.Event()
        self.awaited = asyncio.Event()
        """Set once something waits."""

    def wall(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def jump(self, seconds: float) -> None:
        self.now += seconds
        self._moved.set()
        self._moved = asyncio.Event()

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        until = math.inf if seconds is None else self.now + seconds
        self.awaited.set()
        while not event.is_set() and self.now < until:
            waits = [asyncio.create_task(each.wait()) for each in (event, self._moved)]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in waits:
                    each.cancel()
                await asyncio.gather(*waits, return_exceptions=True)


@pytest.fixture
def clock() -> JumpClock:
    return JumpClock()


@pytest.fixture(autouse=True)
def no_server_errors(caplog: pytest.LogCaptureFixture) -> Any:
    """A fault is an answer: nothing in the sandbox may break while it plays one."""
    yield
    broken = [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR]
    assert not broken


@pytest.fixture
async def sandbox(clock: JumpClock) -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=clock, small=True) as made:
        yield made


@pytest.fixture
async def api(sandbox: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"x-api-key": KEY}
    async with aiohttp.ClientSession(sandbox.url, headers=headers, auto_decompress=False) as session:
        yield session


Submit = Callable[..., Awaitable[tuple[int, dict[str, Any]]]]


@pytest.fixture
def submit(api: aiohttp.ClientSession) -> Submit:
    async def post(
        operation: str = "image.generate", *, idem: str | None = None, hook: str | None = None, **given: Any
    ) -> tuple[int, dict[str, Any]]:
        body: dict[str, Any] = {"operation": operation, "input": given or {"prompt": "A lighthouse"}}
        if hook is not None:
            body["webhook_url"] = hook
        headers = {"x-idempotency-key": idem} if idem is not None else {}
        async with api.post("/api/v1/requests", json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    return post


@pytest.fixture
def finished(api: aiohttp.ClientSession, sandbox: Sandbox) -> Callable[[str], Awaitable[dict[str, Any]]]:
    async def read(remote_id: str) -> dict[str, Any]:
        sandbox.finish(remote_id)
        async with api.get(f"/api/v1/requests/{remote_id}") as answer:
            document: dict[str, Any] = await answer.json()
            return document

    return read
