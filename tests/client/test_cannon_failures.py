"""Every way in which the API can misbehave ends in one typed error, in time and within the cap."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cannon import wire
from bot.cannon.client import ANSWER_LIMIT_BYTES, CannonClient
from bot.errors import (
    CannonError,
    CannonUnavailable,
    IdempotencyClash,
    InputRefused,
    KeyRefused,
    OutOfCredits,
    RateLimited,
    RequestNotFound,
    UnreadableAnswer,
)
from bot.runtime.clock import SystemClock

KEY = "cs_test_0123456789abcdef"
NOW = 1_780_000_000.0  # 2026-05-28 20:26:40 UTC


def saying(body, *, status=200, content_type="application/json", headers=None):
    async def handler(request):
        data = body.encode() if isinstance(body, str) else body
        return web.Response(status=status, body=data, headers={"content-type": content_type, **(headers or {})})

    return handler


@pytest.mark.parametrize(
    ("status", "leaf"),
    [
        (400, InputRefused),
        (401, KeyRefused),
        (402, OutOfCredits),
        (403, KeyRefused),
        (404, RequestNotFound),
        (405, InputRefused),
        (408, CannonUnavailable),
        (409, IdempotencyClash),
        (410, RequestNotFound),
        (413, InputRefused),
        (422, InputRefused),
        (429, RateLimited),
        (500, CannonUnavailable),
        (502, CannonUnavailable),
        (503, CannonUnavailable),
        (504, CannonUnavailable),
        (302, UnreadableAnswer),
    ],
)
async def test_each_status_has_its_leaf_with_the_apis_sentence(status, leaf, serve, client_for):
    client = await client_for(await serve(saying('{"error": {"message": "Because of tests"}}', status=status)))
    with pytest.raises(CannonError) as caught:
        await client.submit(KEY, "image.generate", {}, idempotency_key="k")
    assert type(caught.value) is leaf
    assert caught.value.status == status
    assert "Because of tests" in caught.value.sentence


PAGE = "<!doctype html><html><body>Just a moment</body></html>"
NOT_ITS_OWN = {
    "a page": (PAGE, "text/html; charset=utf-8"),
    "a page called JSON": (PAGE, "application/json"),
    "JSON called a page": ('{"message": "no route"}', "text/html"),
    "a word": ("404 page not found", "text/plain"),
    "nothing": ("", "application/json"),
    "JSON without words": ('{"code": 7, "error": {"message": " "}}', "application/json"),
    "a list": ('[{"message": "no route"}]', "application/json"),
    "broken off": ('{"error": {"message": "There is no su', "application/json"),
}
OWN = {
    "nested": '{"error": {"message": "Because of tests"}}',
    "flat": '{"ok": false, "error": "Because of tests"}',
    "after a byte order mark": '\ufeff{"detail": "Because of tests"}',
}


async def error_of(client, method):
    """Return what the call raises."""
    calls = {
        "get": lambda: client.get(KEY, "req_1"),
        "submit": lambda: client.submit(KEY, "image.generate", {}, idempotency_key="k"),
        "status": lambda: client.status(KEY),
    }
    with pytest.raises(CannonError) as caught:
        await calls[method]()
    return caught.value


@pytest.mark.parametrize("method", ["get", "submit", "status"])
@pytest.mark.parametrize("status", [403, 404, 410])
@pytest.mark.parametrize(("body", "kind"), NOT_ITS_OWN.values(), ids=NOT_ITS_OWN)
async def test_what_a_proxy_does_not_find_or_allow_is_an_outage(body, kind, status, method, serve, client_for):
    client = await client_for(await serve(saying(body, status=status, content_type=kind)))
    error = await error_of(client, method)
    assert type(error) is CannonUnavailable
    assert (error.status, error.said) == (status, "")
    assert "<" not in error.sentence


@pytest.mark.parametrize(("status", "leaf"), [(401, KeyRefused), (403, KeyRefused), (404, RequestNotFound)])
@pytest.mark.parametrize("kind", ["application/json", "application/problem+json", "text/plain"])
@pytest.mark.parametrize("body", OWN.values(), ids=OWN)
async def test_what_the_api_itself_denies_is_told_in_its_words(body, kind, status, leaf, serve, client_for):
    client = await client_for(await serve(saying(body, status=status, content_type=kind)))
    for method in ("get", "submit", "status"):
        error = await error_of(client, method)
        assert type(error) is leaf
        assert (error.status, error.said) == (status, "Because of tests")


async def test_a_bare_401_is_about_the_key_and_a_page_with_401_is_not(serve, client_for):
    client = await client_for(await serve(saying("Unauthorized", status=401, content_type="text/plain")))
    bare = await error_of(client, "status")
    assert type(bare) is KeyRefused
    client = await client_for(await serve(saying(PAGE, status=401, content_type="text/html")))
    assert type(await error_of(client, "status")) is CannonUnavailable


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("17", 17.0),
        ("Thu, 28 May 2026 20:27:40 GMT", 60.0),
        ("86400", 3600.0),
        ("Thu, 28 May 2020 20:27:40 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        (None, None),
    ],
)
async def test_a_429_tells_how_long_to_wait(header, seconds, serve, client_for, jump_clock):
    headers = {"retry-after": header} if header else {}
    client = await client_for(await serve(saying("{}", status=429, headers=headers)), clock=jump_clock)
    with pytest.raises(RateLimited) as caught:
        await client.get(KEY, "req_1")
    assert caught.value.retry_after_s == seconds


@pytest.mark.parametrize(
    "body",
    [
        "<!doctype html><h1>Welcome</h1>",
        "",
        "null",
        "[]",
        '"ok"',
        '{"id": "req_1", "status": "succeeded", "billableCredits": NaN}',
        '{"id": "req_1", "status": "succeeded", "billableCredits": -Infinity}',
        '{"id": "req_1", "status": "succeeded", "billableCredits": 1e999}',
        '{"id": "req_1", "status": "proc',
        '{"id": "req_2", "status": "succeeded"}',
        '{"id": 5, "status": "succeeded"}',
        b"\xff\xfe\x00",
        "[" * 100_000,
        '{"id": ' + "9" * 5000 + "}",
        '{"id": "req_1", "status": "succeeded", "output": [{}' + ", {}" * 20_000 + "]}",
    ],
)
async def test_a_200_that_is_not_a_request_is_unreadable(body, serve, client_for):
    client = await client_for(await serve(saying(body)))
    with pytest.raises(UnreadableAnswer):
        await client.get(KEY, "req_1")


@pytest.mark.parametrize("remote_id", [None, "", 7, "../status", "a/b", "x" * 300, ".."])
async def test_an_accepted_job_without_a_usable_id_is_unreadable(remote_id, serve, client_for):
    client = await client_for(await serve(saying(json.dumps({"id": remote_id, "status": "queued"}), status=202)))
    with pytest.raises(UnreadableAnswer):
        await client.submit(KEY, "image.generate", {}, idempotency_key="k")


async def test_lone_surrogates_in_an_answer_are_replaced(serve, client_for):
    body = '{"id": "req_1", "status": "succeeded", "output": {"enhancedPrompt": "a\\ud800b \\ud83d\\ude00"}}'
    client = await client_for(await serve(saying(body)))
    text = (await client.get(KEY, "req_1")).output["enhancedPrompt"]
    assert text == "a\ufffdb 😀"


async def test_a_large_body_is_cut_at_the_cap(serve_raw, client_for):
    sent = 0

    async def talk(reader, writer):
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"10000\r\n" + b" " * 65536 + b"\r\n")
            await writer.drain()
            sent += 65536

    client = await client_for(await serve_raw(talk))
    with pytest.raises(UnreadableAnswer, match="an answer that I can't read"):
        await client.get(KEY, "req_1")
    assert sent < 4 * ANSWER_LIMIT_BYTES + 16 * 2**20  # the rest is what the kernel's buffers hold


async def test_a_promised_length_over_the_cap_is_refused_before_reading(serve_raw, client_for):
    async def talk(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10485760\r\n\r\n")
        await writer.drain()
        await reader.read()

    client = await client_for(await serve_raw(talk), timeout_s=5)
    with pytest.raises(UnreadableAnswer, match="an answer that I can't read"):
        await client.get(KEY, "req_1")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
async def test_a_packed_answer_is_refused_without_unpacking_it(coding, serve, client_for):
    client = await client_for(
        await serve(saying('{"id": "req_1", "status": "queued"}', headers={"content-encoding": coding}))
    )
    with pytest.raises(UnreadableAnswer, match="an answer that I can't read"):
        await client.get(KEY, "req_1")


async def test_a_slow_drip_ends_at_the_total_deadline(serve_raw, client_for):
    dripped = asyncio.Event()

    async def talk(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            dripped.set()
            await asyncio.sleep(0.02)

    client = await client_for(await serve_raw(talk), timeout_s=0.3)
    with pytest.raises(CannonUnavailable, match="can't reach Cannon Studio"):
        await client.get(KEY, "req_1")
    assert dripped.is_set()


async def test_a_server_that_never_answers_ends_at_the_total_deadline(serve_raw, client_for):
    async def talk(reader, writer):
        await reader.read()

    client = await client_for(await serve_raw(talk), timeout_s=0.2)
    with pytest.raises(CannonUnavailable):
        await client.get(KEY, "req_1")


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n{}\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 999999 What\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"h" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"x-%d: y\r\n" % n for n in range(60_000)) + b"\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc",
        b"\x16\x03\x01\x00\x00",
    ],
)
@pytest.mark.parametrize("method", ["get", "submit"])
async def test_whatever_bytes_come_the_error_is_typed(said, method, serve_raw, client_for):
    async def talk(reader, writer):
        writer.write(said)
        await writer.drain()

    client = await client_for(await serve_raw(talk), timeout_s=5)
    call = client.get(KEY, "r") if method == "get" else client.submit(KEY, "x", {}, idempotency_key="k")
    with pytest.raises((CannonUnavailable, UnreadableAnswer)):
        await call


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://no-such-host.invalid", "https://127.0.0.1:1"])
async def test_an_address_without_a_server_is_unavailable(url, client_for):
    client = await client_for(url)
    with pytest.raises(CannonUnavailable):
        await client.status(KEY)


@pytest.mark.parametrize(
    "url", ["", "cannonstudio.app", "file:///etc", "http://[::1", "https://a:b@c.example", "https://"]
)
def test_what_is_no_address_is_told_at_the_start(url):
    with pytest.raises(ValueError, match="address"):
        CannonClient(url, clock=SystemClock())


async def test_a_plain_server_on_a_tls_address_is_unavailable(serve, client_for):
    url = (await serve(saying("{}"))).replace("http:", "https:")
    client = await client_for(url)
    with pytest.raises(CannonUnavailable):
        await client.status(KEY)


async def test_a_reply_that_is_lost_after_the_server_has_it_is_one_post_and_unavailable(serve_raw, client_for):
    posts = 0

    async def talk(reader, writer):
        nonlocal posts
        posts += 1
        writer.transport.abort()

    client = await client_for(await serve_raw(talk))
    with pytest.raises(CannonUnavailable):
        await client.submit(KEY, "image.generate", {}, idempotency_key="k")
    assert posts == 1


async def test_the_key_is_never_carried_to_another_origin(serve, client_for):
    stolen = []

    async def thief(request):
        stolen.append(dict(request.headers))
        return web.json_response({"ok": True})

    elsewhere = await serve(thief)
    client = await client_for(await serve(saying("", status=307, headers={"location": f"{elsewhere}/api/v1/status"})))
    with pytest.raises(UnreadableAnswer):
        await client.status(KEY)
    assert stolen == []


async def test_an_error_body_that_breaks_off_or_never_ends_still_tells_its_status(serve_raw, client_for):
    async def talk(reader, writer):
        writer.write(b"HTTP/1.1 402 Payment Required\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(10):
            writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            await writer.drain()

    client = await client_for(await serve_raw(talk))
    with pytest.raises(OutOfCredits):
        await client.get(KEY, "req_1")


async def test_a_cancelled_call_leaves_a_client_that_works(serve, client_for):
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def handler(request):
        arrived.set()
        await go_on.wait()
        return web.json_response({"ok": True, "creditsRemaining": 1})

    client = await client_for(await serve(handler))
    call = asyncio.create_task(client.status(KEY))
    await arrived.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    go_on.set()
    assert (await client.status(KEY)).credits == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FIELDS = ("id", "status", "billableCredits", "output", "errorMessage", "createdAtMs", "poll_after_ms", "requestLog")


@pytest.mark.long
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(document=st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON)
def test_any_json_is_progress_or_a_typed_error(document):
    for read in (
        lambda: wire.progress(document, "req_1"),
        lambda: wire.accepted(document),
        lambda: wire.account_status(document),
    ):
        with contextlib.suppress(UnreadableAnswer):
            read()
