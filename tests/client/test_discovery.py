"""Discovery over real sockets: each form of the sandbox's answers, ids unlike every guess, and bad answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.app.catalogue import documents_of
from bot.cannon.discovery import MODELS, OPERATION, Discovered, Discovery
from bot.cannon.mcp import McpClient, McpFailure
from bot.catalogue import OPERATIONS, Catalogue, merge
from sandbox.server import Sandbox

RENAMED = {
    "sora2.character.create": "sora2.cast.add",
    "sora2.character.generate": "sora2.cast.film",
    "prompt.enhance.location": "prompt.enhance.worldbuilder",
}
NAMES = sorted({model.name for operation in OPERATIONS for model in operation.models})
MODEL_IDS = {name: f"vx-{number}" for number, name in enumerate(NAMES, start=900)}
BUILT_IN = Catalogue(allow_local=True)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as made:
        yield made


async def read(url: str) -> Discovered:
    client = McpClient(url)
    try:
        return await Discovery(client).read(BUILT_IN)
    finally:
        await client.aclose()


def learned(found: Discovered) -> Catalogue:
    return merge(BUILT_IN, *documents_of(found.answers))


@pytest.mark.parametrize("form", ["", "schema"])
@pytest.mark.parametrize("place", ["enum", "toolkits"])
async def test_every_operation_and_model_is_led_to_its_true_id(sandbox: Sandbox, form: str, place: str):
    sandbox.vary(renamed=RENAMED, model_ids=MODEL_IDS, mcp_operation=form, mcp_names=[place])
    found = await read(sandbox.url)
    assert (found.failure, found.dropped) == (None, [])
    catalogue = learned(found)
    for operation in OPERATIONS:
        true = catalogue.resolve(operation.id)
        assert (true.id, true.offered) == (RENAMED.get(operation.id, operation.id), True)
        for model in operation.models:
            [now] = [each for each in true.models if each.name == model.name and each.offered]
            assert now.id == MODEL_IDS[model.name], (operation.id, model.name)
        assert len([each for each in true.models if each.offered]) == len(operation.models)
    assert len([each for each in catalogue.operations.values() if each.offered]) == len(OPERATIONS)
    assert sandbox.posts == 0


@pytest.mark.parametrize("form", ["", "schema"])
async def test_fields_are_read_in_each_form_and_nothing_becomes_narrower(sandbox: Sandbox, form: str):
    sandbox.vary(mcp_operation=form, required_fields={"image.generate": ("tenant_id",)})
    catalogue = learned(await read(sandbox.url))
    for operation in OPERATIONS:
        now = {field.name: field for field in catalogue.get(operation.id).fields}
        for field in operation.fields:
            assert now[field.name].kind is field.kind, (operation.id, field.name)
            assert now[field.name].offered
            assert now[field.name].required is field.required
    new = catalogue.get("image.generate").field("tenant_id")
    assert (new.required, new.rule_inferred) == (True, True), "asked about, not refused"


async def test_models_are_read_from_the_surfaces_alone(sandbox: Sandbox):
    sandbox.vary(model_ids=MODEL_IDS)
    found = await read(sandbox.url)
    only = {key: body for key, body in found.answers.items() if key[0] == MODELS}
    catalogue = merge(BUILT_IN, *documents_of(only))
    for operation in OPERATIONS:
        if operation.workflow in {"image", "video", "sora", "3d"}:
            offered = [each for each in catalogue.get(operation.id).models if each.offered]
            assert {each.name: each.id for each in offered} == {each.name: MODEL_IDS[each.name] for each in offered}
            assert len(offered) == len(operation.models)


async def test_what_is_gone_is_no_longer_offered_and_what_was_not_read_stays(sandbox: Sandbox):
    sandbox.vary(vanished=["sora2.video.remix"])
    found = await read(sandbox.url)
    assert found.answers[OPERATION, "sora2.video.remix"] == "null"
    del found.answers[OPERATION, "sora2.video.edit"]
    catalogue = learned(found)
    assert not catalogue.get("sora2.video.remix").offered
    assert catalogue.get("sora2.video.edit").offered


async def test_a_server_without_the_tools_changes_nothing_and_is_called_once(sandbox: Sandbox):
    sandbox.fault("mcp", "status", times=None, status=404)
    with capture_logs() as lines:
        found = await read(sandbox.url)
    assert (found.failure, found.answers) == (McpFailure.NOT_UNDERSTOOD, {})
    assert [line["event"] for line in lines] == ["discovery.read"]


def tool(name: str, *properties: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {each: {"type": "string"} for each in properties}}
    return {"name": name, "inputSchema": schema}


Answer = Callable[[str, dict[str, Any]], Any]


@pytest.fixture
async def vendor() -> AsyncIterator[Callable[..., Any]]:
    """Start an MCP server whose `answer(tool, arguments)` gives a result, or a whole body as text."""
    async with AsyncExitStack() as stack:

        async def start(answer: Answer, *properties: str) -> str:
            async def handle(request: web.Request) -> web.Response:
                body = await request.json()
                tools = [tool("get_api_operation", *properties), tool("get_model_availability", "surface")]
                if body["method"] == "tools/list":
                    result: Any = {"tools": tools}
                else:
                    result = answer(body["params"]["name"], body["params"]["arguments"])
                if isinstance(result, str):
                    return web.Response(text=result, content_type="application/json")
                return web.json_response({"jsonrpc": "2.0", "id": body["id"], "result": result})

            runner = web.AppRunner(web.Application(client_max_size=2**26), access_log=None, shutdown_timeout=0.1)
            runner.app.router.add_post("/mcp", handle)
            stack.push_async_callback(runner.cleanup)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            return f"http://127.0.0.1:{runner.addresses[0][1]}"

        yield start


def told(found: Any) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": json.dumps(found)}], "structuredContent": found}


@pytest.mark.parametrize("argument", ["operation", "operation_id", "operationId", "id", "slug"])
async def test_the_argument_is_called_what_the_tools_list_calls_it(vendor: Any, argument: str):
    def answer(name: str, arguments: dict[str, Any]) -> Any:
        if name == "get_api_operation" and argument in arguments:
            return told({"id": arguments[argument], "title": "One of them", "fields": ["prompt"]})
        return {"content": [{"type": "text", "text": f"{argument} is required"}], "isError": True}

    found = await read(await vendor(answer, argument))
    assert {key[1] for key in found.answers if key[0] == OPERATION} == set(BUILT_IN.operations)


def deep(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


BAD: dict[str, Any] = {
    "not JSON": lambda name, given: "<html>It works</html>",
    "10 MB": lambda name, given: told({"id": "image.generate", "filler": "x" * 10_000_000}),
    "nested": lambda name, given: deep(1_000),
    "text nested": lambda name, given: {"content": [{"type": "text", "text": deep(1_000)}]},
    "list nested": lambda name, given: {"content": [{"type": "text", "text": "[" * 1_000 + "]" * 1_000}]},
    "another operation": lambda name, given: told({"id": "video.dream", "fields": ["captcha"], "note": str(given)}),
    "repeated ids": lambda name, given: told(
        {"models": [{"id": "x1", "name": "Flux 2"}, {"id": "x1", "name": "Flux 2 Pro"}], **given}
    ),
    "the same for all": lambda name, given: told({"title": "Create a request", "fields": ["operation", "captcha"]}),
    "empty": lambda name, given: {},
    "null": lambda name, given: told({"operation": None}),
    "trouble": lambda name, given: told({"ok": False, "status": 503, "error": "operation not found yet"}),
}


@pytest.mark.parametrize("kind", BAD)
async def test_a_bad_answer_is_one_line_of_the_log_and_changes_nothing(vendor: Any, kind: str):
    url = await vendor(BAD[kind], "operation")
    with capture_logs() as lines:
        found = await read(url)
    assert [line["event"] for line in lines] == ["discovery.read"]
    kept = {key: body for key, body in found.answers.items() if key[0] in {OPERATION, MODELS}}
    assert kept == {}
    assert learned(found) is BUILT_IN
