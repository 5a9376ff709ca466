"""What goes over the wire, and how each good answer is read."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from decimal import Decimal

import httpx
import pytest
from aiohttp import web

from bot.cannon.wire import RemoteStatus
from bot.errors import CannonUnavailable, InputRefused, KeyRefused, RequestNotFound, UnreadableAnswer
from tests.support.machine import slowness

KEY, OTHER_KEY = "cs_test_0123456789abcdef", "cs_test_fedcba9876543210"
QUEUED = {
    "id": "req_z9",
    "status": "queued",
    "operation": "image.generate",
    "poll_after_ms": 2000,
    "urls": {"get": "http://169.254.169.254/steal"},
}
DONE = {
    "id": "req_z9",
    "operation": "image.generate",
    "status": "succeeded",
    "billableCredits": 12,
    "createdAtMs": 1780000000000,
    "startedAtMs": 1780000001000,
    "completedAtMs": 1780000030000,
    "errorMessage": None,
    "output": {"image_url": "https://storage.googleapis.com/bucket/a1.png"},
}


def answering(document, *, status=200, headers=None, seen=None):
    async def handler(request):
        if seen is not None:
            seen.append((request, await request.read()))
        return web.json_response(document, status=status, headers=headers)

    return handler


async def test_status_tells_the_credits_the_plan_and_the_scopes(serve, client_for):
    document = {
        "ok": True,
        "creditsRemaining": 500.25,
        "account": {"email": "dev@studio.example", "plan": "trial"},
        "apiKey": {"name": "Staging", "scopes": ["requests:read", 7]},
    }
    client = await client_for(await serve(answering(document)))
    status = await client.status(KEY)
    assert (status.credits, status.plan) == (Decimal("500.250"), "trial")
    assert status.scopes == ("requests:read",)


async def test_submit_posts_the_documented_body_with_key_and_idempotency_key(serve, client_for):
    seen = []
    client = await client_for(await serve(answering(QUEUED, status=202, seen=seen)))
    accepted = await client.submit(
        KEY, "image.generate", {"prompt": "fog \ud800"}, idempotency_key="k1", webhook_url="https://hooks.example/x"
    )
    ((request, body),) = seen
    assert (request.method, request.path) == ("POST", "/api/v1/requests")
    assert request.headers["x-api-key"] == KEY
    assert request.headers["x-idempotency-key"] == "k1"
    assert request.headers["accept-encoding"] == "identity"
    assert json.loads(body) == {
        "operation": "image.generate",
        "input": {"prompt": "fog \ud800"},
        "webhook_url": "https://hooks.example/x",
    }
    assert (accepted.remote_id, accepted.status, accepted.poll_after_s) == ("req_z9", RemoteStatus.QUEUED, 2.0)


async def test_without_a_webhook_the_body_has_no_webhook_url(serve, client_for):
    seen = []
    client = await client_for(await serve(answering(QUEUED, status=202, seen=seen)))
    await client.submit(KEY, "image.generate", {}, idempotency_key="k1")
    assert "webhook_url" not in json.loads(seen[0][1])


async def test_an_input_that_is_not_json_is_refused_without_a_call(serve, client_for):
    seen = []
    client = await client_for(await serve(answering(QUEUED, seen=seen)))
    with pytest.raises(InputRefused):
        await client.submit(KEY, "image.generate", {"seed": float("nan")}, idempotency_key="k1")
    assert seen == []


async def test_get_reads_cost_times_and_output(serve, client_for):
    client = await client_for(await serve(answering(DONE)))
    progress = await client.get(KEY, "req_z9")
    assert progress.status is RemoteStatus.SUCCEEDED
    assert progress.cost == Decimal(12)
    assert (progress.created_at, progress.started_at, progress.completed_at) == (1780000000, 1780000001, 1780000030)
    assert progress.output["image_url"].endswith("a1.png")


@pytest.mark.parametrize("remote_id", ["../status", "a/b", "a?b", "", "..", "a b", "é", "x" * 201])
async def test_an_id_that_could_be_another_path_is_never_asked_for(remote_id, serve, client_for):
    seen = []
    client = await client_for(await serve(answering(DONE, seen=seen)))
    with pytest.raises(RequestNotFound):
        await client.get(KEY, remote_id)
    assert seen == []


@pytest.mark.parametrize("key", ["", "  ", "schlüssel", "a\r\nx-evil: 1", "a\x00b"])
async def test_a_key_that_cannot_be_a_header_is_refused_without_a_call(key, serve, client_for):
    seen = []
    client = await client_for(await serve(answering(DONE, seen=seen)))
    with pytest.raises(KeyRefused):
        await client.status(key)
    assert seen == []


async def test_a_poll_sends_the_headers_of_any_call_and_no_others(serve, client_for):
    seen = []
    client = await client_for(await serve(answering({**DONE, "ok": True}, seen=seen)))
    await client.status(KEY)
    await client.get(KEY, "req_z9")
    any_call, poll = (dict(request.headers) for request, _ in seen)
    assert {name.lower(): value for name, value in poll.items()} == {
        name.lower(): value for name, value in any_call.items()
    }


async def test_a_poll_asks_the_whole_address(client_for):
    seen = []

    def answer(request):
        seen.append((str(request.url), request.headers["x-api-key"]))
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps(DONE).encode()))

    client = await client_for("https://studio.example/v", transport=httpx.MockTransport(answer))
    assert (await client.get(KEY, "req_z9")).status is RemoteStatus.SUCCEEDED
    assert seen == [("https://studio.example/v/api/v1/requests/req_z9", KEY)]


async def test_openapi_asks_with_its_tag_and_tells_unchanged_from_new(serve, client_for):
    async def handler(request):
        if request.headers.get("if-none-match") == '"v1"':
            return web.Response(status=304)
        return web.json_response({"openapi": "3.1.0"}, headers={"etag": '"v1"'})

    client = await client_for(await serve(handler))
    answer = await client.openapi()
    assert answer.document == {"openapi": "3.1.0"}
    assert await client.openapi(KEY, etag=answer.etag) is None


@pytest.mark.parametrize("tag", ["x" * 201, "caf\u00e9"])
async def test_a_tag_that_could_not_be_sent_back_is_not_kept(tag, serve, client_for):
    client = await client_for(await serve(answering({}, headers={"etag": tag})))
    assert (await client.openapi()).etag is None


async def test_a_status_that_is_not_ok_tells_why(serve, client_for):
    client = await client_for(await serve(answering({"ok": False, "message": "Maintenance"})))
    with pytest.raises(UnreadableAnswer, match="Maintenance"):
        await client.status(KEY)


async def test_a_cookie_of_one_answer_is_not_sent_with_another_key(serve, client_for):
    seen = []
    client = await client_for(
        await serve(answering({"ok": True}, headers={"set-cookie": "session=alice; Path=/"}, seen=seen))
    )
    await client.status(KEY)
    await client.status("cs_test_of_another_guild")
    assert [request.headers.get("cookie") for request, _ in seen] == [None, None]


async def test_nothing_secret_is_logged(serve, client_for, caplog, capsys):
    caplog.set_level(logging.DEBUG)

    async def handler(request):
        return web.Response(status=500, text="body-canary")

    client = await client_for(await serve(handler))
    with pytest.raises(CannonUnavailable):
        await client.get(KEY, "req_canary")
    dead = await client_for("http://127.0.0.1:1")
    with pytest.raises(CannonUnavailable):
        await dead.get(KEY, "req_canary")
    out = caplog.text + "".join(capsys.readouterr())
    assert "cannon.no_answer" in out
    assert not any(word in out for word in (KEY, "req_canary", "body-canary"))


async def test_no_error_carries_the_key_in_its_chain(client_for):
    dead = await client_for("http://127.0.0.1:1")
    with pytest.raises(CannonUnavailable) as caught:
        await dead.status(KEY)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


async def test_one_client_keeps_fifty_calls_in_flight_quickly(serve_raw, client_for):
    body = json.dumps(DONE).encode()
    answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)

    async def talk(reader, writer):
        while True:
            writer.write(answer)
            await writer.drain()
            await reader.readuntil(b"\r\n\r\n")

    client = await client_for(await serve_raw(talk))

    async def worker():
        for _ in range(20):
            await client.get(KEY, "req_z9")

    await asyncio.gather(*(worker() for _ in range(50)))
    started = time.process_time()
    await asyncio.gather(*(worker() for _ in range(50)))
    per_second = 1000 / (time.process_time() - started)
    assert per_second > 700 / slowness(), f"{per_second:.0f} GETs a second of one core, server included"
