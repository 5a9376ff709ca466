"""Cannon Studio's REST API over HTTP: one call returns a value or raises a CannonError.

The key travels only in each request's header, and is stored nowhere. The client follows no redirect (httpx would
forward the header to another origin) and logs neither key, link nor body.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import httpx
import structlog

from bot.cannon import retry, texts, wire
from bot.cannon.budgets import Call, KeyBudgets
from bot.cannon.errors import asks_to_verify, is_own_error, is_page, reading_of
from bot.cannon.key_routes import API_PATH, KeyRoutes
from bot.cannon.wire import DOCUMENT_NODES_MAX, NODES_MAX, CreatedRequest, OpenApiAnswer, Progress, aside, parsed
from bot.domain.models import AccountStatus
from bot.domain.words.text import whole
from bot.errors import (
    CannonError,
    CannonUnavailable,
    EmailNotVerified,
    IdempotencyClash,
    InputRefused,
    KeyRefused,
    OutOfCredits,
    RateLimited,
    RequestNotFound,
    UnreadableAnswer,
)
from bot.language import Text
from bot.runtime.clock import Clock
from bot.runtime.logs import OutageLog
from bot.runtime.metrics import Metrics
from bot.runtime.network.transport import (
    HttpClient,
    NoAnswer,
    TooMuch,
    answer_to,
    read_capped,
)

log = structlog.get_logger(__name__)

ANSWER_LIMIT_BYTES: Final = 2 * 1024 * 1024
ERROR_LIMIT_BYTES: Final = 64 * 1024
ETAG_LIMIT_CHARS: Final = 200
TIMEOUT_S: Final = 30.0

_BY_STATUS: Final[Mapping[int, tuple[type[CannonError], Text]]] = {
    401: (KeyRefused, texts.KEY_NOT_ACCEPTED),
    402: (OutOfCredits, texts.NO_CREDITS),
    403: (KeyRefused, texts.NOT_ALLOWED),
    404: (RequestNotFound, texts.NOT_KNOWN),
    409: (IdempotencyClash, texts.OTHER_INPUT),
    410: (RequestNotFound, texts.NO_LONGER_KEPT),
}
_PASSING = frozenset({408, 425})
"""Transient client errors (RFC 9110, RFC 8470)."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: httpx.Headers
    body: bytes


class CannonClient:
    """Calls the API for any number of keys. Close it, or use it as an async context manager."""

    def __init__(
        self,
        base_url: str,
        *,
        clock: Clock,
        timeout_s: float = TIMEOUT_S,
        transport: httpx.AsyncBaseTransport | None = None,
        practice_transport: httpx.AsyncBaseTransport | None = None,
        metrics: Metrics | None = None,
        budgets: KeyBudgets | None = None,
    ) -> None:
        """Take the API's address (`https://www.cannonstudio.app`) and the total timeout of one call in seconds.

        Calls with a practice key use only `practice_transport`, all others never. `budgets` counts every call with
        a key; who can wait asks it before.

        Raises ValueError for what is not an http or https address.
        """
        self._clock = clock
        self._outage = OutageLog(clock.monotonic)
        self._metrics = metrics
        self._budgets = budgets
        self._timeout_s = timeout_s
        self._routes = KeyRoutes(
            _origin(base_url), timeout_s=timeout_s, transport=transport, practice_transport=practice_transport
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._routes.aclose()

    async def status(self, key: str) -> AccountStatus:
        """Return credits, plan and scopes. Free, creates nothing. Raises a CannonError leaf."""
        return wire.account_status(await _document(await self._call("GET", "status", key)))

    async def submit(
        self,
        key: str,
        operation: str,
        input: Mapping[str, Any],  # noqa: A002 - the API's own word
        *,
        idempotency_key: str,
        webhook_url: str | None = None,
    ) -> CreatedRequest:
        """Create a request, which costs credits: one POST, never retried here. Raises a CannonError leaf.

        After CannonUnavailable or UnreadableAnswer it may exist: retry with the same `idempotency_key`.
        """
        body: dict[str, Any] = {"operation": operation, "input": dict(input)}
        if webhook_url is not None:
            body["webhook_url"] = webhook_url
        try:
            content = json.dumps(body, allow_nan=False).encode("ascii")
        except (TypeError, ValueError, RecursionError):
            raise InputRefused(texts.IMPOSSIBLE_INPUT) from None
        headers = {"content-type": "application/json", "x-idempotency-key": idempotency_key}
        return wire.accepted(
            await _document(await self._call("POST", "requests", key, headers=headers, content=content))
        )

    async def get(self, key: str, remote_id: str) -> Progress:
        """Return a request's state and output: one GET, with its creator's key. Raises a CannonError leaf."""
        if not wire.REMOTE_ID.match(remote_id):
            raise RequestNotFound(texts.UNREADABLE, 404)
        answer = await self._call("GET", "requests", key, name=quote(remote_id, safe=""))
        return wire.progress(await _document(answer), remote_id)

    async def openapi(self, key: str | None = None, *, etag: str | None = None) -> OpenApiAnswer | None:
        """Return the API's live description, None if it matches `etag`. Raises a CannonError leaf."""
        headers = {"if-none-match": etag} if etag is not None else {}
        answer = await self._call("GET", "openapi", key, headers=headers)
        if answer.status == 304:
            return None
        document = await _document(answer, DOCUMENT_NODES_MAX)
        if not isinstance(document, dict):
            raise UnreadableAnswer(texts.UNREADABLE, answer.status)
        tag = answer.headers.get("etag", "")
        fits = 0 < len(tag) <= ETAG_LIMIT_CHARS and tag.isascii() and tag.isprintable()  # sent back as a header
        return OpenApiAnswer(document=document, etag=tag if fits else None)

    async def _call(
        self,
        method: str,
        path: str,
        key: str | None,
        *,
        name: str = "",
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> _Answer:
        """Call a path, or of many alike the one for `name`."""
        outcome = "ok"
        kind = Call.CREATE if method == "POST" else Call.POLL if name else Call.OTHER
        limited = None if self._budgets is None else self._budgets.begin(key, kind)
        try:
            return await self._made(*self._request(method, path, key, name=name, headers=headers, content=content))
        except CannonError as error:
            outcome = type(error).__name__
            if isinstance(error, RateLimited) and limited is not None:
                limited()
            if isinstance(error, RateLimited) and self._metrics is not None:
                self._metrics.rate_limit_wait("cannon", error.retry_after_s or 0.0)
            raise
        finally:
            if self._metrics is not None:
                self._metrics.api_call(f"{method.lower()}_{path}", outcome)

    def _request(
        self,
        method: str,
        path: str,
        key: str | None,
        *,
        name: str,
        headers: Mapping[str, str] | None,
        content: bytes | None,
    ) -> tuple[HttpClient, httpx.Request]:
        route = self._routes.of(key)
        if route is None:
            raise CannonUnavailable(texts.NO_PRACTICE)
        sent = {"accept": "application/json", **(headers or {})}
        if key is not None:
            if not key.isascii() or not key.isprintable() or not key.strip():
                raise KeyRefused(texts.IMPOSSIBLE_KEY, 401)
            sent["x-api-key"] = key
        address = f"{route.base}{API_PATH}{path}{name and f'/{name}'}"
        return route.http, route.http.build_request(method, address, headers=sent, content=content)

    async def _made(self, http: HttpClient, request: httpx.Request) -> _Answer:
        """Make one call within the total timeout; return a 2xx or 304 answer, raise a leaf for others."""
        method, started = request.method, self._clock.monotonic()
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._exchange(http, request)
        except TimeoutError:
            self._outage.fails(log, "cannon.no_answer", method=method, reason="deadline", after_s=self._timeout_s)
            raise CannonUnavailable(texts.UNREACHABLE) from None
        except NoAnswer as error:
            after_s = round(self._clock.monotonic() - started, 3)
            self._outage.fails(log, "cannon.no_answer", method=method, reason=error.reason, after_s=after_s)
            raise CannonUnavailable(texts.UNREACHABLE) from None
        self._outage.works(log, "cannon.answers")
        if not 200 <= answer.status < 300 and answer.status != 304:
            raise self._error(answer)
        return answer

    async def _exchange(self, http: HttpClient, request: httpx.Request) -> _Answer:
        async with answer_to(http, request) as response:
            fine = response.status_code < 300
            try:
                body = await read_capped(response, ANSWER_LIMIT_BYTES if fine else ERROR_LIMIT_BYTES)
            except TooMuch:
                if fine:
                    raise UnreadableAnswer(texts.UNREADABLE, response.status_code) from None
                body = b""
            except NoAnswer:
                if fine:
                    raise
                body = b""  # the status suffices
            return _Answer(response.status_code, response.headers, body)

    def _error(self, answer: _Answer) -> CannonError:
        status, kind = answer.status, answer.headers.get("content-type")
        said, faults = reading_of(answer.body, kind, status)
        after = retry.retry_after_s(answer.headers.get("retry-after"), self._clock.wall())
        if status == 429:
            return RateLimited(texts.SLOW_DOWN(reason=said), status, after)
        if status >= 500 or status in _PASSING or _is_of_a_proxy(answer):
            return CannonUnavailable(texts.HAS_A_PROBLEM(reason=said), status, after)
        if status < 400:
            return UnreadableAnswer(texts.NOT_FOLLOWED(reason=said), status)
        leaf, words = _BY_STATUS.get(status, (InputRefused, texts.NOT_TAKEN))
        if status in {402, 403} and asks_to_verify(said):
            leaf, words = EmailNotVerified, texts.EMAIL_NOT_VERIFIED
        return leaf(words(reason=said), status, said=said, faults=faults)


def _is_of_a_proxy(answer: _Answer) -> bool:
    """Whether a proxy in front of the API answered, which knows nothing of keys and requests.

    A 401 without a sentence can be the API's: gateways say "Unauthorized" of a revoked key. A page is not.
    """
    kind = answer.headers.get("content-type")
    if answer.status in {403, 404, 410}:
        return not is_own_error(answer.body, kind)
    return answer.status == 401 and is_page(answer.body, kind)


def _origin(address: str) -> str:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise ValueError("the API's address cannot be read") from error
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query:
        raise ValueError("the API's address must be an http or https address without a login or a query")
    return str(url)


async def _document(answer: _Answer, nodes_max: int = NODES_MAX) -> object:
    """Parse a JSON body. Raises UnreadableAnswer for anything else, NaN and infinities included."""

    def read() -> object:
        text = answer.body.decode("utf-8-sig")
        document = parsed(text, nodes_max, parse_constant=_no_constant, parse_float=_finite)
        return whole(document) if "\\ud" in text or "\\uD" in text else document

    try:
        return await aside(len(answer.body), read)
    except (ValueError, RecursionError):
        log.warning("cannon.unreadable", status=answer.status, length=len(answer.body))
        raise UnreadableAnswer(texts.UNREADABLE, answer.status) from None


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number beyond all bounds")
    return value
