"""The port under strangers, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bot.runtime.clock import SystemClock
from bot.runtime.network import listener
from bot.runtime.network.listener import CONNECTIONS_MAX, ConnectionCap, Endpoint, Listener

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
HELLO = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
LARGE = b"x" * 8_000_000


class Watched(ConnectionCap):
    """Says when a connection has ended."""

    def __init__(self, refused: list[str]) -> None:
        super().__init__("test", clock=SystemClock(), refused=refused.append)
        self.ended = asyncio.Event()

    def release(self, peer: str) -> None:
        super().release(peer)
        self.ended.set()


class Port:
    """A listener, and strangers at it."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self.streams: list[Stream] = []
        self.asked = asyncio.Event()
        routes = [web.get("/hello", self.hello), web.get("/large", self.large)]
        self.cap = Watched(self.refused)
        self.listener = Listener(Endpoint("HTTP", "127.0.0.1", 0), lambda: routes, cap=self.cap)

    async def hello(self, _request: web.Request) -> web.Response:
        return web.Response(text="hello")

    async def large(self, _request: web.Request) -> web.Response:
        self.asked.set()
        return web.Response(body=LARGE)

    async def connect(self, data: bytes = b"") -> Stream:
        port = int(self.listener.address.rpartition(":")[2])
        stream = await asyncio.open_connection("127.0.0.1", port)
        self.streams.append(stream)
        if data:
            stream[1].write(data)
            await stream[1].drain()
        return stream

    async def close(self) -> None:
        await self.listener.close()
        for _, writer in self.streams:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Port]:
    monkeypatch.setattr(listener, "TAKE_TIMEOUT_S", 0.05)
    port = Port()
    await port.listener.start()
    yield port
    await port.close()


async def end_of(stream: Stream) -> bytes:
    """Wait for the other side to close, and return what it has sent until then."""
    with contextlib.suppress(ConnectionResetError):
        return await stream[0].read()
    return b""


async def test_the_201st_connection_is_closed_at_once_and_one_that_ends_makes_room(port: Port) -> None:
    held = [await port.connect(HELLO) for _ in range(CONNECTIONS_MAX)]
    for reader, _ in held:  # each is really in
        assert await reader.readexactly(15) == b"HTTP/1.1 200 OK"
    assert await end_of(await port.connect(HELLO)) == b""
    assert port.refused == ["all"]
    held[0][1].close()
    await asyncio.wait_for(port.cap.ended.wait(), 60)
    reader, _ = await port.connect(HELLO)
    assert await reader.readexactly(15) == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize("data", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ", HELLO], ids=["nothing", "half", "idle"])
async def test_who_sends_no_whole_head_is_closed_in_time(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert listener.HEAD_TIMEOUT_S <= 10
    monkeypatch.setattr(listener, "HEAD_TIMEOUT_S", 0.05)
    port = Port()
    await port.listener.start()
    try:
        answer = await asyncio.wait_for(end_of(await port.connect(data)), 10)
        assert answer.endswith(b"hello") == (data == HELLO)
    finally:
        await port.close()


async def test_a_drop_of_a_head_now_and_then_gives_no_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "HEAD_TIMEOUT_S", 0.2)
    port = Port()
    await port.listener.start()
    try:
        reader, writer = await port.connect(b"GET / HTTP/1.1\r\nX-A: ")
        ended = asyncio.ensure_future(end_of((reader, writer)))
        for _ in range(1000):
            if (await asyncio.wait({ended}, timeout=0.02))[0]:
                break
            writer.write(b"b")
        else:
            pytest.fail("it is still open after 20 seconds")
    finally:
        await port.close()


async def test_who_does_not_take_its_answer_is_closed(port: Port) -> None:
    reader, _ = await port.connect(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.wait_for(port.cap.ended.wait(), 60)  # nothing is read meanwhile
    with contextlib.suppress(ConnectionResetError):
        assert len(await reader.read()) < len(LARGE)


async def test_who_takes_its_answer_gets_the_whole_of_it(port: Port) -> None:
    stream = await port.connect(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (await end_of(stream)).endswith(LARGE)


async def test_nobody_is_left_connected_after_closing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "SHUTDOWN_TIMEOUT_S", 0.1)
    port = Port()
    await port.listener.start()
    await port.connect(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.wait_for(port.asked.wait(), 60)
    await port.listener.close()  # the answer is not taken
    await asyncio.wait_for(port.cap.ended.wait(), listener.TAKE_TIMEOUT_S / 2)
    await port.close()
