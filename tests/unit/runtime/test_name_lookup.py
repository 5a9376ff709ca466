"""Names are resolved in few threads, for a limited time, and whatever happens to one, the others get their answer."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from bot.runtime.network.transport import THREADS_MAX, NameLookup

SILENT = "silent.test"


class NameServers:
    """Answer for every name but the silent one, and count the threads that ask."""

    def __init__(self) -> None:
        self.hanging = 0
        self.let_go = threading.Event()

    def look_up(self, host: str, port: int, **_: Any) -> list[Any]:
        if host == SILENT:
            self.hanging += 1
            self.let_go.wait(30)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", port))]


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServers]:
    made = NameServers()
    monkeypatch.setattr(socket, "getaddrinfo", made.look_up)
    yield made
    made.let_go.set()


async def test_a_name_has_its_addresses(servers: NameServers) -> None:
    assert await NameLookup()("example.org", 443) == ["192.0.2.7"]


async def test_a_name_without_an_answer_in_time_is_given_up_and_others_are_found(servers: NameServers) -> None:
    lookup = NameLookup(timeout_s=0.05)
    silent = await asyncio.gather(*(lookup(SILENT, 443) for _ in range(4)), return_exceptions=True)
    assert all(isinstance(each, OSError) for each in silent)
    assert servers.hanging == 4
    assert await lookup("example.org", 443) == ["192.0.2.7"]


async def test_names_that_hang_take_no_more_than_a_few_threads_which_are_used_again(servers: NameServers) -> None:
    lookup = NameLookup(timeout_s=0.05)
    await asyncio.gather(*(lookup(SILENT, 443) for _ in range(2 * THREADS_MAX)), return_exceptions=True)
    assert servers.hanging == THREADS_MAX
    with pytest.raises(OSError, match="in time"):
        await lookup("example.org", 443)
    servers.let_go.set()
    async with asyncio.timeout(60):
        while True:
            try:
                assert await lookup("example.org", 443) == ["192.0.2.7"]
            except OSError:
                await asyncio.sleep(0)  # the threads are ending
            else:
                return


@pytest.mark.parametrize("name", ["a" * 64 + ".test", "a..test", "\u0000.test"])
async def test_what_is_no_name_has_no_address(name: str) -> None:
    with pytest.raises(OSError, match=r"."):
        await NameLookup()(name, 443)
