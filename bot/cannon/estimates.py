"""Cannon Studio's price estimate: the tool `estimate_generation_cost` of its MCP server, over JSON-RPC.

Failures are values, as there are other estimates: an estimate must never stop or delay a job. Source:
https://www.cannonstudio.app/developers/docs/mcp and the tool's stored schema; the key's header on `/mcp` is not
documented, so the REST API's is used (INFERRED).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import Any, Final

import httpx
import structlog

from bot.cannon.key_routes import KeyRoutes
from bot.domain.models import credits_of
from bot.runtime.network.transport import NoAnswer, TooMuch, answer_to, read_capped

log = structlog.get_logger(__name__)

TIMEOUT_S: Final = 1.5
ANSWER_LIMIT_BYTES: Final = 256 * 1024
TOOL: Final = "estimate_generation_cost"
LATER: Final = frozenset({408, 425, 429})
"""HTTP statuses that ask for a retry."""
DENIED: Final = frozenset({401, 403})
ACCEPT: Final = "application/json, text/event-stream"
"""A client must accept both, or servers answer 406 (MCP, Streamable HTTP, "Sending Messages to the Server")."""


class EstimateOutcome(Enum):
    """Outcome of an estimate call."""

    ANSWERED = auto()
    """It returned a price."""
    UNPRICED = auto()
    """No price for this input."""
    SILENT = auto()
    """No timely or readable answer."""
    REFUSED = auto()
    """Rejected, perhaps for this key."""


@dataclass(frozen=True, slots=True)
class EstimateAnswer:
    """The outcome, and the price in credits if given."""

    outcome: EstimateOutcome
    credits: Decimal | None = None


class Estimates:
    """Calls the estimate tool. Close it with `aclose`."""

    def __init__(
        self,
        base_url: str,
        *,
        timeout_s: float = TIMEOUT_S,
        practice_transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Take the API's address; calls with a practice key use only `practice_transport`, all others never."""
        self._timeout_s = timeout_s
        self._routes = KeyRoutes(base_url, timeout_s=timeout_s, practice_transport=practice_transport)

    async def aclose(self) -> None:
        await self._routes.aclose()

    async def ask(self, key: str, operation: str, values: Mapping[str, Any]) -> EstimateAnswer:
        """Estimate a job's cost, within the time limit. Creates nothing, raises nothing."""
        call = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": TOOL, "arguments": {"operation": operation, "input": dict(values)}},
        }
        headers = {"x-api-key": key, "accept": ACCEPT, "content-type": "application/json"}
        route = self._routes.of(key)
        if route is None:
            return EstimateAnswer(EstimateOutcome.SILENT)
        request = route.http.build_request("POST", f"{route.base}/mcp", content=json.dumps(call), headers=headers)
        try:
            async with asyncio.timeout(self._timeout_s), answer_to(route.http, request) as response:
                if response.status_code != httpx.codes.OK:
                    return EstimateAnswer(_outcome_of(response.status_code))
                return _read(_message(response.headers, await read_capped(response, ANSWER_LIMIT_BYTES)))
        except (TimeoutError, NoAnswer, TooMuch, ValueError, RecursionError) as error:
            log.info("estimate.none", error=type(error).__name__)
            return EstimateAnswer(EstimateOutcome.SILENT)


def _outcome_of(status: int) -> EstimateOutcome:
    """Map an HTTP status: a 4xx is a rejection, except those that ask for a retry."""
    is_refused = 400 <= status < 500 and status not in LATER
    return EstimateOutcome.REFUSED if is_refused else EstimateOutcome.SILENT


def _message(headers: Mapping[str, str], body: bytes) -> Any:
    """Return the JSON-RPC message: the whole body, or a stream's last event."""
    if not headers.get("content-type", "").startswith("text/event-stream"):
        return json.loads(body)
    data = [line.removeprefix(b"data:") for line in body.splitlines() if line.startswith(b"data:")]
    return json.loads(data[-1]) if data else None


def _read(answer: Any) -> EstimateAnswer:
    """Find `estimatedCredits` in structured content, or in JSON text.

    Raises ValueError for invalid credits.
    """
    answer = answer if isinstance(answer, dict) else {}
    if isinstance(answer.get("error"), dict):
        return EstimateAnswer(EstimateOutcome.REFUSED)
    result = answer.get("result")
    if not isinstance(result, dict):
        return EstimateAnswer(EstimateOutcome.SILENT)
    said = [each for each in _objects(result) if isinstance(each, dict)]
    if any(each.get("status") in DENIED for each in said):
        return EstimateAnswer(EstimateOutcome.REFUSED)
    if result.get("isError") or any(not each.get("ok", True) for each in said):
        return EstimateAnswer(EstimateOutcome.UNPRICED)
    found = [each["estimatedCredits"] for each in said if each.get("estimatedCredits") is not None]
    if found:
        return EstimateAnswer(EstimateOutcome.ANSWERED, credits_of(found[0]))
    return EstimateAnswer(EstimateOutcome.UNPRICED if said else EstimateOutcome.SILENT)


def _objects(result: Mapping[str, Any]) -> list[Any]:
    content = result.get("content")
    texts = [part.get("text") for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    return [result.get("structuredContent"), *(_object(text) for text in texts if isinstance(text, str))]


def _object(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
