"""Cannon Studio's own price estimate: the tool `estimate_generation_cost` of its MCP server, over JSON-RPC.

It is switched on per guild, and every failure falls back silently to the other estimates: an estimate must never
stop or delay a job. Source: https://www.cannonstudio.app/developers/docs/mcp and the tool's stored schema; the header
for the key on `/mcp` is not documented, so the one of the REST API is used (INFERRED).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import httpx
import structlog

from bot.domain.models import credits_of
from bot.runtime.transport import NoAnswer, TooMuch, answer_to, new_client, plain_transport, read_capped

log = structlog.get_logger(__name__)

TIMEOUT_S: Final = 1.5
ANSWER_LIMIT_BYTES: Final = 256 * 1024
TOOL: Final = "estimate_generation_cost"
ACCEPT: Final = "application/json, text/event-stream"
"""A client must accept both, or servers answer 406 (MCP, Streamable HTTP, "Sending Messages to the Server")."""


class Estimates:
    """Calls the estimate tool. One connection pool; close it with `aclose`."""

    def __init__(self, base_url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self._url = f"{base_url.rstrip('/')}/mcp"
        self._timeout_s = timeout_s
        self._http = new_client(plain_transport(), timeout_s=timeout_s)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def ask(self, key: str, operation: str, values: Mapping[str, Any]) -> Decimal | None:
        """Return the estimated price in credits, None if the tool returns none in time. Creates nothing."""
        call = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": TOOL, "arguments": {"operation": operation, "input": dict(values)}},
        }
        headers = {"x-api-key": key, "accept": ACCEPT, "content-type": "application/json"}
        request = self._http.build_request("POST", self._url, content=json.dumps(call), headers=headers)
        try:
            async with asyncio.timeout(self._timeout_s), answer_to(self._http, request) as response:
                if response.status_code != httpx.codes.OK:
                    return None
                return _credits(_message(response.headers, await read_capped(response, ANSWER_LIMIT_BYTES)))
        except (TimeoutError, NoAnswer, TooMuch, ValueError, RecursionError) as error:
            log.info("estimate.none", error=type(error).__name__)
            return None


def _message(headers: Mapping[str, str], body: bytes) -> Any:
    """Return the JSON-RPC message of an answer: its whole body, or the data of a stream's last event."""
    if not headers.get("content-type", "").startswith("text/event-stream"):
        return json.loads(body)
    data = [line.removeprefix(b"data:") for line in body.splitlines() if line.startswith(b"data:")]
    return json.loads(data[-1]) if data else None


def _credits(answer: Any) -> Decimal | None:
    """Find `estimatedCredits` in a tool's answer: in its structured content, or as JSON in its text."""
    result = answer.get("result") if isinstance(answer, dict) else None
    if not isinstance(result, dict) or result.get("isError"):
        return None
    candidates = [result.get("structuredContent")]
    content = result.get("content")
    texts = [part.get("text") for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    candidates += [_object(text) for text in texts if isinstance(text, str)]
    for candidate in candidates:
        if isinstance(candidate, dict) and candidate.get("ok", True) and candidate.get("estimatedCredits") is not None:
            return credits_of(candidate["estimatedCredits"])
    return None


def _object(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
