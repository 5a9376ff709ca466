"""The MCP client against the sandbox over real sockets: each kind of server that the real one may be."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from aiohttp import web

from bot.cannon.discovery import Discovery
from bot.cannon.estimates import EstimateAnswer, EstimateOutcome, Estimates
from bot.cannon.mcp import McpClient, McpError, McpFailure
from bot.catalogue import Catalogue
from sandbox.server import Sandbox
from tests.support.machine import slowness

T = TypeVar("T")

KEY = "cs_test_mcp_client_0000beef"
IMAGE = {"prompt": "a fox"}
ERAS = ("", "old", "sessions", "stateless")
STREAMS = (("json",), (), ("empty", "before", "after", "lines"))
AUTHS = ("x-api-key", "bearer")
STATUSES = (400, 401, 403, 404, 405, 406, 429)
OUTCOMES = {
    400: EstimateOutcome.NOT_UNDERSTOOD,
    401: EstimateOutcome.REFUSED,
    403: EstimateOutcome.REFUSED,
    404: EstimateOutcome.NOT_UNDERSTOOD,
    405: EstimateOutcome.NOT_UNDERSTOOD,
    406: EstimateOutcome.NOT_UNDERSTOOD,
    429: EstimateOutcome.SILENT,
}


@dataclass
class Server:
    """The sandbox, and clients of it that know nothing yet."""

    sandbox: Sandbox
    stack: AsyncExitStack

    def vary(self, **options: Any) -> None:
        base = {"mcp_era": "", "mcp_stream": [], "mcp_auth": "", "mcp_faults": "", "mcp_demands": []}
        self.sandbox.vary(**{**base, "mcp_estimate": "", "mcp_cold_s": 0.0, **options})
        self.sandbox.mcp_calls.clear()

    def client(self, **options: Any) -> McpClient:
        made = McpClient(self.sandbox.url, **options)
        self.stack.push_async_callback(made.aclose)
        return made

    @property
    def posts(self) -> list[str]:
        return self.sandbox.mcp_calls


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Sandbox() as sandbox, AsyncExitStack() as stack:
        sandbox.add_key(KEY)
        yield Server(sandbox, stack)


async def price(client: McpClient, **values: Any) -> EstimateAnswer:
    return await Estimates(client).ask(KEY, "image.generate", {**IMAGE, **values})


def priced(credits_: int) -> EstimateAnswer:
    return EstimateAnswer(EstimateOutcome.ANSWERED, Decimal(credits_))


REPRESENTATIVE = [
    ("", (), "x-api-key"),
    ("old", ("json",), "x-api-key"),
    ("sessions", ("empty", "before", "after", "lines"), "bearer"),
    ("stateless", (), "bearer"),
]


def cells() -> list[Any]:
    every = itertools.product(ERAS, STREAMS, AUTHS)
    marks = {cell: () if cell in REPRESENTATIVE else (pytest.mark.long,) for cell in every}
    return [pytest.param(*cell, marks=mark, id="-".join(map(str, cell))) for cell, mark in marks.items()]


@pytest.mark.parametrize(("era", "stream", "auth"), cells())
async def test_each_kind_of_server_tells_a_price_a_bad_input_and_a_refused_key_apart(
    server: Server, era: str, stream: tuple[str, ...], auth: str
):
    for faults in ("", "rpc", "result"):
        server.vary(mcp_era=era, mcp_stream=list(stream), mcp_auth=auth, mcp_faults=faults)
        client = server.client()
        assert await price(client) == priced(12)
        assert await price(client, resolution="4K") == priced(28)
        assert await price(client, prompt="") == EstimateAnswer(EstimateOutcome.UNPRICED)
        server.sandbox.revoke_key(KEY)
        assert await price(client) == EstimateAnswer(EstimateOutcome.REFUSED)
        server.sandbox.restore_key(KEY)
        assert await price(client) == priced(12)


@pytest.mark.parametrize(("era", "stream", "auth"), cells())
async def test_each_status_is_told_as_what_it_is_and_the_next_call_works(
    server: Server, era: str, stream: tuple[str, ...], auth: str
):
    for status, knows in itertools.product(STATUSES, (False, True)):
        server.vary(mcp_era=era, mcp_stream=list(stream), mcp_auth=auth)
        client = server.client()
        if knows:
            assert await price(client) == priced(12)
        server.sandbox.fault("mcp", "status", times=None, status=status)
        assert (await price(client)).outcome is OUTCOMES[status], status
        server.sandbox.faults.clear()
        assert await price(client) == priced(12), status


@pytest.mark.parametrize("era", ["", pytest.param("sessions", marks=pytest.mark.long)])
async def test_a_cold_start_is_waited_for_and_happens_once(server: Server, era: str):
    server.vary(mcp_era=era, mcp_cold_s=0.2)
    client = server.client(timeout_s=0.1)
    assert (await price(client)).outcome is EstimateOutcome.SILENT
    client = server.client()
    assert await price(client) == priced(12)


@pytest.mark.parametrize(
    ("era", "first", "later"),
    [
        ("", ["tools/call"], ["tools/call"]),
        ("old", ["tools/call"], ["tools/call"]),
        ("sessions", ["tools/call", "initialize", "notifications/initialized", "tools/call"], ["tools/call"]),
        ("stateless", ["tools/call", "tools/call"], ["tools/call"]),
    ],
)
async def test_what_worked_is_remembered(server: Server, era: str, first: list[str], later: list[str]):
    server.vary(mcp_era=era)
    client = server.client()
    for posts in (first, later, later):
        assert await price(client) == priced(12)
        assert server.posts == posts
        server.posts.clear()


async def test_the_other_header_for_keys_is_remembered_and_no_other_key_forgets_it(server: Server):
    server.vary(mcp_auth="bearer")
    client = server.client()
    assert await price(client) == priced(12)
    assert len(server.posts) == 2
    server.sandbox.revoke_key("cs_test_another_key")
    assert (await Estimates(client).ask("cs_test_another_key", "image.generate", IMAGE)).outcome is (
        EstimateOutcome.REFUSED
    )
    server.posts.clear()
    assert await price(client) == priced(12)
    assert len(server.posts) == 1


async def test_an_ended_session_is_opened_again_once(server: Server):
    server.vary(mcp_era="sessions")
    client = server.client()
    assert await price(client) == priced(12)
    server.sandbox.mcp_sessions.clear()
    server.posts.clear()
    assert await price(client) == priced(12)
    assert server.posts == ["tools/call", "initialize", "notifications/initialized", "tools/call"]


async def test_calls_at_once_open_one_session_and_each_key_has_its_own(server: Server):
    server.vary(mcp_era="sessions")
    client = server.client()
    assert await asyncio.gather(*(price(client) for _ in range(4))) == [priced(12)] * 4
    assert server.posts.count("initialize") == 1
    other = "cs_test_another_key"
    assert (await Estimates(client).ask(other, "image.generate", IMAGE)).credits == 12
    assert server.posts.count("initialize") == 2


@pytest.mark.parametrize(("before", "after"), [("", "sessions"), ("sessions", "stateless"), ("stateless", "")])
async def test_a_server_that_changes_its_era_is_found_again_within_two_calls(server: Server, before: str, after: str):
    server.vary(mcp_era=before)
    client = server.client()
    assert await price(client) == priced(12)
    server.vary(mcp_era=after)
    assert priced(12) in [await price(client), await price(client)]
    assert await price(client) == priced(12)


@pytest.mark.parametrize("form", ["bare", "response"])
async def test_the_estimate_is_found_without_ok_and_under_response(server: Server, form: str):
    server.vary(mcp_estimate=form, mcp_demands=["model", "aspect_ratio"])
    assert (await price(server.client())).outcome is EstimateOutcome.UNPRICED
    assert await price(server.client(), model="gptimage2", aspect_ratio="16:9") == priced(12)


async def test_public_tools_need_no_key_and_others_are_refused_without(server: Server):
    server.vary(mcp_era="stateless")
    client = server.client()
    described = await client.call("get_api_operation", {"operation": "image.generate"})
    assert described.objects[0]["operation"]["id"] == "image.generate"
    found = await client.call("get_model_availability", {"surface": "image-api"})
    assert "gptimage2" in str(found.objects)
    assert [each["name"] for each in (await client.request("tools/list", {}))["tools"]][:1] == [
        "estimate_generation_cost"
    ]
    with pytest.raises(McpError) as refused:
        await client.call("estimate_generation_cost", {})
    assert refused.value.failure is McpFailure.REFUSED


# ---------------------------------------------------------------------- servers that no sandbox plays

Answering = Callable[[dict[str, Any], web.Request], web.StreamResponse]


@pytest.fixture
async def scripted(serve: Any) -> AsyncIterator[Callable[[Answering], Any]]:
    """Return a client of a server that answers a call's body by the function given."""
    async with AsyncExitStack() as stack:

        async def start(answering: Answering) -> McpClient:
            async def handle(request: web.Request) -> web.StreamResponse:
                return answering(await request.json(), request)

            client = McpClient(await serve(handle), timeout_s=20.0)
            stack.push_async_callback(client.aclose)
            return client

        yield start


def result(body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": body.get("id"), "result": {"structuredContent": {"estimatedCredits": 12}}} | changes


def events(*messages: Any, end: str = "\n") -> web.Response:
    text = "".join(f"data: {json.dumps(each)}{end}{end}" for each in messages)
    return web.Response(text=text, content_type="text/event-stream")


async def test_the_answer_is_found_by_its_id_wherever_it_is(scripted: Any):
    client = await scripted(lambda body, _: events(result({"id": 999}), {"method": "x"}, result(body), {"method": "y"}))
    assert await price(client) == priced(12)
    client = await scripted(lambda body, _: web.json_response([{"method": "x"}, result(body)]))
    assert await price(client) == priced(12)
    client = await scripted(lambda body, _: events(result({"id": 999})))
    assert await price(client) == EstimateAnswer(EstimateOutcome.SILENT)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
async def test_every_line_end_of_a_stream_is_read(scripted: Any, end: str):
    client = await scripted(lambda body, _: events("", {"method": "x"}, result(body), end=end))
    assert await price(client) == priced(12)


async def test_an_answer_is_taken_before_the_stream_ends(serve: Any):
    async def handle(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        for piece in (f"data: {json.dumps(result(await request.json()))}\n", "\n"):
            await stream.write(piece.encode())
        await asyncio.Event().wait()
        return stream

    client = McpClient(await serve(handle), timeout_s=20.0)
    assert await price(client) == priced(12)
    await client.aclose()


async def test_the_official_servers_complaint_about_meta_leads_to_the_stateless_form(scripted: Any):
    """Its 2.x releases answer a bare call with 400 and -32602."""

    def answering(body: dict[str, Any], request: web.Request) -> web.StreamResponse:
        if "_meta" not in body["params"]:
            error = {"code": -32602, "message": "params._meta must be an object"}
            return web.json_response({"jsonrpc": "2.0", "id": body["id"], "error": error}, status=400)
        assert request.headers["Mcp-Method"] == "tools/call"
        assert request.headers["Mcp-Name"] == "estimate_generation_cost"
        assert request.headers["MCP-Protocol-Version"] == "2026-07-28"
        return web.json_response(result(body))

    assert await price(await scripted(answering)) == priced(12)


@pytest.mark.parametrize("supported", [["2027-01-01", "2099-01-01"], ["2027-01-01", 5, None, "draft"]])
async def test_a_version_that_the_server_supports_is_named(scripted: Any, supported: list[Any]):
    def answering(body: dict[str, Any], request: web.Request) -> web.StreamResponse:
        if request.headers.get("MCP-Protocol-Version") == "2027-01-01":
            return web.json_response(result(body))
        error = {"code": -32022, "message": "no", "data": {"supported": supported}}
        return web.json_response({"jsonrpc": "2.0", "id": body["id"], "error": error}, status=400)

    assert await price(await scripted(answering)) == priced(12)


async def test_a_server_that_asks_for_ever_new_forms_is_left_after_seven_calls(scripted: Any):
    posts: list[str] = []

    def answering(body: dict[str, Any], _: web.Request) -> web.StreamResponse:
        posts.append(body["method"])
        error = {"code": -32022, "message": "no", "data": {"supported": [f"2027-01-{len(posts):02}"]}}
        return web.json_response({"jsonrpc": "2.0", "id": body["id"], "error": error}, status=400)

    assert (await price(await scripted(answering))).outcome is EstimateOutcome.NOT_UNDERSTOOD
    assert len(posts) == 7


BAD = {
    "no_json": lambda _: web.Response(text="Welcome!", content_type="application/json"),
    "page": lambda _: web.Response(text="<html>", content_type="text/html"),
    "empty": lambda _: web.Response(),
    "10_mb": lambda body: web.json_response(result(body, padding="x" * 10_000_000)),
    "10_mb_stream": lambda body: events({"padding": "x" * 10_000_000}, result(body)),
    "deep": lambda body: web.Response(text=json.dumps(result(body))[:-1] + ',"x":' + "[" * 1000 + "]" * 1000 + "}"),
    "deeper": lambda _: web.Response(text="[" * 100_000 + "]" * 100_000),
    "deep_stream": lambda _: events(json.loads("[" * 900 + "]" * 900)),
    "repeated_id": lambda body: web.json_response([result(body), result(body)]),
    "foreign_id": lambda _: web.json_response(result({"id": "1"})),
    "no_result": lambda body: web.json_response({"jsonrpc": "2.0", "id": body["id"], "result": 5}),
    "not_utf8": lambda _: web.Response(body=b'{"a": "\xff"}', content_type="application/json"),
    "nan_credits": lambda body: web.json_response(
        result(body, result={"structuredContent": {"estimatedCredits": "NaN"}})
    ),
}


@pytest.mark.parametrize("bad", BAD)
async def test_a_bad_answer_is_one_line_in_the_log_and_no_price(
    scripted: Any, bad: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    caplog.set_level(logging.DEBUG)
    client = await scripted(lambda body, _: BAD[bad](body))
    begun = time.monotonic()
    assert await price(client) == EstimateAnswer(EstimateOutcome.SILENT)
    assert time.monotonic() - begun < 10, "it is not waited for a better one"
    out, err = capfd.readouterr()
    lines = [line for line in (out + err + caplog.text).splitlines() if "failed" in line or "unreadable" in line]
    assert len(lines) == 1, lines
    assert "a fox" not in out + err + caplog.text


# ---------------------------------------------------------------------- answers in crumbs


async def longest_pause(work: Coroutine[Any, Any, T]) -> tuple[T, float]:
    """Return what `work` does, and for how long the event loop did nothing else, in seconds."""
    gaps, task = [0.0], asyncio.create_task(work)
    while not task.done():
        begun = time.perf_counter()
        await asyncio.sleep(0.01)
        gaps.append(time.perf_counter() - begun)
    return await task, max(gaps)


def crumbs(body: dict[str, Any], pieces: int = 40_000) -> web.StreamResponse:
    tools = [{"name": name, "inputSchema": {}} for name in ("get_api_operation", "get_model_availability")]
    content = [{"text": str(number)} for number in range(pieces)]
    return web.json_response(result(body, result={"content": content, "tools": tools}))


async def test_an_answer_in_40_000_pieces_does_not_hold_the_loop(scripted: Any):
    client = await scripted(lambda body, _: crumbs(body))
    found, pause_s = await longest_pause(price(client))
    assert found == EstimateAnswer(EstimateOutcome.SILENT)
    assert pause_s < 1 * slowness()


async def test_a_reading_of_all_tools_in_crumbs_ends_with_a_free_loop(scripted: Any):
    client = await scripted(lambda body, _: crumbs(body, 200 if body["method"] == "tools/list" else 40_000))
    found, pause_s = await longest_pause(Discovery(client).read(Catalogue()))
    assert found.answers == {}
    assert found.failure is McpFailure.UNREACHED
    assert pause_s < 1 * slowness()


async def test_of_many_pieces_the_first_64_are_read(scripted: Any):
    client = await scripted(lambda body, _: crumbs(body, 1_000))
    assert list((await client.call("any", {})).parts) == list(map(str, range(64)))


async def test_events_without_an_answer_are_left_after_64(scripted: Any):
    client = await scripted(lambda body, _: events(*[{"note": number} for number in range(65)], result(body)))
    assert await price(client) == EstimateAnswer(EstimateOutcome.SILENT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## Estimate\n\n- Model: Seedream 5.0 Lite\n- Cost: **12 credits**", priced(12)),
        ("This costs 4.5 credits.", EstimateAnswer(EstimateOutcome.ANSWERED, Decimal("4.5"))),
        ("Between 4 credits and 8 credits.", EstimateAnswer(EstimateOutcome.UNPRICED)),
        ("It depends on the length.", EstimateAnswer(EstimateOutcome.UNPRICED)),
    ],
)
async def test_a_price_told_in_text_alone_is_read_if_it_is_one(scripted: Any, text: str, expected: EstimateAnswer):
    client = await scripted(
        lambda body, _: web.json_response(result(body, result={"content": [{"type": "text", "text": text}]}))
    )
    assert await price(client) == expected
