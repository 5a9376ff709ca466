"""The sandbox's MCP: the one tool that the bot calls, `estimate_generation_cost`.

The tool's arguments and the fields of its answer are as the vendor's stored schema has them (`ok, note, error, label,
status, response, operation, estimatedCredits`); their place in the envelope follows the Model Context Protocol:
JSON-RPC, with the result both as `structuredContent` and as JSON in a text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.sandbox import texts
from bot.sandbox.accounts import ApiError
from bot.sandbox.answers import number
from bot.sandbox.prices import Tariff
from bot.sandbox.variant import TrueApi

TOOL = "estimate_generation_cost"
PARSE_ERROR, INVALID_REQUEST, NO_METHOD, INVALID_PARAMS = -32700, -32600, -32601, -32602


def answer(api: TrueApi, tariff: Tariff, body: Any) -> dict[str, Any]:
    """Return the JSON-RPC answer to a call. Never raises, whatever `body` is."""
    if body is None:
        return _error(None, PARSE_ERROR, texts.NOT_JSON)
    if not isinstance(body, dict) or body.get("jsonrpc") != "2.0" or not isinstance(body.get("method"), str):
        return _error(None, INVALID_REQUEST, texts.NOT_JSON_RPC)
    call_id, given = body.get("id"), body.get("params")
    if body["method"] != "tools/call":
        return _error(call_id, NO_METHOD, texts.ONLY_TOOL_CALLS)
    if not isinstance(given, dict) or given.get("name") != TOOL or not isinstance(given.get("arguments"), dict):
        return _error(call_id, INVALID_PARAMS, texts.only_tool(TOOL))
    if api.variant.silent_estimates:
        return {"jsonrpc": "2.0", "id": call_id, "result": {"content": []}}
    estimate = _estimate(api, tariff, given["arguments"])
    result = {
        "content": [{"type": "text", "text": json.dumps(estimate)}],
        "structuredContent": estimate,
        "isError": not estimate["ok"],
    }
    return {"jsonrpc": "2.0", "id": call_id, "result": result}


def _estimate(api: TrueApi, tariff: Tariff, arguments: Mapping[str, Any]) -> dict[str, Any]:
    name, given = arguments.get("operation"), arguments.get("input")
    if not isinstance(name, str) or not isinstance(given, dict):
        return {"ok": False, "status": 400, "error": texts.ESTIMATE_INCOMPLETE}
    try:
        operation, _ = api.checked(name, given)
    except ApiError as error:
        return {"ok": False, "status": error.status, "operation": name, "error": error.message}
    credits_ = tariff.told(operation.id, given, operation.fixed_credits)
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


def _error(call_id: Any, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": call_id, "error": {"code": code, "message": message}}
