"""HTTP transport: connections and errors of all calls.

httpx uses aiohttp here (3,700 instead of 519 requests a second, see docs/decisions/). That transport leaks some of
aiohttp's own errors, so all are turned into `NoAnswer` in one place.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.http_exceptions import HttpProcessingError
from httpx_aiohttp import AiohttpTransport

from bot.errors import MediaUnsafe
from bot.runtime import texts
from bot.runtime.network.safe_urls import HTTPS_PORT, Origin, is_public, origins_of

ANSWER_TIMEOUT_S = 5.0
"""Timeout of an answer, including the wait for a thread."""
THREADS_MAX = 16
"""Includes abandoned look-ups: they cannot be interrupted, and may last half a minute."""


class NameLookup:
    """Resolves names by the system, in threads of its own. A timeout counts as no address."""

    def __init__(self, *, timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._threads = ThreadPoolExecutor(THREADS_MAX, "names")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return the name's addresses as text. Raises OSError."""
        look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        try:
            async with asyncio.timeout(self._timeout_s):
                found = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        except TimeoutError:
            raise OSError("no name server has answered in time") from None
        except ValueError:  # UnicodeError: the name has no ASCII form
            raise OSError("not a name") from None
        return [str(entry[4][0]) for entry in found]


CONNECTIONS = 400
"""Open connections per client: more than one process's calls in flight."""
KEEP_ALIVE_S = 15.0
CONNECT_TIMEOUT_S = 10.0
OWN_HEADERS = {"user-agent": "cannon-bot", "accept": "*/*", "accept-encoding": "identity", "connection": "keep-alive"}
"""Default headers."""

_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For a session wrapper that never connects: otherwise it loads all certificates again, in 7 ms."""

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""Resolves a host name and a port to IP addresses as text. Raises OSError."""
AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]
OpenSocket = Callable[[AddressInfo], socket.socket]

TRANSPORT_ERRORS: tuple[type[Exception], ...] = (
    httpx.HTTPError,
    httpx.InvalidURL,
    aiohttp.ClientError,  # httpx-aiohttp 0.2 maps only connection errors
    HttpProcessingError,  # a broken chunk or header
    OSError,
    ValueError,  # aiohttp's, for an unsendable header or link
)


class NoAnswer(Exception):
    """No usable answer. `reason` is the cause's name: no link, no header, no secret."""

    def __init__(self, cause: Exception) -> None:
        self.reason = type(cause).__name__
        super().__init__(self.reason)


class TooMuch(Exception):
    """The body is over the cap, or has an unrequested content encoding."""


class HttpClient:
    """Minimal HTTP client: no redirects, cookies or compression.

    httpx's own client doubles the time of a poll with features that the bot does not need
    (docs/decisions/0028-when-to-look.md). `timeout_s` limits each silence; the total timeout is the
    caller's `asyncio.timeout`. Owns `transport`.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport, *, timeout_s: float) -> None:
        self._transport = transport
        self._extensions = {"timeout": httpx.Timeout(timeout_s, connect=min(timeout_s, CONNECT_TIMEOUT_S)).as_dict()}

    def build_request(
        self,
        method: str,
        url: str | httpx.URL,
        *,
        headers: Mapping[str, str] | None = None,
        content: str | bytes | None = None,
    ) -> httpx.Request:
        every = {**OWN_HEADERS, **(headers or {})}
        return httpx.Request(method, url, headers=every, content=content, extensions=self._extensions)

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Return the response with its body unread. Raises TRANSPORT_ERRORS."""
        response = await self._transport.handle_async_request(request)
        response.request = request
        return response

    async def aclose(self) -> None:
        await self._transport.aclose()


def plain_transport() -> httpx.AsyncBaseTransport:
    """Return a transport for the API's configured address, on any network."""
    return _transport(lambda: _connector(CONNECTIONS))


def public_transport(
    allowed_origins: Collection[str] = (),
    *,
    connections: int = CONNECTIONS,
    lookup: Lookup | None = None,
    open_socket: OpenSocket | None = None,
) -> httpx.AsyncBaseTransport:
    """Return a transport to port 443 of public addresses, and to the exact `allowed_origins`.

    It connects to the checked address, so DNS rebinding gains nothing. Connections and resolver threads are its
    own, so that it cannot block others. `lookup` and `open_socket` replace DNS and the kernel in tests. Raises
    ValueError for a bad origin.
    """
    gate = _Gate(origins_of(allowed_origins), lookup or NameLookup(), open_socket or _open_socket)
    return _transport(lambda: _connector(connections, gate))


@asynccontextmanager
async def answer_to(client: HttpClient, request: httpx.Request) -> AsyncIterator[httpx.Response]:
    """Send `request` and yield its response with the body unread. Raises NoAnswer."""
    try:
        response = await client.send(request)
    except TRANSPORT_ERRORS as error:
        raise NoAnswer(error) from None  # the cause may hold the request, and so the key
    try:
        yield response
    finally:
        await _close(response)


async def chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    """Yield the raw body. Raises NoAnswer if it breaks off."""
    try:
        async for chunk in response.aiter_raw():
            yield chunk
    except TRANSPORT_ERRORS as error:
        raise NoAnswer(error) from None


async def read_capped(response: httpx.Response, limit_bytes: int) -> bytes:
    """Return the body, at most `limit_bytes`. Raises TooMuch or NoAnswer."""
    if is_packed(response):
        raise TooMuch
    if (length := content_length(response)) is not None and length > limit_bytes:
        raise TooMuch
    body = bytearray()
    async for chunk in chunks(response):
        body += chunk
        if len(body) > limit_bytes:
            raise TooMuch
    return bytes(body)


def is_packed(response: httpx.Response) -> bool:
    """Whether the body is compressed, though that was not requested: 299 KB of gzip can hold 300 MB."""
    return response.headers.get("content-encoding", "").strip().lower() not in {"", "identity"}


def content_length(response: httpx.Response) -> int | None:
    """Return `Content-Length` in bytes, None if missing."""
    text = response.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


class OriginTransport(httpx.AsyncBaseTransport):
    """Answers for some hosts from a callable, such as a simulated Discord's files; others go to `inner`."""

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        hosts: Collection[str],
        fetch: Callable[[str], Awaitable[bytes | None]],
    ) -> None:
        """Take the hosts to answer for; `fetch` turns a link into bytes, or None for 404."""
        self._inner = inner
        self._hosts = frozenset(host.lower() for host in hosts)
        self._fetch = fetch

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host.lower() not in self._hosts:
            return await self._inner.handle_async_request(request)
        body = await self._fetch(str(request.url))
        if body is None:
            return httpx.Response(404, stream=httpx.ByteStream(b""))
        requested = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("range", ""))
        if requested is None:
            return httpx.Response(200, headers={"content-length": str(len(body))}, stream=httpx.ByteStream(body))
        start, stop = int(requested[1]), min(int(requested[2]) + 1, len(body))
        if start >= stop:
            return httpx.Response(416, stream=httpx.ByteStream(b""))
        headers = {"content-length": str(stop - start), "content-range": f"bytes {start}-{stop - 1}/{len(body)}"}
        return httpx.Response(206, headers=headers, stream=httpx.ByteStream(body[start:stop]))

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Gate(AbstractResolver):
    """Rejects non-public addresses: at the name look-up, and again at the socket."""

    def __init__(self, allowed: frozenset[Origin], lookup: Lookup, open_socket: OpenSocket) -> None:
        self._allowed = {(host, port) for _, host, port in allowed}
        self._approved = set(self._allowed)
        """Addresses of allowed origins: the socket sees no names."""
        self._lookup = lookup
        self._open_socket = open_socket

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - aiohttp's interface; both families are used
    ) -> list[ResolveResult]:
        """Return the addresses of `host`. Raises MediaUnsafe if any is not public, OSError without an answer.

        An honest host has no private address.
        """
        addresses = list(await self._lookup(host, port))
        if (host, port) in self._allowed:
            self._approved.update((address, port) for address in addresses)
        elif not all(is_public(address) for address in addresses):
            raise MediaUnsafe(texts.NOT_PUBLIC)
        if not addresses:
            raise OSError("no address for this name")
        return [_resolved(host, address, port) for address in addresses]

    def open_socket(self, info: AddressInfo) -> socket.socket:
        """Return a socket for a checked address. Raises PermissionError for one that did not pass `resolve`."""
        address, port = str(info[4][0]), int(info[4][1])
        if (port != HTTPS_PORT or not is_public(address)) and (address, port) not in self._approved:
            raise PermissionError("not the port for https of a public address")
        return self._open_socket(info)

    async def close(self) -> None:
        """Nothing is kept open."""


def _resolved(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)


def _open_socket(info: AddressInfo) -> socket.socket:
    return socket.socket(info[0], info[1], info[2])


def _connector(connections: int, gate: _Gate | None = None) -> aiohttp.TCPConnector:
    """Return one client's connections. They share the certificates that aiohttp has loaded for discord.py.

    Those of the system, or of SSL_CERT_FILE, for hosts behind their own CA.
    """
    if gate is None:
        return aiohttp.TCPConnector(limit=connections, keepalive_timeout=KEEP_ALIVE_S)
    return aiohttp.TCPConnector(
        limit=connections,
        keepalive_timeout=KEEP_ALIVE_S,
        resolver=gate,
        use_dns_cache=False,
        socket_factory=gate.open_socket,
    )


def _transport(connector: Callable[[], aiohttp.TCPConnector]) -> httpx.AsyncBaseTransport:
    """Wrap aiohttp. The first call makes the session, which needs the running loop."""

    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=connector(), cookie_jar=aiohttp.DummyCookieJar())

    return AiohttpTransport(verify=_NO_CERTIFICATES, client=session)


async def _close(response: httpx.Response) -> None:
    """Return the connection to the pool, or drop it if the body is unread."""
    try:
        await response.aclose()
    except TRANSPORT_ERRORS:
        logging.getLogger(__name__).debug("closing an answer failed: the connection is gone already")
