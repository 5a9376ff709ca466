"""The sandbox's state while it runs: its accounts and requests, its faults, and the service itself."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from bot.runtime.clock import Clock
from bot.sandbox.studio.accounts import SCOPES, Account, Accounts, StudioRequest
from bot.sandbox.studio.costs import Tariff
from bot.sandbox.studio.faults import Faults
from bot.sandbox.studio.studio import Studio, Webhook
from bot.sandbox.studio.variant import TrueApi


class State:
    """Everything that the HTTP side reads and changes; tests add keys, queue faults and finish requests here."""

    def __init__(self, *, accounts: Accounts, tariff: Tariff, api: TrueApi, clock: Clock, speed: float) -> None:
        self.accounts = accounts
        self.api = api
        """What it validates with and describes at /api/v1/openapi."""
        self.clock = clock
        self.speed = speed
        """How many times faster than the real API it is."""
        self.faults = Faults()
        self.tariff = tariff
        """What it charges; a test may set other prices."""
        self.document: dict[str, Any] | None = None
        """The body of /api/v1/openapi, unless it is the description of the catalogue."""
        self.document_readers: list[str | None] = []
        """The key of each call of /api/v1/openapi, None for a call without one."""
        self.posts = 0
        """How many creates reached it, failed ones and repeats included."""
        self.url = ""
        """The API's address, without a slash at the end; empty before the start."""
        self._studio: Studio | None = None

    @property
    def studio(self) -> Studio:
        """The service behind the API. Raises RuntimeError before the start."""
        if self._studio is None:
            raise RuntimeError("the sandbox is not started")
        return self._studio

    @property
    def requests(self) -> list[StudioRequest]:
        """All requests that were accepted, oldest first."""
        return list(self.accounts.requests.values())

    @property
    def webhooks(self) -> list[Webhook]:
        """All webhooks that were sent."""
        return self.studio.webhooks

    @property
    def polls(self) -> int:
        """How many times any request was read."""
        return sum(request.polls for request in self.requests)

    def request(self, remote_id: str) -> StudioRequest:
        """Return one request. Raises KeyError."""
        return self.accounts.requests[remote_id]

    def spent(self, key: str) -> Decimal:
        """Return what a key has spent, in credits. Failed requests are refunded."""
        account = self.accounts.accounts.get(key)
        return account.spent(self.clock.wall()) if account is not None else Decimal(0)

    def add_key(
        self, secret: str, credits: float | Decimal = 10_000, plan: str = "creator", scopes: Sequence[str] = SCOPES,  # noqa: A002 - the domain's word
    ) -> None:  # fmt: skip
        """Make an account for `secret`, which may have any form, or change it."""
        account = self.accounts.accounts.setdefault(secret, Account(secret=secret, credits=Decimal(0)))
        account.credits, account.plan, account.scopes = Decimal(str(credits)), plan, tuple(scopes)
        self.accounts.revoked.discard(secret)

    def sell_pack(self, key: str, credits: float | Decimal, expires_at: float, top_up_url: str | None = None) -> None:  # noqa: A002 - the domain's word
        """Add bought credits that expire to a key's account, and where to buy more. Raises KeyError."""
        account = self.accounts.accounts[key]
        amount = Decimal(str(credits))
        account.credits += amount
        account.packs = tuple(sorted((*account.packs, (amount, expires_at)), key=lambda pack: pack[1]))
        account.top_up_url = top_up_url or account.top_up_url

    def add_second_key(self, secret: str, of: str) -> None:
        """Make `secret` another key of the account that the key `of` has. Raises KeyError."""
        self.accounts.accounts[secret] = self.accounts.accounts[of]
        self.accounts.revoked.discard(secret)

    def revoke_key(self, secret: str) -> None:
        """Answer 401 to this key from now on; `add_key` and `restore_key` undo it."""
        self.accounts.accounts.setdefault(secret, Account(secret=secret, credits=Decimal(0)))
        self.accounts.revoked.add(secret)

    def restore_key(self, secret: str) -> None:
        """Make a revoked key work again, with its account unchanged."""
        self.accounts.revoked.discard(secret)

    def top_up(self, key: str, credits: float | Decimal) -> None:  # noqa: A002 - the domain's word
        """Give a key's account more credits. Raises KeyError."""
        self.accounts.accounts[key].credits += Decimal(str(credits))

    def spend_elsewhere(self, key: str, credits: float | Decimal) -> None:  # noqa: A002 - the domain's word
        """Take credits from a key's account without any request, as the app does. Raises KeyError."""
        self.accounts.accounts[key].elsewhere += Decimal(str(credits))

    def move_files(self, remote_id: str) -> None:
        """Give a finished request's files new links, which only a GET returns; the old ones expire. Raises KeyError."""
        self.studio.move_files(self.accounts.requests[remote_id])

    def vary(self, **options: Any) -> None:
        """Change the API from now on: the options of `Variant`. Raises ValueError for one that does not exist."""
        self.api.vary(self.api.variant.changed(options))

    def fault(self, where: str, kind: str, times: int | None = 1, **options: Any) -> None:
        """Queue a fault, see `Faults.add` and docs/sandbox.md. Raises ValueError."""
        self.faults.add(where, kind, times=times, **options)

    def finish(self, remote_id: str) -> None:
        """Finish a request early. Raises KeyError."""
        self.accounts.requests[remote_id].finish(self.clock.wall())
