"""Cannon Studio's price estimate: the tool `estimate_generation_cost` of its MCP server.

Failures are values, as there are other estimates: an estimate must never stop or delay a job. Source:
https://www.cannonstudio.app/developers/docs/mcp and the tool's stored schema.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import Any, Final

import structlog

from bot.cannon.mcp import McpClient, McpError, McpFailure, ToolResult
from bot.domain.models import credits_of

log = structlog.get_logger(__name__)

TOOL: Final = "estimate_generation_cost"
TEXT_MAX_CHARS: Final = 20_000
_PRICE = re.compile(r"(?<![\d.,])(\d{1,7}(?:\.\d{1,3})?)[\s*_`]{0,4}credits?\b", re.IGNORECASE)


class EstimateOutcome(Enum):
    """Outcome of an estimate call."""

    ANSWERED = auto()
    """It returned a price."""
    UNPRICED = auto()
    """No price for this input."""
    SILENT = auto()
    """No timely or readable answer."""
    NOT_UNDERSTOOD = auto()
    """The server does not know the call or the tool."""
    REFUSED = auto()
    """Rejected for this key."""


@dataclass(frozen=True, slots=True)
class EstimateAnswer:
    """The outcome, and the price in credits if given."""

    outcome: EstimateOutcome
    credits: Decimal | None = None


_OUTCOMES: Mapping[McpFailure, EstimateOutcome] = {
    McpFailure.UNREACHED: EstimateOutcome.SILENT,
    McpFailure.NOT_UNDERSTOOD: EstimateOutcome.NOT_UNDERSTOOD,
    McpFailure.REFUSED: EstimateOutcome.REFUSED,
    McpFailure.INVALID: EstimateOutcome.UNPRICED,
}


class Estimates:
    """Calls the estimate tool. `mcp` has the time limit and is the caller's to close."""

    def __init__(self, mcp: McpClient) -> None:
        self._mcp = mcp

    async def ask(self, key: str, operation: str, values: Mapping[str, Any]) -> EstimateAnswer:
        """Estimate a job's cost. Creates nothing, raises nothing."""
        try:
            return _read(await self._mcp.call(TOOL, {"operation": operation, "input": dict(values)}, key=key))
        except McpError as error:
            return EstimateAnswer(_OUTCOMES[error.failure])
        except ValueError:
            log.info("estimate.unreadable")
            return EstimateAnswer(EstimateOutcome.SILENT)


def _read(result: ToolResult) -> EstimateAnswer:
    """Find `estimatedCredits` in what the tool says or under `response`, or the one price that its text names.

    Raises ValueError for invalid credits.
    """
    if result.is_error or any(not each.get("ok", True) for each in result.objects):
        return EstimateAnswer(EstimateOutcome.UNPRICED)
    inner = [each["response"] for each in result.objects if isinstance(each.get("response"), dict)]
    for each in (*result.objects, *inner):
        if (found := each.get("estimatedCredits")) is not None:
            return EstimateAnswer(EstimateOutcome.ANSWERED, credits_of(found))
    said = {each for text in result.parts if isinstance(text, str) for each in _PRICE.findall(text[:TEXT_MAX_CHARS])}
    if len(said) == 1 and not result.objects:
        return EstimateAnswer(EstimateOutcome.ANSWERED, credits_of(said.pop()))
    return EstimateAnswer(EstimateOutcome.UNPRICED if result.parts else EstimateOutcome.SILENT)
