"""The sandbox's MCP server by plain HTTP: what it demands, and how it answers."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from sandbox.http.mcp import INVALID_PARAMS, INVALID_REQUEST, NO_METHOD, PARSE_ERROR, TOOL
from sandbox.server import Sandbox

BOTH = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


def call(name: Any = TOOL, arguments: Any = None, **changes: Any) -> dict[str, Any]:
    given = {"operation": "image.generate", "input": {"prompt": "a fox"}} if arguments is None else arguments
    body = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": name, "arguments": given}}
    return body | changes


async def post(api: aiohttp.ClientSession, body: Any, **headers: str) -> tuple[int, Any]:
    """Return the status and the JSON of an answer, as a body or as the one event."""
    async with api.post(
        "/mcp", data=body if isinstance(body, str) else json.dumps(body), headers=BOTH | headers
    ) as answer:
        text = await answer.text()
    if text.startswith("event:"):
        text = text.partition("data: ")[2]
    return answer.status, json.loads(text) if text.startswith("{") else None


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("no json", 400, PARSE_ERROR),
        ([], 400, INVALID_REQUEST),
        ({"method": "tools/call"}, 400, INVALID_REQUEST),
        (call(method="prompts/list"), 200, NO_METHOD),
        (call("no_such_tool"), 200, INVALID_PARAMS),
        (call(arguments="x"), 200, INVALID_PARAMS),
        (call(params=None), 200, INVALID_PARAMS),
    ],
)
async def test_a_wrong_call_is_told_by_its_json_rpc_code(api, body, status, code):
    told, answer = await post(api, body)
    assert (told, answer["error"]["code"]) == (status, code)


async def test_it_wants_a_key_and_charges_nothing(api, sandbox):
    status, body = await post(api, call())
    assert (status, body["id"]) == (200, 7)
    assert body["result"]["structuredContent"]["estimatedCredits"] == 12
    assert sandbox.requests == []
    async with api.post("/mcp", json=call(), headers=BOTH | {"x-api-key": "nobody"}) as told:
        assert told.status == 401
        assert "resource_metadata" in told.headers["WWW-Authenticate"]


async def test_of_a_hidden_price_the_tool_says_nothing_and_it_is_charged_all_the_same(api, sandbox):
    sandbox.tariff.hide("image.generate")
    _, answer = await post(api, call())
    assert answer["result"]["isError"]
    assert "estimatedCredits" not in answer["result"]["structuredContent"]
    assert sandbox.tariff.charge("image.generate", {"prompt": "a fox"}) == 12


@pytest.mark.parametrize("era", ["", "old", "sessions"])
async def test_an_opening_gives_a_session_where_sessions_are_kept(api, sandbox, era):
    sandbox.vary(mcp_era=era)
    opening = call(method="initialize", params={"protocolVersion": "2025-06-18", "capabilities": {}})
    async with api.post("/mcp", json=opening, headers=BOTH) as answer:
        session = answer.headers.get("Mcp-Session-Id")
        assert "2025-06-18" in await answer.text()
    assert (session is not None) == (era == "sessions")
    assert (await post(api, call()))[0] == (400 if era == "sessions" else 200)
    if session is None:
        return
    assert (
        await post(api, {"jsonrpc": "2.0", "method": "notifications/initialized"}, **{"Mcp-Session-Id": session})
    ) == (
        202,
        None,
    )
    assert (await post(api, call(), **{"Mcp-Session-Id": session}))[0] == 200
    assert (await post(api, call(), **{"Mcp-Session-Id": "another"}))[0] == 404


@pytest.mark.parametrize(
    ("tool", "arguments", "key"),
    [
        ("get_api_operation", {"operation": "image.generate"}, "operation"),
        ("get_model_availability", {}, "surfaces"),
        ("list_offerings", {"kind": "credit_pack"}, "offerings"),
    ],
)
async def test_public_tools_answer_without_a_key(sandbox: Sandbox, tool, arguments, key):
    async with aiohttp.ClientSession(sandbox.url) as nobody:
        _, answer = await post(nobody, call(tool, arguments))
        assert answer["result"]["structuredContent"][key]
        assert (await post(nobody, call()))[0] == 401


async def test_true_ids_are_told_where_they_differ_from_the_bots_own(api, sandbox):
    sandbox.vary(
        renamed={"three_d.model.generate": "three_d.mesh"}, accepted={"image.generate": {"model": ["gptimage-2-true"]}}
    )
    _, answer = await post(api, call("get_model_availability", {}))
    told = {each["surface"]: each for each in answer["result"]["structuredContent"]["surfaces"]}
    assert "three_d.mesh" in told["three-d-api"]["operations"]
    assert "gptimage-2-true" in {each["id"] for each in told["image-api"]["models"]}
    _, answer = await post(api, call("get_api_operation", {"operation": "three_d.model.generate"}))
    assert answer["result"]["isError"]
