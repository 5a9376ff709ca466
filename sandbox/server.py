"""Cannon Studio's API on loopback: for the demo, the tests, and practice.

`Sandbox` is the one public class: start it, use its `url` as the API's address, close it. The imitated API is in
https://www.cannonstudio.app/developers/docs; inventions and faults in docs/sandbox.md.
"""

from __future__ import annotations

import ipaddress
import math
from decimal import Decimal
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.catalogue.catalogue import Catalogue
from bot.errors import StartError
from bot.runtime.clock import Clock, SystemClock
from sandbox import texts
from sandbox.http.routes import Routes
from sandbox.studio.accounts import Accounts
from sandbox.studio.costs import Tariff
from sandbox.studio.files import STORE_LIMIT_BYTES, Fetch, Files
from sandbox.studio.state import State
from sandbox.studio.studio import Studio
from sandbox.studio.variant import TrueApi, Variant

SHUTDOWN_S = 0.2
"""Time for calls in progress when the sandbox closes."""


class Sandbox(State):
    """A local Cannon Studio. Use it as an async context manager, or `start` and `close` it."""

    def __init__(
        self, *, speed: float = 1.0, clock: Clock | None = None, credits: float | Decimal = 10_000, seed: int = 0,  # noqa: A002 - the domain's word
        catalogue: Catalogue | None = None, fetch: Fetch | None = None, small: bool = False,
        keep_alive: bool = True, variant: Variant | None = None, path: str = "", links: str | None = None,
        longest_s: float = math.inf, files_bytes: int = STORE_LIMIT_BYTES, seeds_by_id: bool = False,
    ) -> None:  # fmt: skip
        """Prepare it; `start` listens.

        Args:
            speed: acceleration; `math.inf` makes every request ready at once.
            clock: measures requests' time; a test may skip ahead.
            credits: of each key not passed to `add_key`.
            seed: for durations, images and audio.
            seeds_by_id: durations and files follow from a request's id instead: a sandbox that adopts it repeats them.
            catalogue: the documented operations, for validation and /api/v1/openapi.
            fetch: reads a link of an input; by default a plain GET of https and loopback links.
            keep_alive: whether a connection serves several calls.
            longest_s: the longest median of a duration, in seconds, before `speed`.
            variant: the API's undocumented behaviour; `vary` changes it later.
            path: a secret prefix of every address (`/…`); '' for none.
            links: another base for links to files; None: its address.
            files_bytes: above this the oldest files are deleted.
            small: media of 64 pixels and at most 1 second, shared by equal requests: for thousands of them.
        """
        if not speed > 0:
            raise ValueError("speed must be above 0")
        super().__init__(
            accounts=Accounts(Decimal(str(credits))),
            tariff=Tariff(seed),
            api=TrueApi(catalogue if catalogue is not None else Catalogue(allow_local=True), variant or Variant()),
            clock=clock if clock is not None else SystemClock(),
            speed=speed,
        )
        self._seed, self._small, self._fetch = None if seeds_by_id else seed, small, fetch
        self._keep_alive, self._longest_s = keep_alive, longest_s
        self._path, self._links, self._files_bytes = path, links, files_bytes
        self._routes: Routes | None = None
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen on `host`, a loopback address; port 0 takes a free one. Raises StartError."""
        if not _is_loopback(host):
            raise StartError(texts.LOOPBACK_ONLY(host=host))
        self._routes = Routes(self)
        application = self._routes.application()
        if not self._keep_alive:
            application.on_response_prepare.append(_close_after)
        if self._path:
            outer = web.Application()
            outer.add_subapp(self._path, application)
            application = outer
        self._runner = web.AppRunner(
            application, access_log=None, shutdown_timeout=SHUTDOWN_S, handler_cancellation=True
        )
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise StartError(texts.CANNOT_LISTEN(host=host, port=port, reason=error.strerror)) from None
        address = self._runner.addresses[0]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{address[1]}{self._path}"
        self._studio = Studio(
            url=self._links or self.url, files=Files(self._files_bytes),
            accounts=self.accounts, faults=self.faults, tariff=self.tariff,
            api=self.api, clock=self.clock,
            speed=self.speed, longest_s=self._longest_s, seed=self._seed, small=self._small, fetch=self._fetch,
        )  # fmt: skip

    async def close(self) -> None:
        """Stop listening and stop all work. Closing twice does nothing."""
        if self._routes is not None:
            self._routes.closing.set()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._studio is not None:
            await self._studio.close()
        self._routes, self._runner = None, None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def _close_after(_request: web.Request, response: web.StreamResponse) -> None:
    response.force_close()
    response.headers["Connection"] = "close"  # aiohttp has chosen its own before it calls this


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
