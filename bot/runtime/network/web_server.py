"""HTTP server: Cannon Studio's webhooks for the world, `/healthz` and `/metrics` for the host.

A webhook is only a hint: its body is not parsed. Its token names one job, which the Worker then polls. Responses to
known and unknown tokens differ only in the status. Put a proxy that terminates TLS in front of the webhooks' address,
at `PUBLIC_URL`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import structlog

from bot.runtime.clock import Clock
from bot.runtime.metrics import CONTENT_TYPE, Metrics
from bot.runtime.network.listener import ConnectionCap, Endpoint, Listener
from bot.settings import IpNetwork

if TYPE_CHECKING:
    from aiohttp import web

BODY_TIMEOUT_S = 10.0

_log = structlog.get_logger(__name__)


class HttpServer:
    """Serves webhooks on one address and health with metrics on another.

    `health` returns a JSON-able mapping with the booleans `ok` (can work) and `ready` (connected and serving); both
    true make 200, else 503. No secrets: anyone with access to the port reads it. `hint` gets a webhook's token and
    returns whether it names a job; it must compare in constant time. `public` is None without webhooks; `proxies`
    are those in front of it.
    """

    def __init__(
        self,
        *,
        private: Endpoint,
        public: Endpoint | None,
        proxies: Iterable[IpNetwork] = (),
        health: Callable[[], Mapping[str, object]],
        hint: Callable[[str], bool],
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self._health = health
        self._hint = hint
        self._metrics = metrics

        def cap(name: str) -> ConnectionCap:
            return ConnectionCap(name, clock=clock, refused=metrics.connection_refused, proxies=proxies)

        self._host_listener = Listener(private, self._for_host, cap=cap("health"))
        self._world_listener = Listener(public, self._for_world, cap=cap("webhooks")) if public is not None else None

    @property
    def health_address(self) -> str:
        """Local address of health and metrics."""
        return self._host_listener.address

    @property
    def webhook_address(self) -> str | None:
        """Local address of the webhooks; None if not served."""
        return self._world_listener.address if self._world_listener is not None else None

    async def start(self) -> None:
        """Listen. On failure raises StartError and listens nowhere."""
        await self._host_listener.start()
        if self._world_listener is not None:
            try:
                await self._world_listener.start()
            except BaseException:
                await self._host_listener.close()
                raise

    async def close(self) -> None:
        """Stop listening; requests in progress may finish briefly. Idempotent."""
        listeners = (self._host_listener, self._world_listener)
        await asyncio.gather(*(listener.close() for listener in listeners if listener is not None))

    def _for_host(self) -> list[web.RouteDef]:
        from aiohttp import web

        return [web.get("/healthz", self._answer_health), web.get("/metrics", self._answer_metrics)]

    def _for_world(self) -> list[web.RouteDef]:
        from aiohttp import web

        return [web.post("/webhooks/{token:[A-Za-z0-9_-]{8,128}}", self._answer_webhook)]

    async def _answer_health(self, _request: web.Request) -> web.Response:
        from aiohttp import web

        try:
            health = dict(self._health())
        except Exception:  # noqa: BLE001 - a failing health check means: not healthy
            _log.exception("health check failed")
            health = {"ok": False, "ready": False}
        is_healthy = bool(health.get("ok")) and bool(health.get("ready"))
        return web.json_response(health, status=200 if is_healthy else 503)

    async def _answer_metrics(self, _request: web.Request) -> web.Response:
        from aiohttp import web

        return web.Response(body=self._metrics.render(), headers={"Content-Type": CONTENT_TYPE})

    async def _answer_webhook(self, request: web.Request) -> web.Response:
        from aiohttp import web

        try:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                await request.read()  # raises a 413 past the listener's limit
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        known = self._hint(request.match_info["token"])
        self._metrics.hint(known=known)
        return web.json_response({}, status=202 if known else 404)
