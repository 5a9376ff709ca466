"""HTTP server: Cannon Studio's webhooks for the world, `/healthz` and `/metrics` for the host.

A webhook is only a hint: its body is not parsed. Its token names one job, which the Worker then polls. Responses to
known and unknown tokens differ only in the status. Put a proxy that terminates TLS and limits connections in front of
the webhooks' address, at `PUBLIC_URL`.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from aiohttp import web

from bot.errors import RESTART_CANNOT_HELP, RESTART_MAY_HELP, StartError
from bot.runtime import texts
from bot.runtime.metrics import CONTENT_TYPE, Metrics

BODY_LIMIT_BYTES = 64 * 1024
BODY_TIMEOUT_S = 10.0
HEAD_TIMEOUT_S = 5.0
"""From a connection's start or last answer to the next complete request head."""
SHUTDOWN_TIMEOUT_S = 2.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A listening address. `setting` is its settings' prefix: `HTTP` or `HEALTH`; port 0 takes any free one."""

    setting: str
    host: str
    port: int

    def refused(self, error: OSError) -> StartError:
        reason = (error.strerror or str(error)).splitlines()[0]
        if (error.errno or 0) > 0:
            reason = os.strerror(error.errno or 0)
        elif "any address" in reason:  # asyncio's words for an address of no interface
            reason = os.strerror(errno.EADDRNOTAVAIL)
        sentence = texts.CANNOT_LISTEN(setting=self.setting, host=self.host, port=self.port, reason=reason)
        return StartError(sentence, exit_code=RESTART_CANNOT_HELP if error.errno == errno.EACCES else RESTART_MAY_HELP)


class HttpServer:
    """Serves webhooks on one address and health with metrics on another.

    `health` returns a JSON-able mapping with the booleans `ok` (can work) and `ready` (connected and serving); both
    true make 200, else 503. No secrets: anyone with access to the port reads it. `hint` gets a webhook's token and
    returns whether it names a job; it must compare in constant time. `public` is None without webhooks.
    """

    def __init__(
        self,
        *,
        private: Endpoint,
        public: Endpoint | None,
        health: Callable[[], Mapping[str, object]],
        hint: Callable[[str], bool],
        metrics: Metrics,
    ) -> None:
        self._private = private
        self._public = public
        self._health = health
        self._hint = hint
        self._metrics = metrics
        self._runners: list[web.AppRunner] = []
        self.health_address = ""
        """Local address of health and metrics; empty before the start."""
        self.webhook_address: str | None = None
        """Local address of the webhooks; None if not served."""

    async def start(self) -> None:
        """Listen. On failure raises StartError and listens nowhere."""
        host = [web.get("/healthz", self._answer_health), web.get("/metrics", self._answer_metrics)]
        world = [web.post("/webhooks/{token:[A-Za-z0-9_-]{8,128}}", self._answer_webhook)]
        try:
            self.health_address = await self._listen(self._private, host)
            if self._public is not None:
                self.webhook_address = await self._listen(self._public, world)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Stop listening; requests in progress may finish briefly. Idempotent."""
        runners, self._runners = self._runners, []
        await asyncio.gather(*(runner.cleanup() for runner in runners))

    async def _listen(self, place: Endpoint, routes: list[web.RouteDef]) -> str:
        """Serve `routes` there, and return the local address."""
        app = web.Application(client_max_size=BODY_LIMIT_BYTES)
        app.add_routes(routes)
        app.on_response_prepare.append(_plain_headers)
        runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=SHUTDOWN_TIMEOUT_S, keepalive_timeout=HEAD_TIMEOUT_S
        )
        self._runners.append(runner)
        await runner.setup()
        try:
            await web.TCPSite(runner, place.host, place.port).start()
        except OSError as error:
            raise place.refused(error) from error
        host, port = runner.addresses[0][:2]
        address = f"http://{_reachable(host)}:{port}"
        log.info("http.listens", setting=place.setting, address=address)
        return address

    async def _answer_health(self, _request: web.Request) -> web.Response:
        try:
            health = dict(self._health())
        except Exception:
            log.exception("health check failed")
            health = {"ok": False, "ready": False}
        is_healthy = bool(health.get("ok")) and bool(health.get("ready"))
        return web.json_response(health, status=200 if is_healthy else 503)

    async def _answer_metrics(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._metrics.render(), headers={"Content-Type": CONTENT_TYPE})

    async def _answer_webhook(self, request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                await request.read()  # raises a 413 past `BODY_LIMIT_BYTES`
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        known = self._hint(request.match_info["token"])
        self._metrics.hint(known=known)
        return web.json_response({}, status=202 if known else 404)


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
