"""Small real servers on loopback, scripted per test."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from aiohttp import web

from bot.cannon.client import CannonClient
from bot.runtime.clock import SystemClock


class JumpClock:
    """Time that passes only by waiting, at once."""

    def __init__(self, wall=1_780_000_000.0):
        self.now = 0.0
        self.start = wall
        self.waits = []

    def wall(self):
        return self.start + self.now

    def monotonic(self):
        return self.now

    async def wait(self, event, seconds):
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def jump_clock():
    return JumpClock()


@pytest.fixture
async def serve():
    """Start `handler(request)` for every path and method; returns the server's origin."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(handler):
            app = web.Application(client_max_size=2**26)
            app.router.add_route("*", "/{tail:.*}", handler)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            stack.push_async_callback(runner.cleanup)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            return f"http://127.0.0.1:{runner.addresses[0][1]}"

        yield start


@pytest.fixture
async def serve_raw():
    """Start `talk(reader, writer)` on a bare socket, called after the request's head was read; returns the origin."""
    async with contextlib.AsyncExitStack() as stack:
        talking = set()

        async def start(talk):
            async def connected(reader, writer):
                talking.add(asyncio.current_task())
                with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                    await reader.readuntil(b"\r\n\r\n")
                    await talk(reader, writer)
                writer.close()

            server = await asyncio.start_server(connected, "127.0.0.1", 0)

            async def stop():
                server.close()
                for task in talking:
                    task.cancel()
                await asyncio.gather(*talking, return_exceptions=True)
                await server.wait_closed()

            stack.push_async_callback(stop)
            return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

        yield start


@pytest.fixture
async def client_for():
    """Make clients that are closed at the end."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(url, *, clock=None, timeout_s=5.0, **more):
            client = CannonClient(url, clock=clock or SystemClock(), timeout_s=timeout_s, **more)
            return await stack.enter_async_context(client)

        yield make
