"""Accounts with their credits, and requests with their states.

A request's state is computed from its acceptance time, its duration and the clock. So a test may skip hours, and
nothing runs in the background.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sandbox import texts
from sandbox.studio import answers
from sandbox.studio.answers import number

SCOPES = ("requests:read", "requests:write")
KEY_PREFIXES = ("cs_test_", "cs_live_")
KEY_MIN_CHARS = 12
SKEW_S = 86_400.0
"""The clock error of a request with the word `#skewed`, in seconds."""
RETENTION_S = answers.RETENTION_DAYS * 86_400
Link = Callable[[str], str]


class ApiError(Exception):
    """An API error: an HTTP status and a message, with the invalid field if any."""

    def __init__(self, status: int, message: str, wrong_field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = wrong_field
        self.retry_after_s: int | None = None


@dataclass(slots=True, kw_only=True)
class Account:
    """An account: its credits, and the first of its API keys."""

    secret: str = field(repr=False)
    credits: Decimal
    """Initial credits."""
    plan: str = "creator"
    scopes: tuple[str, ...] = SCOPES
    name: str = "Sandbox"
    is_verified: bool = True
    """Whether its owner has confirmed the e-mail address: until then nothing that costs credits is accepted."""
    elsewhere: Decimal = Decimal(0)
    """Credits spent without a request of this API, for instance in the app."""
    accepted: Decimal = Decimal(0)
    """The cost of all requests in credits, including failed ones."""
    failures: list[StudioRequest] = field(default_factory=list, repr=False)

    def spent(self, now: float) -> Decimal:
        """Return the requests' cost so far, in credits: failed ones are refunded."""
        return self.accepted - sum((each.cost - each.charged(now) for each in self.failures), Decimal(0))

    def left(self, now: float) -> Decimal:
        """Return the remaining credits."""
        return self.credits - self.spent(now) - self.elsewhere


@dataclass(slots=True, kw_only=True)
class StudioRequest:
    """A request in Cannon Studio. Times are Unix seconds of the sandbox's clock."""

    id: str
    account: Account = field(repr=False)
    operation: str
    """Catalogue id."""
    called: str
    """The id in the call and in answers."""
    input: Mapping[str, Any]
    """As received."""
    idempotency_key: str | None
    webhook_url: str | None
    digest: str
    """Of the whole body, to distinguish a repeat from a clash."""
    cost: Decimal
    words: frozenset[str]
    task: str
    """The task's id, `task_id` in the output."""
    accepted_at: float
    starts_at: float
    ends_at: float
    webhook_fault: str | None = None
    urls: Mapping[str, list[str]] = field(default_factory=dict)
    error: str | None = None
    billed: bool = False
    """Whether it is charged if it fails."""
    made: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    """Set once the files exist, or can no longer be made."""
    finished: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    """Set when a test ends it early."""
    polls: int = 0
    waits_for_poll: bool = False
    """Whether its end comes about by a poll after it."""
    synced: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    """Set by that poll."""
    synced_at: float = -math.inf
    """The last poll, in Unix seconds."""

    @property
    def key(self) -> str:
        """Return the first API key of its account."""
        return self.account.secret

    def has_ended(self, now: float) -> bool:
        return now >= self.ends_at and (not self.waits_for_poll or self.synced.is_set())

    def sync(self, now: float) -> None:
        """Note a poll: what waits for it starts and ends with it."""
        if not self.waits_for_poll or self.synced.is_set():
            return
        if now >= self.starts_at > self.synced_at:
            self.starts_at = now
        if now >= self.ends_at:
            self.ends_at = now
            self.synced.set()
        self.synced_at = now

    def fail(self, sentence: str, *, billed: bool = False) -> None:
        """Make it fail at its end; with `billed` it is charged anyway."""
        self.error, self.billed = sentence, billed
        self.account.failures.append(self)
        self.made.set()

    def finish(self, now: float) -> None:
        self.starts_at, self.ends_at = min(self.starts_at, now), min(self.ends_at, now)
        self.finished.set()

    def status(self, now: float) -> str:
        """Return its state: `queued`, `processing`, `succeeded` or `failed`."""
        if now < self.starts_at:
            return "queued"
        if not self.has_ended(now) or not self.made.is_set():
            return "processing"
        return "failed" if self.error else "succeeded"

    def charged(self, now: float) -> Decimal:
        """Return its cost in credits: charged on acceptance, refunded on unbilled failure."""
        return Decimal(0) if self.status(now) == "failed" and not self.billed else self.cost

    def document(self, now: float, link: Link = str) -> dict[str, Any]:
        """Return the answer of `GET /api/v1/requests/{id}`; `link` makes the links to its files."""
        status = self.status(now)
        ended = status in {"succeeded", "failed"}
        shown = "in_review" if status == "processing" and "#strange" in self.words else status
        document: dict[str, Any] = {"id": self.id, "operation": self.called, "status": shown}
        document["billableCredits"] = number(self.charged(now))
        output = self._output(status, link)
        if ended:
            document["inputPreview"] = answers.input_preview(self.input)
            document["outputPreview"] = answers.output_preview(output or {})
        skew_s = SKEW_S if "#skewed" in self.words else 0.0
        document["createdAtMs"] = _ms(self.accepted_at - skew_s)
        document["startedAtMs"] = _ms(self.starts_at - skew_s) if status != "queued" else None
        document["completedAtMs"] = _ms(self.ends_at + skew_s) if ended else None
        document["errorMessage"] = self.error if status == "failed" else None
        if output is not None:
            document["output"] = output
        if ended:
            document["requestLog"] = self._log(now, document)
        return document

    def _output(self, status: str, link: Link) -> dict[str, Any] | None:
        if status == "queued":
            return None
        if status != "succeeded":
            return answers.partial(self.operation, self.input, self.task, status)
        if "#none" in self.words:
            return {"task_id": self.task, "status": "succeeded"}
        urls = {kind: [link(each) for each in of_kind] for kind, of_kind in self.urls.items()}
        output = answers.output(self.operation, self.input, self.task, urls, self.cost)
        if "operation" in output:
            output["operation"] = self.called
        if "#twice" in self.words and isinstance(links := output.get("image_urls"), list):
            output["image_urls"] = links * 2
        return output

    def _log(self, now: float, document: Mapping[str, Any]) -> dict[str, Any]:
        kept = now < self.ends_at + RETENTION_S
        return {
            "available": kept,
            "retentionDays": answers.RETENTION_DAYS,
            "retainedUntilMs": _ms(self.ends_at + RETENTION_S),
            "input": dict(self.input) if kept else None,
            "output": document.get("output") if kept else None,
            "errorMessage": document["errorMessage"] if kept else None,
        }


Opened = Callable[[Account], Account]
"""Changes an account that is opened."""


class Accounts:
    """All accounts and all requests."""

    def __init__(self, credits_each: Decimal) -> None:
        self.credits_each = credits_each
        self.accounts: dict[str, Account] = {}
        """By API key; several keys may have one account."""
        self.revoked: set[str] = set()
        """API keys answered with 401."""
        self.requests: dict[str, StudioRequest] = {}
        self._repeats: dict[tuple[str, str], StudioRequest] = {}

    def account(self, secret: str | None, opened: Opened | None = None) -> Account:
        """Return a key's account, created at the first use of a well-formed key. Raises ApiError 401.

        `opened` makes a new one.
        """
        if secret is not None and secret not in self.accounts and _well_formed(secret):
            new = Account(secret=secret, credits=self.credits_each)
            self.accounts[secret] = new if opened is None else opened(new)
        account = self.accounts.get(secret or "")
        if account is None or secret in self.revoked:
            raise ApiError(401, texts.KEY_REFUSED)
        return account

    def repeated(self, account: Account, idempotency_key: str | None, digest: str) -> StudioRequest | None:
        """Return the request that this POST repeats, None if it is new. Raises ApiError 409 for another body."""
        if idempotency_key is None:
            return None
        earlier = self._repeats.get((account.secret, idempotency_key))
        if earlier is not None and earlier.digest != digest:
            raise ApiError(409, texts.OTHER_BODY)
        return earlier

    def add(self, request: StudioRequest) -> None:
        self.requests[request.id] = request
        request.account.accepted += request.cost
        if request.idempotency_key is not None:
            self._repeats[request.key, request.idempotency_key] = request

    def forget_ended(self, before: float) -> None:
        """Forget requests ended by `before` (Unix seconds), to limit memory."""
        for request in [each for each in self.requests.values() if each.ends_at <= before and each.made.is_set()]:
            del self.requests[request.id]
            if request.idempotency_key is not None:
                self._repeats.pop((request.key, request.idempotency_key), None)

    def status_document(self, account: Account, now: float) -> dict[str, Any]:
        """Return the answer of `GET /api/v1/status`."""
        left = number(account.left(now))
        return {
            "ok": True,
            "status": "ok",
            "message": texts.KEY_WORKS,
            "creditsRemaining": left,
            "credits": {"remaining": left},
            "account": {"email": "sandbox@studio.example", "plan": account.plan},
            "apiKey": {"name": account.name, "scopes": list(account.scopes)},
            "serverTime": iso(now),
        }


def iso(seconds: float) -> str:
    """Return a time in the API's format."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _well_formed(secret: str) -> bool:
    return secret.startswith(KEY_PREFIXES) and len(secret) >= KEY_MIN_CHARS


def _ms(seconds: float) -> int | None:
    return round(seconds * 1000) if math.isfinite(seconds) else None
