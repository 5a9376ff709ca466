"""The bot's own HTTP server: `/healthz`, `/metrics` and the webhooks of Cannon Studio.

A webhook is a hint and never the truth: its body is not even parsed. Its token names one job, whose state the
Worker then polls from Cannon Studio itself. Responses to known and unknown tokens differ only in the status.
Only `/webhooks/` needs to be reachable from outside; put a proxy that terminates TLS in front of it, at `PUBLIC_URL`.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Mapping
from typing import NoReturn

import structlog
from aiohttp import web

from bot.errors import StartError
from bot.runtime import texts
from bot.runtime.metrics import CONTENT_TYPE, Metrics

BODY_LIMIT_BYTES = 64 * 1024
BODY_TIMEOUT_S = 10.0
SHUTDOWN_TIMEOUT_S = 2.0
BACKLOG = 1024

_log = structlog.get_logger(__name__)


class HttpServer:
    """Serves health, metrics and webhooks on one address.

    `health` returns a JSON-able mapping with the booleans `ok` (the process can do its work) and `ready` (it is
    connected and serving); both true make 200, else 503. It must contain no secret: anyone who reaches the port reads
    it. `hint` gets a webhook's token and returns whether it names a job; it must compare in constant time.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        health: Callable[[], Mapping[str, object]],
        hint: Callable[[str], bool],
        metrics: Metrics,
    ) -> None:
        self._host = host
        self._port = port
        self._health = health
        self._hint = hint
        self._metrics = metrics
        self._runner: web.AppRunner | None = None
        self.address = ""

    async def start(self) -> None:
        """Listen; afterwards `address` is where this machine reaches it. Raises StartError if it cannot listen."""
        app = web.Application(client_max_size=BODY_LIMIT_BYTES)
        app.add_routes(
            [
                web.get("/healthz", self._answer_health),
                web.get("/metrics", self._answer_metrics),
                web.post("/webhooks/{token:[A-Za-z0-9_-]{8,128}}", self._answer_webhook),
            ]
        )
        app.on_response_prepare.append(_plain_headers)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=SHUTDOWN_TIMEOUT_S)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port, backlog=BACKLOG).start()
        except OSError as error:
            await runner.cleanup()
            self._refuse(error)
        self._runner = runner
        host, port = runner.addresses[0][:2]
        self.address = f"http://{_reachable(host)}:{port}"

    async def close(self) -> None:
        """Stop listening; requests in progress get `SHUTDOWN_TIMEOUT_S` to finish. Closing twice is no error."""
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()

    def _refuse(self, error: OSError) -> NoReturn:
        reason = (error.strerror or str(error)).splitlines()[0]
        raise StartError(texts.cannot_listen(self._host, self._port, reason)) from error

    async def _answer_health(self, _request: web.Request) -> web.Response:
        try:
            health = dict(self._health())
        except Exception:  # noqa: BLE001 - a failing health check means: not healthy
            _log.exception("health check failed")
            health = {"ok": False, "ready": False}
        is_healthy = bool(health.get("ok")) and bool(health.get("ready"))
        return web.json_response(health, status=200 if is_healthy else 503)

    async def _answer_metrics(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._metrics.render(), headers={"Content-Type": CONTENT_TYPE})

    async def _answer_webhook(self, request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                await request.read()  # raises a 413 past BODY_LIMIT_BYTES
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        known = self._hint(request.match_info["token"])
        self._metrics.hint(known=known)
        return web.json_response({}, status=202 if known else 404)


def _reachable(host: str) -> str:
    """Return where this machine reaches a listener bound to `host`: "all addresses" is not one to connect to."""
    address = ipaddress.ip_address(host.partition("%")[0])
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"
    return f"[{address}]" if address.version == 6 else str(address)


async def _plain_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Hide the versions of Python and aiohttp, and keep responses out of caches."""
    response.headers["Server"] = "cannon-bot"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
