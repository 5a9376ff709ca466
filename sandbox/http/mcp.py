"""The sandbox's MCP server: the endpoint's two eras, the tools that the bot uses, and what it may demand.

Names and demands: https://www.cannonstudio.app/developers/docs/mcp and https://modelcontextprotocol.io/specification;
the forms of answers that no page shows are in docs/sandbox.md.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox import texts
from sandbox.http import tool_answers
from sandbox.studio.accounts import Account, ApiError
from sandbox.studio.answers import number
from sandbox.studio.state import State

TOOL = "estimate_generation_cost"
TOOLS = (TOOL, "get_api_operation", "get_model_availability", "list_offerings", "list_toolkits")
OFFERINGS = (
    {"productKey": "credits:2500", "kind": "credit_pack", "name": "2,500 credits", "credits": 2500},
    {"productKey": "subscription:creator:month", "kind": "subscription", "name": "Creator", "interval": "month"},
)
PARSE_ERROR, INVALID_REQUEST, NO_METHOD, INVALID_PARAMS = -32700, -32600, -32601, -32602
WRONG_HEADERS, WRONG_VERSION = -32020, -32022
OLD_VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26")
STATELESS_VERSION = "2026-07-28"
QUIET_S = 60.0
"""Without a call for so long, the server starts cold."""
SERVER = {"name": "sandbox", "version": "1"}
KEPT = {"resultType": "complete", "ttlMs": 0, "cacheScope": "public"}
"""How long an answer may be kept, since 2026-07-28."""
ADDRESS = "https://www.cannonstudio.app"


class RpcError(Exception):
    """A JSON-RPC error, with its HTTP status."""

    def __init__(self, code: int, message: str, status: int = 200, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"code": code, "message": message} | ({"data": data} if data else {})


class Mcp:
    """The endpoint of one sandbox."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._opened = 0
        self._called_at = -math.inf

    async def answer(self, request: web.Request, body: Any) -> web.Response:
        """Return the answer to a POST. Raises ApiError for a missing key."""
        variant, now = self._state.api.variant, self._state.clock.monotonic()
        if variant.mcp_cold_s and now - self._called_at >= QUIET_S:
            await asyncio.sleep(variant.mcp_cold_s)
        self._called_at = now
        call_id = body.get("id") if isinstance(body, dict) else None
        self._state.mcp_calls.append(str(body.get("method")) if isinstance(body, dict) else "")
        self._state.mcp_keys.append(request.headers.get("x-api-key") or request.headers.get("Authorization"))
        headers: dict[str, str] = {}
        try:
            self._check_form(request, body)
            if "id" not in body:
                return web.Response(status=202)
            result = self._result(request, body, headers)
        except RpcError as error:
            document = {"jsonrpc": "2.0", "id": call_id, "error": error.error}
            if error.status != 200:
                return web.json_response(document, status=error.status)
        except ApiError as error:
            if error.status == 401:
                raise web.HTTPUnauthorized(headers={"WWW-Authenticate": texts.CHALLENGE}) from None
            raise
        else:
            document = {"jsonrpc": "2.0", "id": call_id, "result": result}
        return self._shown(document, headers)

    def _shown(self, document: Mapping[str, Any], headers: Mapping[str, str]) -> web.Response:
        """Return an answer as JSON or as a stream of events."""
        form = self._state.api.variant.mcp_stream
        if "json" in form:
            return web.json_response(document, headers=headers)
        noise = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "working"}}
        answer = json.dumps(document, indent=1 if "lines" in form else None)
        events = [""] if "empty" in form else []
        events += [json.dumps(noise)] if "before" in form else []
        events += [answer]
        events += [json.dumps(noise)] if "after" in form else []
        lines = ("".join(f"data: {line}\n" for line in each.split("\n")) for each in events)
        text = "".join(f"event: message\n{each}\n" for each in lines)
        return web.Response(text=text, content_type="text/event-stream", headers=headers)

    def _check_form(self, request: web.Request, body: Any) -> None:
        """Check headers and envelope, as the era demands. Raises RpcError."""
        accepted = request.headers.get("Accept", "")
        if "application/json" not in accepted or "text/event-stream" not in accepted:
            raise RpcError(-32000, texts.ACCEPT_BOTH, 406)
        if request.content_type != "application/json":
            raise RpcError(-32000, texts.SEND_JSON, 415)
        if body is None:
            raise RpcError(PARSE_ERROR, texts.NOT_JSON, 400)
        if not isinstance(body, dict) or body.get("jsonrpc") != "2.0" or not isinstance(body.get("method"), str):
            raise RpcError(INVALID_REQUEST, texts.NOT_JSON_RPC, 400)
        era, version = self._state.api.variant.mcp_era, request.headers.get("MCP-Protocol-Version")
        if era == "stateless" or (not era and version == STATELESS_VERSION):
            self._check_stateless(request, body, version)
            return
        if version is not None and version not in OLD_VERSIONS:
            raise RpcError(-32000, texts.WRONG_VERSION(version=version), 400)
        if era != "sessions" or body["method"] == "initialize":
            return
        session = request.headers.get("Mcp-Session-Id")
        if session is None:
            raise RpcError(-32000, texts.NO_SESSION, 400)
        if session not in self._state.mcp_sessions:
            raise RpcError(-32001, texts.SESSION_ENDED, 404)

    def _check_stateless(self, request: web.Request, body: Mapping[str, Any], version: str | None) -> None:
        params = body.get("params")
        params = params if isinstance(params, dict) else {}
        meta = params.get("_meta")
        named = meta.get("io.modelcontextprotocol/protocolVersion") if isinstance(meta, dict) else None
        if version is not None and version != STATELESS_VERSION:
            raise RpcError(WRONG_VERSION, texts.WRONG_VERSION(version=version), 400, {"supported": [STATELESS_VERSION]})
        repeats = {"MCP-Protocol-Version": named, "Mcp-Method": body["method"], "Mcp-Name": params.get("name")}
        if named is None or any(request.headers.get(name) != value for name, value in repeats.items()):
            raise RpcError(WRONG_HEADERS, texts.WRONG_HEADERS, 400, {"supported": [STATELESS_VERSION]})
        if body["method"] == "initialize":
            raise RpcError(NO_METHOD, texts.NO_METHOD, 404)

    def _result(self, request: web.Request, body: Mapping[str, Any], headers: dict[str, str]) -> Mapping[str, Any]:
        given = body.get("params")
        given = given if isinstance(given, dict) else {}
        if body["method"] == "initialize":
            headers |= self._opening()
            version = given.get("protocolVersion")
            version = version if version in OLD_VERSIONS else OLD_VERSIONS[0]
            return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": SERVER}
        if body["method"] == "server/discover" and request.headers.get("MCP-Protocol-Version") == STATELESS_VERSION:
            return {
                "supportedVersions": [STATELESS_VERSION],
                "capabilities": {"tools": {}},
                "serverInfo": SERVER,
                **KEPT,
            }
        if body["method"] == "tools/list":
            return {"tools": tool_answers.tools(TOOLS, self._listed_in("enum")), **KEPT}
        if body["method"] != "tools/call":
            status = 404 if request.headers.get("MCP-Protocol-Version") == STATELESS_VERSION else 200
            raise RpcError(NO_METHOD, texts.NO_METHOD, status)
        tool, arguments = given.get("name"), given.get("arguments")
        if tool not in TOOLS or not isinstance(arguments, dict):
            raise RpcError(INVALID_PARAMS, texts.NO_TOOL)
        return self._tool(request, tool, arguments)

    def _opening(self) -> dict[str, str]:
        """Open a session, where they are kept. Return its header."""
        if self._state.api.variant.mcp_era != "sessions":
            return {}
        self._opened += 1
        session = f"session-{self._opened}"
        self._state.mcp_sessions.add(session)
        return {"Mcp-Session-Id": session}

    def _tool(self, request: web.Request, tool: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        variant, answer = self._state.api.variant, None
        if tool == "get_api_operation":
            answer = self._operation(arguments.get("operation"))
        if answer is not None:
            return _result_of(answer[0], is_error=False, text=answer[1])
        if tool == TOOL and variant.silent_estimates:
            self._account(request)
            return {"content": []}
        try:
            found = self._answer(request, tool, arguments)
        except ApiError as error:
            if variant.mcp_faults != "result":
                raise
            return _result_of({"ok": False, "status": error.status, "error": error.message}, is_error=False)
        is_error = found.get("ok") is False
        if is_error and variant.mcp_faults == "rpc" and found.get("status") != 403:
            raise RpcError(INVALID_PARAMS, str(found["error"]))
        if variant.mcp_estimate == "response" and "estimatedCredits" in found:
            found["response"] = {"estimatedCredits": found.pop("estimatedCredits")}
        if variant.mcp_estimate:
            found.pop("ok", None)
        return _result_of(found, is_error=is_error)

    def _answer(self, request: web.Request, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a tool has found. Raises ApiError for a missing key."""
        match tool:
            case "estimate_generation_cost":
                self._account(request)
                return _estimate(self._state, arguments)
            case "list_toolkits":
                return tool_answers.toolkits(self._state.api.offered() if self._listed_in("toolkits") else ())
            case "get_api_operation":
                return tool_answers.unknown_operation(arguments.get("operation"))
            case "get_model_availability":
                operations = self._state.api.offered()
                models = {each.id: self._state.api.models(each) for each in operations}
                surfaces = tool_answers.surfaces(arguments.get("surface"), operations, models)
                return {"note": texts.AVAILABILITY, "surfaces": surfaces}
        return _offerings(arguments)

    def _listed_in(self, place: str) -> list[str]:
        """Return the operations' ids, where this place lists them."""
        has_them = place in self._state.api.variant.mcp_names
        return [each.id for each in self._state.api.offered()] if has_them else []

    def _operation(self, name: object) -> tool_answers.Answer | None:
        """Return the description of an operation by its true id, None for an unknown one."""
        api = self._state.api
        operation = next((each for each in api.offered() if each.id == name), None)
        if operation is None:
            return None
        return tool_answers.FORMS[api.variant.mcp_operation](operation, api.models(operation))

    def _account(self, request: web.Request) -> Account:
        """Return the account of the key in a header that is taken. Raises ApiError 401."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        keys = {"x-api-key": request.headers.get("x-api-key"), "bearer": token if kind == "Bearer" else None}
        taken = self._state.api.variant.mcp_auth
        return self._state.account(keys[taken] if taken else keys["x-api-key"] or keys["bearer"])


def _result_of(found: Mapping[str, Any] | None, *, is_error: bool, text: str | None = None) -> dict[str, Any]:
    content = [{"type": "text", "text": json.dumps(found) if text is None else text}]
    structured = {} if found is None else {"structuredContent": found}
    return {"content": content, **structured, "isError": is_error, "resultType": "complete"}


def _estimate(state: State, arguments: Mapping[str, Any]) -> dict[str, Any]:
    name, given = arguments.get("operation"), arguments.get("input")
    if not isinstance(name, str) or not isinstance(given, dict):
        return {"ok": False, "status": 400, "error": texts.ESTIMATE_INCOMPLETE}
    try:
        operation, _ = state.api.checked(name, given)
        known = {each.name for each in operation.fields}
        missing = sorted(each for each in state.api.variant.mcp_demands & known if not given.get(each))
    except ApiError as error:
        return {"ok": False, "status": error.status, "operation": name, "error": error.message}
    if missing:
        return {"ok": False, "status": 400, "operation": name, "error": texts.FIELD_REQUIRED(name=missing[0])}
    credits_ = state.tariff.shown_price(operation.id, given, operation.fixed_credits)
    if credits_ is None:
        return {"ok": False, "status": 404, "operation": name, "error": texts.PRICE_NOT_KNOWN}
    return {
        "ok": True,
        "status": 200,
        "operation": name,
        "label": operation.title,
        "estimatedCredits": number(credits_),
        "note": texts.ESTIMATE_NOTE,
    }


def _offerings(arguments: Mapping[str, Any]) -> dict[str, Any]:
    offered = [{**each, "checkoutUrl": f"{ADDRESS}/checkout?product={each['productKey']}"} for each in OFFERINGS]
    return {"notes": [], "offerings": [each for each in offered if arguments.get("kind") in {None, each["kind"]}]}
