from __future__ import annotations

import pytest

from bot.catalogue import Catalogue
from bot.sandbox.http.routes import INVALID_PARAMS, INVALID_REQUEST, NO_METHOD, PARSE_ERROR, TOOL, answer
from bot.sandbox.studio.costs import Tariff
from bot.sandbox.studio.variant import TrueApi, Variant

CALL = {"jsonrpc": "2.0", "id": 7, "method": "tools/call"}


def call(**changes):
    given = {"operation": "image.generate", "input": {"prompt": "a fox"}}
    return {**CALL, "params": {"name": TOOL, "arguments": given}} | changes


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, PARSE_ERROR),
        ([], INVALID_REQUEST),
        ({"method": "tools/call"}, INVALID_REQUEST),
        (call(method="tools/list"), NO_METHOD),
        (call(params={"name": "create_generation_request", "arguments": {}}), INVALID_PARAMS),
        (call(params={"name": TOOL, "arguments": "x"}), INVALID_PARAMS),
        (call(params=None), INVALID_PARAMS),
    ],
)
def test_a_wrong_call_is_told_by_its_json_rpc_code(body, code):
    assert answer(TrueApi(Catalogue(), Variant()), Tariff(), body)["error"]["code"] == code


@pytest.mark.parametrize("arguments", [{}, {"operation": "no.such", "input": {}}, {"operation": 3, "input": {}}])
def test_an_input_that_could_not_run_is_an_error_of_the_tool(arguments):
    result = answer(TrueApi(Catalogue(), Variant()), Tariff(), call(params={"name": TOOL, "arguments": arguments}))[
        "result"
    ]
    assert result["isError"]
    assert result["structuredContent"]["ok"] is False


async def test_over_http_it_wants_a_key_and_charges_nothing(api, sandbox):
    async with api.post("/mcp", json=call()) as told:
        assert told.status == 200
        body = await told.json()
    assert body["id"] == 7
    assert body["result"]["structuredContent"]["estimatedCredits"] == 12
    assert sandbox.requests == []
    async with api.post("/mcp", json=call(), headers={"x-api-key": "nobody"}) as told:
        assert told.status == 401


def test_of_a_hidden_price_the_tool_says_nothing_and_it_is_charged_all_the_same():
    tariff = Tariff()
    tariff.hide("image.generate")
    result = answer(TrueApi(Catalogue(), Variant()), tariff, call())["result"]
    assert result["isError"]
    assert "estimatedCredits" not in result["structuredContent"]
    assert tariff.charge("image.generate", {"prompt": "a fox"}) == 12
