"""Cannon Studio's API on loopback: for the demo, the tests, and moderators who rehearse without paying.

`Sandbox` is the one public thing: start it, use its `url` as the API's address, close it. What it imitates is told by
https://www.cannonstudio.app/developers/docs; what it invents, and every fault that it plays, by docs/sandbox.md.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.catalogue.catalogue import Catalogue
from bot.errors import StartError
from bot.runtime.clock import Clock, SystemClock
from bot.sandbox.books import SCOPES, Account, Accounts, StudioRequest
from bot.sandbox.faults import Faults
from bot.sandbox.routes import Routes
from bot.sandbox.sources import Fetch
from bot.sandbox.studio import Studio, Webhook

SHUTDOWN_S = 0.2
"""How long a call in flight may take to end when the sandbox closes."""


class Sandbox:
    """A Cannon Studio of one's own. Use it as an async context manager, or `start` and `close` it."""

    def __init__(
        self, *, speed: float = 1.0, clock: Clock | None = None, credits: float | Decimal = 10_000, seed: int = 0,  # noqa: A002 - the word of the domain
        catalogue: Catalogue | None = None, fetch: Fetch | None = None, small: bool = False,
    ) -> None:  # fmt: skip
        """Prepare it; nothing listens yet.

        Args:
            speed: how many times faster than the real thing; `math.inf` makes every request ready at once.
            clock: where it reads the time that requests take; a test may jump.
            credits: what each key has that was not given to `add_key`.
            seed: what durations, pictures and sounds are drawn from.
            catalogue: what it validates with and describes at /api/v1/openapi.
            fetch: reads a link of an input; without it, https and loopback links are fetched by a plain GET.
            small: media of 64 pixels and at most 1 second, drawn once for all requests alike: for thousands of them.
        """
        if not speed > 0:
            raise ValueError("speed must be above 0")
        self.catalogue = catalogue if catalogue is not None else Catalogue(allow_local=True)
        self.clock = clock if clock is not None else SystemClock()
        self.faults = Faults()
        self.document: dict[str, Any] | None = None
        """What /api/v1/openapi answers, if not the description of the catalogue."""
        self._books = Accounts(Decimal(str(credits)))
        self._speed, self._seed, self._small, self._fetch = speed, seed, small, fetch
        self._studio: Studio | None = None
        self._routes: Routes | None = None
        self._runner: web.AppRunner | None = None
        self._url = ""

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen on `host`, a loopback address; port 0 takes a free one. Raises StartError."""
        if not _is_loopback(host):
            raise StartError(f"The sandbox listens on this machine only, such as on 127.0.0.1; {host} is not allowed.")
        self._routes = Routes(self)
        self._runner = web.AppRunner(
            self._routes.application(), access_log=None, shutdown_timeout=SHUTDOWN_S, handler_cancellation=True
        )
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise StartError(f"The sandbox cannot listen on {host}:{port}: {error.strerror}.") from None
        address = self._runner.addresses[0]
        self._url = f"http://{f'[{host}]' if ':' in host else host}:{address[1]}"
        self._studio = Studio(
            url=self._url, books=self._books, faults=self.faults, catalogue=self.catalogue, clock=self.clock,
            speed=self._speed, seed=self._seed, small=self._small, fetch=self._fetch,
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

    @property
    def url(self) -> str:
        """The API's address, without a slash at the end."""
        return self._url

    @property
    def studio(self) -> Studio:
        """The service behind the API. Raises RuntimeError before the start."""
        if self._studio is None:
            raise RuntimeError("the sandbox is not started")
        return self._studio

    @property
    def requests(self) -> list[StudioRequest]:
        """All requests that were accepted, oldest first."""
        return list(self._books.requests.values())

    @property
    def webhooks(self) -> list[Webhook]:
        """All webhooks that were sent."""
        return self.studio.webhooks

    @property
    def polls(self) -> int:
        """How many times any request was read."""
        return sum(request.polls for request in self.requests)

    @property
    def posts(self) -> int:
        """How many creates reached it, those included that failed or were repeats."""
        return self._routes.posts if self._routes is not None else 0

    def request(self, remote_id: str) -> StudioRequest:
        """Return one request. Raises KeyError."""
        return self._books.requests[remote_id]

    def books(self, key: str) -> Decimal:
        """Return what a key has spent, in credits. Credits of failed requests are given back."""
        account = self._books.accounts.get(key)
        return account.spent(self.clock.wall()) if account is not None else Decimal(0)

    def add_key(
        self, secret: str, credits: float | Decimal = 10_000, plan: str = "creator", scopes: Sequence[str] = SCOPES,  # noqa: A002 - the word of the domain
    ) -> None:  # fmt: skip
        """Make an account for `secret`, which may have any form, or change it."""
        account = self._books.accounts.setdefault(secret, Account(secret=secret, credits=Decimal(0)))
        account.credits, account.plan, account.scopes = Decimal(str(credits)), plan, tuple(scopes)
        self._books.revoked.discard(secret)

    def add_second_key(self, secret: str, of: str) -> None:
        """Let `secret` be one more key of the account that the key `of` has. Raises KeyError."""
        self._books.accounts[secret] = self._books.accounts[of]
        self._books.revoked.discard(secret)

    def revoke_key(self, secret: str) -> None:
        """From now on answer 401 to this key; `add_key` and `restore_key` take it back."""
        self._books.accounts.setdefault(secret, Account(secret=secret, credits=Decimal(0)))
        self._books.revoked.add(secret)

    def restore_key(self, secret: str) -> None:
        """Let a revoked key work again, its account as it was."""
        self._books.revoked.discard(secret)

    def top_up(self, key: str, credits: float | Decimal) -> None:  # noqa: A002 - the word of the domain
        """Give a key's account more credits. Raises KeyError."""
        self._books.accounts[key].credits += Decimal(str(credits))

    def spend_elsewhere(self, key: str, credits: float | Decimal) -> None:  # noqa: A002 - the word of the domain
        """Take credits from a key's account without any request, as the app does. Raises KeyError."""
        self._books.accounts[key].elsewhere += Decimal(str(credits))

    def move_files(self, remote_id: str) -> None:
        """Give a finished request's files new links, which only a GET tells; the old ones end. Raises KeyError."""
        self.studio.move_files(self._books.requests[remote_id])

    def fault(self, where: str, kind: str, times: int | None = 1, **options: Any) -> None:
        """Queue a fault, see `Faults.add` and docs/sandbox.md. Raises ValueError."""
        self.faults.add(where, kind, times=times, **options)

    def finish(self, remote_id: str) -> None:
        """End a request now, before its time. Raises KeyError."""
        self._books.requests[remote_id].finish(self.clock.wall())

    @property
    def speed(self) -> float:
        """How many times faster than the real thing it is."""
        return self._speed

    @property
    def accounts(self) -> Accounts:
        """The accounts and requests themselves."""
        return self._books


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
