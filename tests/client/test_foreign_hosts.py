"""A host that members link to can be slow, silent or nameless: nothing of the bot waits for it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.cannon.client import CannonClient
from bot.domain.models import MediaKind
from bot.errors import MediaUnsafe
from bot.media.fetcher import MediaFetcher
from bot.runtime.clock import SystemClock
from bot.runtime.network.safe_urls import checked, is_public, origins_of
from tests.support.surface import png

LOOKS = 210
"""More than a client has connections."""
QUICK_S = 15.0
"""Less than a look waits for an answer."""


async def begun(what: list[Any]) -> None:
    """Wait until something is in the list."""
    for _ in range(1_000_000):
        if what:
            return
        await asyncio.sleep(0)
    raise TimeoutError


async def never(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n")
    await writer.drain()
    await asyncio.Event().wait()


async def at_once(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    body = png()
    writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
    await writer.drain()


async def test_looks_that_get_no_answer_take_no_connection_from_results(serve_raw: Any, tmp_path: Path) -> None:
    connected: list[Any] = []

    async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.append(reader)
        await never(writer)

    silent, quick = await serve_raw(says_nothing), await serve_raw(at_once)
    async with MediaFetcher(clock=SystemClock(), allowed_origins=[silent, quick]) as media:
        looks = [asyncio.create_task(media.inspect(f"{silent}/{number}.png")) for number in range(LOOKS)]
        await begun(connected)
        try:
            async with asyncio.timeout(QUICK_S):
                file = await media.download(f"{quick}/x.png", tmp_path, "x", expect=MediaKind.IMAGE)
            assert file.size == len(png())
        finally:
            for look in looks:
                look.cancel()
            await asyncio.gather(*looks, return_exceptions=True)


class Names:
    """Name servers of `.blackhole.test` that never answer; `cannon.test` leads to this machine."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.let_go = threading.Event()
        self._real = socket.getaddrinfo

    def look_up(self, host: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        if name.endswith("blackhole.test"):
            self.asked.append(name)
            self.let_go.wait(30)
            raise socket.gaierror(socket.EAI_AGAIN, "no answer")
        return self._real("127.0.0.1" if name.endswith("cannon.test") else host, *args, **options)


@pytest.fixture
def nameless(monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    names = Names()
    monkeypatch.setattr(socket, "getaddrinfo", names.look_up)
    yield names
    names.let_go.set()


async def test_names_that_nobody_answers_for_hold_up_nothing_else(nameless: Names, serve_raw: Any) -> None:
    origin = await serve_raw(at_once)
    port = origin.rpartition(":")[2]
    async with MediaFetcher(clock=SystemClock()) as media:
        looks = [
            asyncio.create_task(media.inspect(f"https://host-{number}.blackhole.test/a.png")) for number in range(40)
        ]
        await begun(nameless.asked)
        client = CannonClient(f"http://api.cannon.test:{port}", clock=SystemClock())
        try:
            async with asyncio.timeout(QUICK_S):
                assert await asyncio.to_thread(lambda: 1) == 1, "charts and exports are made in these threads"
                with pytest.raises(Exception, match=r".") as found:  # the host speaks no JSON: its name was found
                    await client.status("cs_test_x" * 2)
                assert "Timeout" not in type(found.value).__name__
        finally:
            nameless.let_go.set()
            await client.aclose()
            await asyncio.gather(*looks, return_exceptions=True)


async def test_names_of_looks_that_nobody_answers_for_hold_up_no_download(nameless: Names, tmp_path: Path) -> None:
    async with MediaFetcher(clock=SystemClock()) as media:
        looks = [
            asyncio.create_task(media.inspect(f"https://host-{number}.blackhole.test/a.png")) for number in range(40)
        ]
        await begun(nameless.asked)
        try:
            async with asyncio.timeout(QUICK_S):
                with pytest.raises(MediaUnsafe):  # the name was found: it leads to this machine
                    await media.download("https://results.cannon.test/a.png", tmp_path, "x", expect=None)
        finally:
            nameless.let_go.set()
            await asyncio.gather(*looks, return_exceptions=True)


@pytest.mark.parametrize("port", [1, 22, 25, 80, 444, 3306, 6379, 8080, 8443, 65535])
def test_a_link_leads_to_the_port_of_https_and_to_no_other(port: int) -> None:
    with pytest.raises(MediaUnsafe):
        checked(f"https://storage.googleapis.com:{port}/a.png")
    assert checked("https://storage.googleapis.com:443/a.png")


def test_an_origin_that_the_host_allows_has_any_port() -> None:
    assert checked("http://127.0.0.1:8790/a.png", origins_of(["http://127.0.0.1:8790"]))


async def test_a_redirect_to_another_port_is_refused(serve_raw: Any) -> None:
    async def elsewhere(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 302 Found\r\nlocation: https://storage.googleapis.com:8443/a.png\r\n\r\n")
        await writer.drain()

    origin = await serve_raw(elsewhere)
    async with MediaFetcher(clock=SystemClock(), allowed_origins=[origin]) as media:
        with pytest.raises(MediaUnsafe):
            await media.inspect(f"{origin}/a.png")


@pytest.mark.parametrize(
    "address",
    [
        "fec0::1", "3fff::1", "5f00::1", "192.0.0.192", "64:ff9b:1::a00:1", "::7f00:1", "100::1", "2001:db8::1",
        "192.88.99.1",
    ],
)  # fmt: skip
def test_addresses_that_lead_to_nobody_in_public_are_not_public(address: str) -> None:
    assert not is_public(address)
