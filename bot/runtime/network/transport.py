"""HTTP transport: connections and errors of all calls.

httpx uses aiohttp here (3,700 instead of 519 requests a second, see docs/decisions/). That transport leaks some of
aiohttp's own errors, so all are turned into `NoAnswer` in one place.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import socket
import ssl
import threading
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import httpx
import yarl
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.http_exceptions import HttpProcessingError
from httpx_aiohttp import AiohttpTransport
from multidict import CIMultiDict, CIMultiDictProxy

from bot.errors import MediaUnsafe
from bot.runtime import texts
from bot.runtime.network.safe_urls import HTTPS_PORT, Origin, is_public, origins_of

AT_ONCE = 4
ANSWER_TIMEOUT_S = 5.0
"""Timeout of an answer, including the wait for a slot."""
THREADS_MAX = 16
"""Includes abandoned look-ups: they cannot be interrupted, and may last half a minute."""


class NameLookup:
    """Resolves names by the system, `AT_ONCE` at a time. A timeout counts as no address."""

    def __init__(self, *, timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._places = asyncio.Semaphore(AT_ONCE)
        self._threads = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return the name's addresses as text. Raises OSError."""
        try:
            async with asyncio.timeout(self._timeout_s), self._places:
                return await self._in_thread(host, port)
        except TimeoutError:
            raise OSError("no name server has answered in time") from None

    async def _in_thread(self, host: str, port: int) -> Sequence[str]:
        if self._threads >= THREADS_MAX:
            raise OSError("too many names are without an answer")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sequence[str]] = loop.create_future()
        # A daemon: a hanging look-up must not delay the exit.
        thread = threading.Thread(target=self._look_up, args=(loop, answer, host, port), name="names", daemon=True)
        self._threads += 1
        thread.start()
        return await answer

    def _look_up(
        self, loop: asyncio.AbstractEventLoop, answer: asyncio.Future[Sequence[str]], host: str, port: int
    ) -> None:
        found: Sequence[str] | OSError
        try:
            found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        except OSError as error:
            found = error
        except ValueError:  # UnicodeError: the name has no ASCII form
            found = OSError("not a name")
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(self._settle, answer, found)

    def _settle(self, answer: asyncio.Future[Sequence[str]], found: Sequence[str] | OSError) -> None:
        self._threads -= 1
        if answer.done():
            return
        if isinstance(found, OSError):
            answer.set_exception(found)
        else:
            answer.set_result(found)


PIECE_BYTES = 64 * 1024
"""Maximum piece of decompressed data."""

_PLAIN = frozenset({"", "identity"})
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})


class UnknownEncoding(Exception):
    """An unsupported content encoding."""


class BrokenEncoding(Exception):
    """A body that contradicts its content encoding."""


class Unpacker:
    """Decompresses one body. The caller limits the output."""

    def __init__(self, encoding: str) -> None:
        """Take the value of `Content-Encoding`, '' for none. Raises UnknownEncoding."""
        name = encoding.strip().lower()
        if name not in _PLAIN | _PACKED:
            raise UnknownEncoding(name)
        self.is_needed = name in _PACKED
        self._inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # detects gzip or zlib by the header

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield decompressed data, in pieces of at most PIECE_BYTES. Raises BrokenEncoding."""
        if not self.is_needed:
            yield chunk
            return
        rest = chunk
        while not self._inflate.eof:
            try:
                piece = self._inflate.decompress(rest, PIECE_BYTES)
            except zlib.error as error:
                raise BrokenEncoding(str(error)) from None
            rest = self._inflate.unconsumed_tail
            if piece:
                yield piece
            if not rest and len(piece) < PIECE_BYTES:
                return

    def finish(self) -> None:
        """Note the end of the body. Raises BrokenEncoding if incomplete."""
        if self.is_needed and not self._inflate.eof:
            raise BrokenEncoding("cut")


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


class RequestHead:
    """What GETs have in common, converted once: their address but for its last name, and their headers.

    It may hold a key: never logged or stored.
    """

    def __init__(self, base: str, headers: Mapping[str, str], timeouts: Mapping[str, float | None]) -> None:
        """Take an address that ends with a slash."""
        self.base = base
        self.headers = httpx.Headers(headers)
        self.extensions = {"timeout": timeouts}
        self._url = yarl.URL(base)
        self._sent = CIMultiDictProxy(CIMultiDict(headers))
        self._timeout = aiohttp.ClientTimeout(
            sock_connect=timeouts["connect"], sock_read=timeouts["read"], connect=timeouts["pool"]
        )

    async def get(self, session: aiohttp.ClientSession, name: str) -> aiohttp.ClientResponse:
        """Request what `name` names, which may stand in a path as it is. Raises aiohttp's errors."""
        return await session.get(
            self._url.joinpath(name, encoded=True),
            headers=self._sent,
            timeout=self._timeout,
            allow_redirects=False,
            auto_decompress=False,
        )


class RepeatedRequest(httpx.Request):
    """A GET with a head. A transport that does not know heads parses its address, as of any request."""

    def __init__(self, head: RequestHead, name: str) -> None:
        self.method, self.head, self.name = "GET", head, name
        self.headers, self.extensions = head.headers, head.extensions
        self.stream, self._content = httpx.ByteStream(b""), b""

    @property
    def url(self) -> httpx.URL:  # type: ignore[override]  # an attribute of httpx's
        return httpx.URL(f"{self.head.base}{self.name}")


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

    def head(self, base: str, headers: Mapping[str, str]) -> RequestHead:
        """Return the head of GETs below `base`, which ends with a slash."""
        return RequestHead(base, {**OWN_HEADERS, **headers}, self._extensions["timeout"])

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
    """Yield the raw body, perhaps compressed. Raises NoAnswer if it breaks off."""
    try:
        async for chunk in response.aiter_raw():
            yield chunk
    except TRANSPORT_ERRORS as error:
        raise NoAnswer(error) from None


async def read_capped(response: httpx.Response, limit_bytes: int) -> bytes:
    """Return the decompressed body, at most `limit_bytes`. Raises TooMuch or NoAnswer."""
    if (length := content_length(response)) is not None and length > limit_bytes:
        raise TooMuch
    body = bytearray()
    async for chunk in chunks(response):
        body += chunk
        if len(body) > limit_bytes:
            raise TooMuch
    return _unpacked(bytes(body), response.headers.get("content-encoding", ""), limit_bytes)


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

    return _Transport(verify=_NO_CERTIFICATES, client=session)


class _Transport(AiohttpTransport):
    """httpx-aiohttp's, but for requests with a head, whose parts need no conversion."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not isinstance(request, RepeatedRequest):
            return await super().handle_async_request(request)
        if not isinstance(self.client, aiohttp.ClientSession):
            self.client = self.get_client()
        response = await request.head.get(self.client, request.name)
        return httpx.Response(response.status, headers=response.raw_headers, stream=_Body(response), request=request)


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.content.iter_any():
            yield chunk

    async def aclose(self) -> None:
        await self._response.__aexit__(None, None, None)


async def _close(response: httpx.Response) -> None:
    """Return the connection to the pool, or drop it if the body is unread."""
    try:
        await response.aclose()
    except TRANSPORT_ERRORS:
        logging.getLogger(__name__).debug("closing an answer failed: the connection is gone already")


def _unpacked(body: bytes, encoding: str, limit_bytes: int) -> bytes:
    """Decompress unrequested compression, up to the cap: 299 KB of gzip can hold 300 MB."""
    unpacked = bytearray()
    try:
        unpacker = Unpacker(encoding)
        for piece in unpacker.feed(body):
            unpacked += piece
            if len(unpacked) > limit_bytes:
                raise TooMuch
        unpacker.finish()
    except UnknownEncoding:
        raise TooMuch from None
    except BrokenEncoding as error:
        raise NoAnswer(error) from None
    return bytes(unpacked)
