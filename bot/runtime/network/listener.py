"""HTTP listener with connection limits.

aiohttp accepts any number of connections. Here excess ones are closed at once, and so are clients that do not read
their answer. aiohttp closes those without a complete request head. Its server is loaded with the first connection: a
start has no need of it.
"""

from __future__ import annotations

import asyncio
import errno
import importlib
import ipaddress
import os
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import structlog

from bot.errors import RESTART_CANNOT_HELP, RESTART_MAY_HELP, StartError
from bot.runtime import texts
from bot.runtime.clock import Clock
from bot.runtime.pace import Cap, RateLimiter
from bot.settings import IpNetwork

if TYPE_CHECKING:
    from aiohttp import web

CONNECTIONS_MAX = 200
PEER_CONNECTIONS_MAX = 20
LOGGED_EVERY_S = 60.0

log = structlog.get_logger(__name__)


class ConnectionCap:
    """Limits connections in total and per peer.

    Local peers and `proxies` have no limit of their own: they speak for many. `refused` is called with the exceeded
    bound, `all` or `peer`.
    """

    def __init__(
        self, name: str, *, clock: Clock, refused: Callable[[str], None], proxies: Iterable[IpNetwork] = ()
    ) -> None:
        self._name = name
        self._refused = refused
        self._proxies = tuple(proxies)
        self._cap = Cap(CONNECTIONS_MAX, PEER_CONNECTIONS_MAX)
        self._unlogged = 0
        self._logged = RateLimiter(clock, 1, LOGGED_EVERY_S)

    def admit(self, address: str) -> str | None:
        """Count a connection from `address` and return its peer, for `release`; None if rejected."""
        peer, bound = self._peer(address)
        if (exceeded := self._cap.exceeded(peer, bound)) is not None:
            self._refuse(exceeded)
            return None
        self._cap.enter(peer)
        return peer

    def release(self, peer: str) -> None:
        """Note the end of a connection of `peer`."""
        self._cap.leave(peer)

    def _peer(self, address: str) -> tuple[str, int]:
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:  # closed already
            return "", PEER_CONNECTIONS_MAX
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        may_speak_for_many = found.is_loopback or any(found in network for network in self._proxies)
        bound = CONNECTIONS_MAX if may_speak_for_many else PEER_CONNECTIONS_MAX
        if found.version == 6 and not may_speak_for_many:
            return str(ipaddress.ip_network((found, 64), strict=False)), bound
        return str(found), bound

    def _refuse(self, bound: str) -> None:
        """Count rejections; log the first at once, then once a minute."""
        self._refused(bound)
        self._unlogged += 1
        if not self._logged.wait_s(None):
            log.warning("http.connections_refused", listener=self._name, bound=bound, count=self._unlogged)
            self._unlogged = 0


BODY_LIMIT_BYTES = 64 * 1024
HEAD_TIMEOUT_S = 5.0
"""From a connection's start or last answer to the next complete request head."""
TAKE_TIMEOUT_S = 10.0
"""How long an answer may stay unread; up to twice as long, as this is also the check interval."""
LINGER_S = 2.0
"""How long an unwanted body is read, so that the client reads the answer."""
SHUTDOWN_TIMEOUT_S = 2.0
BACKLOG = 100
"""Connections accepted at once, before any can be rejected."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A listening address. `setting` is its settings' prefix: `HTTP` or `HEALTH`; port 0 takes any free one."""

    setting: str
    host: str
    port: int

    def refused(self, error: OSError) -> StartError:
        """Return the error of a start that cannot listen here."""
        reason = (error.strerror or str(error)).splitlines()[0]
        if (error.errno or 0) > 0:
            reason = os.strerror(error.errno or 0)
        elif "any address" in reason:  # asyncio's words for an address of no interface
            reason = os.strerror(errno.EADDRNOTAVAIL)
        sentence = texts.CANNOT_LISTEN(setting=self.setting, host=self.host, port=self.port, reason=reason)
        return StartError(sentence, exit_code=RESTART_CANNOT_HELP if error.errno == errno.EACCES else RESTART_MAY_HELP)


class Listener:
    """Serves `routes` on one address; they are made with the first connection."""

    def __init__(self, endpoint: Endpoint, routes: Callable[[], Iterable[web.RouteDef]], *, cap: ConnectionCap) -> None:
        self._endpoint = endpoint
        self._routes = routes
        self._cap = cap
        self._doors: set[_Door] = set()
        self._server: asyncio.Server | None = None
        self._runner: web.AppRunner | None = None
        self._loading = asyncio.Lock()
        self._is_closed = False
        self.address = ""
        """The local address; empty before the start."""

    async def start(self) -> None:
        """Listen. Raises StartError on failure."""
        place = self._endpoint
        try:
            self._server = await asyncio.get_running_loop().create_server(
                lambda: _Door(self._cap, self._doors, self._protocol), place.host, place.port, backlog=BACKLOG
            )
        except OSError as error:
            raise place.refused(error) from error
        host, port = self._server.sockets[0].getsockname()[:2]
        self.address = f"http://{_reachable(host)}:{port}"
        log.info("http.listens", setting=place.setting, address=self.address)

    async def close(self) -> None:
        """Stop listening; requests in progress get `SHUTDOWN_TIMEOUT_S`. Idempotent."""
        if self._server is not None:
            server, self._server = self._server, None
            server.close()
            self._is_closed = True
            async with self._loading:
                if self._runner is not None:
                    await self._runner.cleanup()
            for door in list(self._doors):
                door.shut()

    async def _protocol(self) -> asyncio.Protocol | None:
        """Return aiohttp's side of a new connection; None once closed."""
        async with self._loading:
            if self._is_closed:
                return None
            if self._runner is None:
                web = await asyncio.to_thread(importlib.import_module, "aiohttp.web")
                self._runner = _runner(web, self._routes())
                await self._runner.setup()
            return None if self._runner.server is None else self._runner.server()


class _Door(asyncio.Protocol):
    """A connection: closed at once if excess, else handed to aiohttp's protocol."""

    def __init__(
        self, cap: ConnectionCap, doors: set[_Door], protocol: Callable[[], Awaitable[asyncio.Protocol | None]]
    ) -> None:
        self._cap = cap
        self._doors = doors
        self._protocol = protocol
        self._opening: asyncio.Task[None] | None = None
        self._peer: str | None = None
        self._inner: asyncio.Protocol | None = None
        self._transport: asyncio.Transport | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._was_full = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        name = transport.get_extra_info("peername") or ("",)
        self._peer = self._cap.admit(str(name[0]))
        if self._peer is None:
            self._transport.abort()
            return
        self._doors.add(self)
        self._watch = asyncio.get_running_loop().call_later(TAKE_TIMEOUT_S, self._look)
        self._transport.pause_reading()
        self._opening = asyncio.create_task(self._open(self._transport))

    async def _open(self, transport: asyncio.Transport) -> None:
        """Connect aiohttp's side, and let it read."""
        inner = None
        try:
            inner = await self._protocol()
        finally:
            if inner is None:
                transport.abort()
        if inner is not None and not transport.is_closing():
            self._inner = inner
            inner.connection_made(transport)
            transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._peer is None:
            return
        self._cap.release(self._peer)
        self._doors.discard(self)
        if self._watch is not None:
            self._watch.cancel()
        if self._inner is not None:
            self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._inner is not None:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received() if self._inner is not None else None

    def pause_writing(self) -> None:
        if self._inner is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        if self._inner is not None:
            self._inner.resume_writing()

    def shut(self) -> None:
        """Close the connection now, with unread data."""
        if self._transport is not None:
            self._transport.abort()

    def _look(self) -> None:
        """Close a connection whose client does not read, even if it is closing."""
        if self._transport is None:
            return
        is_full = self._transport.get_write_buffer_size() > 0
        if is_full and self._was_full:
            self._transport.abort()
            return
        self._was_full = is_full
        self._watch = asyncio.get_running_loop().call_later(TAKE_TIMEOUT_S, self._look)


def _runner(web: Any, routes: Iterable[web.RouteDef]) -> Any:
    app = web.Application(client_max_size=BODY_LIMIT_BYTES)
    app.add_routes(routes)
    app.on_response_prepare.append(_plain_headers)
    return web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=SHUTDOWN_TIMEOUT_S,
        keepalive_timeout=HEAD_TIMEOUT_S,
        lingering_time=LINGER_S,
    )


def _reachable(host: str) -> str:
    """Return a connectable address for a listener bound to `host`, which may be "all addresses"."""
    address = ipaddress.ip_address(host.partition("%")[0])
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"
    return f"[{address}]" if address.version == 6 else str(address)


async def _plain_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = "cannon-bot"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
