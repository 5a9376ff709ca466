"""The one way to the sandbox of practice: requests to its name go to the process that listens on loopback.

Only this transport knows where that is. Clients that are not given it resolve the name like any other, and it does not
exist; this one sends nothing anywhere else, and no key that is not for practice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx

from bot.domain import practice
from bot.runtime.transport import plain_transport

PracticeAddress = Callable[[], Awaitable[str]]
"""Starts the sandbox if it does not run, and returns its address. Raises OSError if it cannot be started now."""


class PracticeTransport(httpx.AsyncBaseTransport):
    """Sends requests for `practice.HOST` to the sandbox; others to `others`, or nowhere."""

    def __init__(self, address: PracticeAddress, *, others: httpx.AsyncBaseTransport | None = None) -> None:
        self._address = address
        self._others = others
        self._inner = plain_transport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request. Raises OSError or httpx.HTTPError without an answer."""
        if request.url.host != practice.HOST:
            if self._others is None:
                raise httpx.UnsupportedProtocol("this transport leads to the practice sandbox only")
            return await self._others.handle_async_request(request)
        key = request.headers.get("x-api-key")
        if key is not None and not practice.is_practice_key(key):
            raise httpx.UnsupportedProtocol("the practice sandbox is given practice keys only")
        there = httpx.URL(await self._address() + request.url.raw_path.decode("ascii"))
        headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"host"]
        sent = httpx.Request(
            request.method, there, headers=headers, stream=request.stream, extensions=request.extensions
        )
        return await self._inner.handle_async_request(sent)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._inner.aclose()
        if self._others is not None:
            await self._others.aclose()
