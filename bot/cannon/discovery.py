"""Reads what Cannon Studio's keyless MCP tools say of operations and models. Spends and sends nothing.

`tools/list`, `get_api_operation` for each operation and `get_model_availability` for each surface of the API
(https://www.cannonstudio.app/developers/docs/mcp). The forms of their answers are not public;
`bot/catalogue/openapi/tools.py` reads them. An answer that can't be read changes nothing; one line of the log says what
was read and what was not.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from bot.cannon.mcp import McpClient, McpError, McpFailure, ToolResult
from bot.catalogue import Catalogue
from bot.catalogue.openapi.schemas import Reader
from bot.catalogue.openapi.tools import (
    API_SURFACES,
    Contradiction,
    Parts,
    ids_in,
    is_unknown,
    models_of_surface,
    operation_in,
)

log = structlog.get_logger(__name__)

LIST: Final = "tools/list"
OPERATION: Final = "get_api_operation"
MODELS: Final = "get_model_availability"
TOOLKITS: Final = "list_toolkits"
"""Says which of the app's tools are operations of the API."""

PAGES_MAX: Final = 4
ASKED_MAX: Final = 80
"""Operations requested in one reading."""
LOST_MAX: Final = 3
"""Calls in a row without an answer, after which the rest is left for later."""
KEPT_MAX_BYTES: Final = 128 * 1024
"""Of one answer: an operation has a few KiB."""


@dataclass(slots=True)
class Discovered:
    """What was read, as JSON texts by tool and subject: an operation's id, a surface, or ''.

    `null`: the tool does not know it.
    """

    answers: dict[tuple[str, str], str] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    """Subjects whose answer is of something else, contradicts itself, or is too large."""
    failure: McpFailure | None = None
    """Why the rest could not be read; None if all was."""


class Discovery:
    """Reads the tools. `mcp` is the caller's to close."""

    def __init__(self, mcp: McpClient) -> None:
        self._mcp = mcp

    async def read(self, known: Catalogue) -> Discovered:
        """Return what the tools say now of the operations of `known`, and of those that they name themselves.

        Raises nothing: what could not be read is missing.
        """
        reading = _Reading(self._mcp, known)
        try:
            await reading.run()
        except McpError as error:
            reading.found.failure = error.failure
        found = reading.found
        log.info(
            "discovery.read",
            operations=sum(1 for (tool, _), body in found.answers.items() if tool == OPERATION and body != "null"),
            unknown=[subject for (_, subject), body in found.answers.items() if body == "null"],
            surfaces=sum(1 for tool, _ in found.answers if tool == MODELS),
            dropped=found.dropped,
            failure=None if found.failure is None else found.failure.name.lower(),
        )
        return found


class _Reading:
    """One reading."""

    def __init__(self, mcp: McpClient, known: Catalogue) -> None:
        self.found = Discovered()
        self._mcp = mcp
        self._known = known
        self._lost = 0
        self._seen: dict[str, str] = {}
        """Operations by their answer."""

    async def run(self) -> None:
        """Read all. Raises McpError where the rest is left for later."""
        tools = await self._tools()
        names = {each.get("name") for each in tools}
        if OPERATION in names:
            kits = await self._call(TOOLKITS, "", {}) if TOOLKITS in names else None
            families = {key.partition(".")[0] for key in self._known.operations}
            said = [*tools, *(() if kits is None else kits.parts)]
            named = await asyncio.to_thread(ids_in, said, families)
            argument = _argument(tools)
            for key in list(dict.fromkeys([*self._known.operations, *named]))[:ASKED_MAX]:
                await self._operation(key, argument)
        for surface in API_SURFACES if MODELS in names else ():
            await self._surface(surface)

    async def _tools(self) -> list[Mapping[str, Any]]:
        tools: list[Mapping[str, Any]] = []
        cursor: dict[str, Any] = {}
        for _ in range(PAGES_MAX):
            result = await self._mcp.request(LIST, cursor, logs=False)
            listed = result.get("tools")
            tools += [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
            if not isinstance(result.get("nextCursor"), str):
                break
            cursor = {"cursor": result["nextCursor"]}
        return tools if await self._is_small(LIST, tools) else []

    async def _operation(self, key: str, argument: str) -> None:
        result = await self._call(OPERATION, key, {argument: key})
        if result is None or not await self._is_small(key, result.parts):
            return
        if await asyncio.to_thread(is_unknown, result.parts, is_error=result.is_error):
            self.found.answers[OPERATION, key] = "null"
        elif not result.is_error:
            await self._take(key, result.parts)

    async def _is_small(self, subject: str, parts: Parts) -> bool:
        """Whether an answer is small enough to be read and kept."""
        if len(await asyncio.to_thread(json.dumps, parts)) <= KEPT_MAX_BYTES:
            return True
        self.found.dropped.append(subject)
        return False

    async def _take(self, key: str, parts: Parts) -> None:
        """Keep an answer about the operation, if it says something of it."""
        operation = self._known.find(key)
        try:
            entry = await asyncio.to_thread(operation_in, key, "" if operation is None else operation.title, parts)
        except Contradiction:
            self.found.dropped.append(key)
            return
        body = json.dumps(parts)
        if entry is not None and self._seen.setdefault(body, key) != key:  # the same for all: of none
            self.found.dropped.append(key)
            self.found.answers.pop((OPERATION, self._seen[body]), None)
        elif entry is not None:
            self.found.answers[OPERATION, key] = body

    async def _surface(self, surface: str) -> None:
        result = await self._call(MODELS, surface, {"surface": surface})
        if result is None or result.is_error or not await self._is_small(surface, result.parts):
            return
        try:
            if await asyncio.to_thread(models_of_surface, surface, result.parts):
                self.found.answers[MODELS, surface] = json.dumps(result.parts)
        except Contradiction:
            self.found.dropped.append(surface)

    async def _call(self, tool: str, subject: str, arguments: Mapping[str, Any]) -> ToolResult | None:
        """Return an answer; None if this one failed. Raises McpError if others would, too."""
        try:
            result = await self._mcp.call(tool, arguments, logs=False)
        except McpError as error:
            if error.failure is McpFailure.INVALID:
                return None
            self._lost += 1
            if self._lost >= LOST_MAX or error.failure is not McpFailure.UNREACHED:
                raise
            self.found.failure = error.failure
            self.found.dropped.append(subject)
            return None
        self._lost = 0
        return result


def _argument(tools: Sequence[Mapping[str, Any]]) -> str:
    """Return the name of the operation's argument: the first required one, else the first."""
    schema = Reader({}).resolved(next(each.get("inputSchema") for each in tools if each.get("name") == OPERATION))
    return next(iter(schema.get("properties", ())), "operation")
