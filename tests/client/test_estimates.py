from __future__ import annotations

import json
import logging
from decimal import Decimal

import pytest
from aiohttp import web

from bot.cannon.estimates import TOOL, Estimates
from bot.cannon.mcp import McpClient
from sandbox.server import Sandbox

KEY = "cs_test_estimates_0000beef"
IMAGE = {"prompt": "a fox"}


@pytest.fixture
async def estimates_at():
    made = []

    def make(url, **options):
        made.append(McpClient(url, **options))
        return Estimates(made[-1])

    yield make
    for each in made:
        await each.aclose()


@pytest.fixture
async def sandbox():
    async with Sandbox() as made:
        made.add_key(KEY)
        yield made


def told(structured=None, text=None, **result):
    """What an MCP server answers to a client's first call."""
    content = [] if text is None else [{"type": "text", "text": text}]
    body = {"content": content, "structuredContent": structured, **result}
    return {"jsonrpc": "2.0", "id": 1, "result": body}


# ---------------------------------------------------------------------- against the sandbox


@pytest.mark.parametrize(
    ("operation", "values", "price"),
    [
        ("image.generate", IMAGE, 12),
        ("image.generate", {**IMAGE, "resolution": "4K"}, 28),
        ("video.generate", {"prompt": "waves", "model": "seedance2", "duration": 10}, 48),
        ("prompt.enhance.image", IMAGE, 1),
    ],
)
async def test_the_sandbox_tells_what_it_would_charge_and_makes_nothing(
    sandbox, estimates_at, operation, values, price
):
    assert (await estimates_at(sandbox.url).ask(KEY, operation, values)).credits == price
    assert sandbox.requests == []
    assert sandbox.spent(KEY) == 0


@pytest.mark.parametrize(
    ("operation", "values"), [("image.generate", {}), ("no.such", IMAGE), ("video.upscale", {"prompt": "x"})]
)
async def test_what_cannot_be_made_has_no_estimate(sandbox, estimates_at, operation, values):
    assert (await estimates_at(sandbox.url).ask(KEY, operation, values)).credits is None


async def test_a_key_that_is_not_taken_gets_no_estimate(sandbox, estimates_at):
    sandbox.revoke_key(KEY)
    assert (await estimates_at(sandbox.url).ask(KEY, "image.generate", IMAGE)).credits is None


async def test_nobody_there_is_no_estimate(estimates_at):
    assert (await estimates_at("http://127.0.0.1:9").ask(KEY, "image.generate", IMAGE)).credits is None


# ---------------------------------------------------------------------- what is sent and read


async def test_the_call_is_json_rpc_with_the_key_in_its_header_only(serve, estimates_at):
    seen = []

    async def handler(request):
        seen.append((request.method, request.path, request.headers, await request.json()))
        return web.json_response(told({"ok": True, "estimatedCredits": 3}))

    await estimates_at(await serve(handler)).ask(KEY, "image.generate", IMAGE)
    [(method, path, headers, body)] = seen
    assert (method, path) == ("POST", "/mcp")
    assert headers["x-api-key"] == KEY
    assert {"application/json", "text/event-stream"} <= {each.strip() for each in headers["accept"].split(",")}
    assert body["jsonrpc"] == "2.0"
    assert body["method"] == "tools/call"
    assert body["params"] == {"name": TOOL, "arguments": {"operation": "image.generate", "input": IMAGE}}
    assert KEY not in json.dumps(body)


GOOD = json.dumps({"estimatedCredits": 12.5})


@pytest.mark.parametrize(
    ("answer", "price"),
    [
        (told({"ok": True, "estimatedCredits": 12.5}), "12.5"),
        (told({"estimatedCredits": "12.5"}), "12.5"),
        (told({"estimatedCredits": 0}), "0"),
        (told(None, GOOD), "12.5"),
        (told({"other": 1}, GOOD), "12.5"),
        (told({"ok": False, "estimatedCredits": 12.5}), None),
        (told({"estimatedCredits": 12.5}, isError=True), None),
        (told({"estimatedCredits": None}), None),
        (told({"estimatedCredits": -1}), None),
        (told({"estimatedCredits": True}), None),
        (told({"estimatedCredits": [1]}), None),
        (told({"estimatedCredits": 10**12}), None),
        (told(None, "about twelve"), None),
        (told(None, "[" * 100_000), None),
        (told("12"), None),
        (told(None) | {"result": {"content": 5}}, None),
        (told(None) | {"result": [1]}, None),
        ({"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "no"}}, None),
        ([], None),
        (None, None),
    ],
)
async def test_the_estimate_is_read_where_it_may_stand_and_nothing_else_is_believed(serve, estimates_at, answer, price):
    async def handler(request):
        return web.json_response(answer)

    found = (await estimates_at(await serve(handler)).ask(KEY, "image.generate", IMAGE)).credits
    assert found == (None if price is None else Decimal(price))


async def test_a_redirect_is_not_followed_so_that_the_key_goes_nowhere_else(serve, estimates_at):
    strangers = []

    async def stranger(request):
        strangers.append(request.headers.get("x-api-key"))
        return web.json_response(told({"estimatedCredits": 7}))

    elsewhere = await serve(stranger)

    async def handler(request):
        raise web.HTTPTemporaryRedirect(f"{elsewhere}/mcp")

    assert (await estimates_at(await serve(handler)).ask(KEY, "image.generate", IMAGE)).credits is None
    assert strangers == []


async def test_neither_key_nor_prompt_is_logged(sandbox, estimates_at, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    sandbox.fault("mcp", "garbage")
    assert (await estimates_at(sandbox.url).ask(KEY, "image.generate", {"prompt": "canary words"})).credits is None
    out, err = capfd.readouterr()
    assert "mcp.failed" in out + err + caplog.text
    for secret in (KEY, "canary words"):
        assert secret not in out + err + caplog.text
