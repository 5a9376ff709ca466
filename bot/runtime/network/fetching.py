"""The practice sandbox's ways: to small public https files, and from the bot to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self

import httpx

from bot.domain import practice
from bot.errors import MediaError
from bot.runtime.network.safe_urls import checked
from bot.runtime.network.transport import (
    HttpClient,
    NoAnswer,
    TooMuch,
    answer_to,
    plain_transport,
    public_transport,
    read_capped,
)


class PublicFetch:
    """Fetches untrusted links. Use it as an async context manager."""

    def __init__(self, *, timeout_s: float, limit_bytes: int) -> None:
        self._http = HttpClient(public_transport(), timeout_s=timeout_s)
        self._limit_bytes = limit_bytes

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def get(self, url: str) -> bytes | None:
        """Return the file behind a link; None if not public or unreadable. Follows no redirect."""
        try:
            async with answer_to(self._http, self._http.build_request("GET", checked(url))) as response:
                return await read_capped(response, self._limit_bytes) if response.status_code == 200 else None
        except (MediaError, NoAnswer, TooMuch):
            return None


PracticeAddress = Callable[[], Awaitable[str]]
"""Starts the sandbox if necessary, and returns its address. Raises OSError on failure."""


SentRequests = Callable[[Collection[str]], Awaitable[Sequence[Mapping[str, Any]]]]
"""Returns the known ones of these requests, as `/_sandbox/requests` takes them."""
_CONTROLS: Final = "/_sandbox/"


class PracticeTransport(httpx.AsyncBaseTransport):
    """Routes `practice.HOST` to the sandbox; other requests to `others`, or nowhere.

    Another process's sandbox, or an earlier one, may have accepted a request: `sent` returns it, and this sandbox
    adopts it once it is asked about it.
    """

    def __init__(
        self, address: PracticeAddress, *, sent: SentRequests, others: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._address = address
        self._sent = sent
        self._others = others
        self._inner = plain_transport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request. Raises OSError or httpx.HTTPError without an answer."""
        if request.url.host != practice.HOST:
            if self._others is None:
                raise httpx.UnsupportedProtocol("this transport leads to the practice sandbox only")
            return await self._others.handle_async_request(request)
        headers = request.headers
        keys = [headers.get("x-api-key"), headers.get("authorization", "").removeprefix("Bearer ")]
        if not all(practice.is_practice_key(key) for key in keys if key):
            raise httpx.UnsupportedProtocol("the practice sandbox is given practice keys only")
        if request.url.path.startswith(_CONTROLS):
            raise httpx.UnsupportedProtocol("the practice sandbox's controls are no part of the API")
        if request.method == "POST":  # what its input names is read once it is accepted
            await self._adopt((await request.aread()).decode(errors="replace"), request.extensions)
        response = await self._ask(request)
        if response.status_code == HTTPStatus.NOT_FOUND and await self._adopt(request.url.path, request.extensions):
            await response.aclose()
            return await self._ask(request)
        return response

    async def _ask(self, request: httpx.Request) -> httpx.Response:
        there = httpx.URL(await self._address() + request.url.raw_path.decode("ascii"))
        kept = [(name, value) for name, value in request.headers.raw if name.lower() != b"host"]
        asked = httpx.Request(request.method, there, headers=kept, stream=request.stream, extensions=request.extensions)
        return await self._inner.handle_async_request(asked)

    async def _adopt(self, text: str, extensions: dict[str, Any]) -> bool:
        """Have the sandbox know the requests that a text names; False if none is known."""
        ids = practice.named_requests(text)
        found = await self._sent(ids) if ids else ()
        for each in found:
            there = f"{await self._address()}{_CONTROLS}requests"
            asked = httpx.Request("POST", there, json=dict(each), extensions=extensions)
            await (await self._inner.handle_async_request(asked)).aclose()
        return bool(found)

    async def aclose(self) -> None:
        await self._inner.aclose()
        if self._others is not None:
            await self._others.aclose()
