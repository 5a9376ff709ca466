"""The sandbox's state: accounts, requests, faults, and the service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from bot.runtime.clock import Clock
from sandbox.studio.accounts import SCOPES, Account, Accounts, ApiError, StudioRequest
from sandbox.studio.costs import Tariff
from sandbox.studio.faults import Faults
from sandbox.studio.studio import SentRequest, Studio, Webhook
from sandbox.studio.variant import TrueApi

STARTER_CREDITS = Decimal(100)
"""Of a new account: https://www.cannonstudio.app/faq."""


class State:
    """State of the HTTP side; tests add keys, queue faults and finish requests here."""

    def __init__(self, *, accounts: Accounts, tariff: Tariff, api: TrueApi, clock: Clock, speed: float) -> None:
        self.accounts = accounts
        self.api = api
        """For validation and /api/v1/openapi."""
        self.clock = clock
        self.speed = speed
        """Acceleration over the real API."""
        self.faults = Faults()
        self.tariff = tariff
        """The prices; a test may set others."""
        self.document: dict[str, Any] | None = None
        """The body of /api/v1/openapi, if not the catalogue's description."""
        self.document_readers: list[str | None] = []
        """The key of each call of /api/v1/openapi, None for a call without one."""
        self.posts = 0
        """Creates received, failed ones and repeats included."""
        self.polls_refused = 0
        """How many polls were answered 429 for coming too soon."""
        self.mcp_calls: list[str] = []
        """The method of each call of the MCP server; '' for what is no JSON-RPC."""
        self.mcp_keys: list[str | None] = []
        """The key of each, None without one."""
        self.mcp_sessions: set[str] = set()
        """The MCP server's open sessions: others are answered 404."""
        self.url = ""
        """The API's address, without a trailing slash; empty before the start."""
        self._studio: Studio | None = None

    @property
    def studio(self) -> Studio:
        """The service behind the API. Raises RuntimeError before the start."""
        if self._studio is None:
            raise RuntimeError("the sandbox is not started")
        return self._studio

    @property
    def requests(self) -> list[StudioRequest]:
        """Accepted requests, oldest first."""
        return list(self.accounts.requests.values())

    @property
    def webhooks(self) -> list[Webhook]:
        """All sent webhooks."""
        return self.studio.webhooks

    @property
    def polls(self) -> int:
        """How often requests were read."""
        return sum(request.polls for request in self.requests)

    def request(self, remote_id: str) -> StudioRequest:
        """Return one request. Raises KeyError."""
        return self.accounts.requests[remote_id]

    def spent(self, key: str) -> Decimal:
        """Return a key's spending in credits. Failed requests are refunded."""
        account = self.accounts.accounts.get(key)
        return account.spent(self.clock.wall()) if account is not None else Decimal(0)

    def account(self, secret: str | None) -> Account:
        """Return a key's account, opened at its first use as the variant says. Raises ApiError 401."""
        return self.accounts.account(secret, self._opened)

    def _opened(self, account: Account) -> Account:
        variant = self.api.variant
        if variant.new_account:
            account.credits, account.plan, account.is_verified = STARTER_CREDITS, "trial", False
        return account

    def add_key(
        self, secret: str, credits: float | Decimal = 10_000, plan: str = "creator", scopes: Sequence[str] = SCOPES,  # noqa: A002 - the domain's word
        verified: bool = True,
    ) -> None:  # fmt: skip
        """Make or change the account of `secret`, in any form. `verified`: its e-mail address is."""
        account = self.accounts.accounts.setdefault(secret, Account(secret=secret, credits=Decimal(0)))
        account.credits, account.plan, account.scopes = Decimal(str(credits)), plan, tuple(scopes)
        account.is_verified = verified
        self.accounts.revoked.discard(secret)

    async def adopt(
        self,
        remote_id: str,
        secret: str,
        body: Mapping[str, Any],
        *,
        sent_at: float | None = None,
        idempotency_key: str | None = None,
    ) -> bool:
        """Know a request that was sent elsewhere, under its id there; False if it is not valid here.

        `sent_at`: when, in Unix seconds; None: now.
        """
        request, now = self.accounts.requests.get(remote_id), self.clock.wall()
        if request is None:
            sent = SentRequest(id=remote_id, at=now if sent_at is None else sent_at)
            try:
                request = await self.studio.accept(self.account(secret), body, idempotency_key, sent=sent)
            except ApiError:
                return False
        if request.has_ended(now):
            await request.made.wait()  # its files may be wanted next
        return True

    def verify(self, key: str) -> None:
        """Confirm the e-mail address of a key's account. Raises KeyError."""
        self.accounts.accounts[key].is_verified = True

    def add_second_key(self, secret: str, of: str) -> None:
        """Add the key `secret` to the account of the key `of`. Raises KeyError."""
        self.accounts.accounts[secret] = self.accounts.accounts[of]
        self.accounts.revoked.discard(secret)

    def revoke_key(self, secret: str) -> None:
        """Answer this key with 401; undone by `add_key` and `restore_key`."""
        self.accounts.accounts.setdefault(secret, Account(secret=secret, credits=Decimal(0)))
        self.accounts.revoked.add(secret)

    def restore_key(self, secret: str) -> None:
        """Restore a revoked key, with its account unchanged."""
        self.accounts.revoked.discard(secret)

    def top_up(self, key: str, credits: float | Decimal) -> None:  # noqa: A002 - the domain's word
        """Add credits to a key's account. Raises KeyError."""
        self.accounts.accounts[key].credits += Decimal(str(credits))

    def spend_elsewhere(self, key: str, credits: float | Decimal) -> None:  # noqa: A002 - the domain's word
        """Take credits without a request, as the app does. Raises KeyError."""
        self.accounts.accounts[key].elsewhere += Decimal(str(credits))

    def move_files(self, remote_id: str) -> None:
        """Give a finished request's files new links, returned by GET only; the old ones expire. Raises KeyError."""
        self.studio.move_files(self.accounts.requests[remote_id])

    def vary(self, **options: Any) -> None:
        """Change the API by options of `Variant`. Raises ValueError for an unknown one."""
        self.api.vary(self.api.variant.changed(options))

    def fault(self, where: str, kind: str, times: int | None = 1, **options: Any) -> None:
        """Queue a fault, see `Faults.add` and docs/sandbox.md. Raises ValueError."""
        self.faults.add(where, kind, times=times, **options)

    def finish(self, remote_id: str) -> None:
        """Finish a request early. Raises KeyError."""
        self.accounts.requests[remote_id].finish(self.clock.wall())
