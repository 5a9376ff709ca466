from __future__ import annotations

import asyncio
import json
import math
import zlib

import aiohttp
import pytest

from sandbox.studio.faults import KINDS, Faults

KEY = "cs_test_sandbox_key"
JSON_PLACES = {
    "status": "/api/v1/status",
    "openapi": "/api/v1/openapi",
}


async def test_a_drop_happens_before_anything_is_stored(submit, sandbox):
    sandbox.fault("submit", "drop")
    with pytest.raises(aiohttp.ClientError):
        await submit(idem="once")
    assert sandbox.requests == []
    assert (await submit(idem="once"))[0] == 202


async def test_a_lost_reply_leaves_one_request_that_a_repeat_finds(submit, sandbox):
    sandbox.fault("submit", "drop_after_commit")
    with pytest.raises(aiohttp.ClientError):
        await submit(idem="once")
    status, body = await submit(idem="once")
    assert status == 202
    assert [request.id for request in sandbox.requests] == [body["id"]]
    assert sandbox.spent(KEY) == 12


@pytest.mark.parametrize(("commit", "stored"), [(False, 0), (True, 1)])
async def test_a_status_fault_may_come_before_or_after_the_work(submit, sandbox, commit, stored):
    sandbox.fault("submit", "status", status=502, body='{"message": "no"}', commit=commit)
    assert await submit() == (502, {"message": "no"})
    assert len(sandbox.requests) == stored


@pytest.mark.parametrize("status", [404, 403, 502])
async def test_a_web_page_is_what_a_proxy_answers(api, sandbox, status):
    sandbox.fault("status", "page", status=status)
    async with api.get("/api/v1/status") as answer:
        assert (answer.status, answer.content_type) == (status, "text/html")
        assert (await answer.text()).startswith("<!doctype html>")


async def test_the_faults_of_one_place_are_forgotten_alone(api, submit, sandbox):
    sandbox.fault("status", "status", times=None)
    sandbox.fault("submit", "status", times=None)
    sandbox.faults.clear("status")
    async with api.get("/api/v1/status") as answer:
        assert answer.status == 200
    assert (await submit())[0] == 500


async def test_a_flood_says_how_long_to_wait(api, sandbox):
    sandbox.fault("status", "flood", times=2, retry_after="86400")
    for _ in range(2):
        async with api.get("/api/v1/status") as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (429, "86400")
    async with api.get("/api/v1/status") as answer:
        assert answer.status == 200


async def test_a_slow_drip_goes_on_past_any_read_timeout(api, sandbox):
    sandbox.fault("status", "slow_drip", interval_s=0.01)
    async with api.get("/api/v1/status") as answer:
        assert await answer.content.readany() == b"{"
        rest = await answer.content.readany()
    assert 0 < len(rest) < 20


@pytest.mark.parametrize("where", JSON_PLACES)
async def test_a_truncated_answer_promises_more_than_it_sends(api, sandbox, where):
    sandbox.fault(where, "truncated")
    async with api.get(JSON_PLACES[where]) as answer:
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_a_stalled_answer_stops_half_way_and_close_ends_it(api, sandbox):
    sandbox.fault("status", "stall")
    async with api.get("/api/v1/status") as answer:
        received = await answer.content.readany()
        assert 0 < len(received) < answer.content_length
        closing = asyncio.create_task(sandbox.close())
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()
    await closing


async def test_an_endless_answer_never_ends(api, sandbox):
    sandbox.fault("status", "endless")
    async with api.get("/api/v1/status") as answer:
        assert len(await answer.content.readexactly(5 * 1024 * 1024)) == 5 * 1024 * 1024


async def test_garbage_is_a_page_with_200(api, sandbox):
    sandbox.fault("status", "garbage")
    async with api.get("/api/v1/status") as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
        assert (await answer.text()).startswith("<!doctype html>")


async def test_an_empty_answer_has_no_body(api, sandbox):
    sandbox.fault("status", "empty")
    async with api.get("/api/v1/status") as answer:
        assert (answer.status, await answer.read()) == (200, b"")


async def test_a_huge_answer_is_well_formed(api, sandbox):
    sandbox.fault("status", "huge")
    async with api.get("/api/v1/status") as answer:
        body = await answer.read()
    assert len(body) > 10 * 1024 * 1024
    assert json.loads(body)["filler"].startswith("xxx")


@pytest.mark.long
async def test_huge_headers_are_more_than_a_client_takes(api, sandbox):
    sandbox.fault("status", "huge_headers")
    with pytest.raises(aiohttp.ClientError):
        async with api.get("/api/v1/status"):
            pass


@pytest.mark.long
async def test_a_gzip_bomb_is_small_until_it_is_unpacked(api, sandbox):
    sandbox.fault("status", "gzip_bomb")
    async with api.get("/api/v1/status") as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        packed = await answer.read()
    assert len(packed) < 400 * 1024
    unpacker, size = zlib.decompressobj(16 + zlib.MAX_WBITS), 0
    while packed:
        size += len(unpacker.decompress(packed, 1024 * 1024))
        packed = unpacker.unconsumed_tail
    assert size == 300 * 1024 * 1024


async def test_a_redirect_leads_where_the_fault_says(api, sandbox):
    sandbox.fault("status", "redirect", location="http://127.0.0.1:9/elsewhere")
    async with api.get("/api/v1/status", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, "http://127.0.0.1:9/elsewhere")


async def test_twisted_answers_are_json_that_breaks_the_contract(submit, api, sandbox):
    _, created = await submit()
    seen = {}
    for kind in ("nan", "unknown_status", "missing", "extra", "wrong_types"):
        sandbox.fault("get", kind)
        async with api.get(f"/api/v1/requests/{created['id']}") as answer:
            seen[kind] = json.loads(await answer.text())
    assert math.isnan(seen["nan"]["billableCredits"])
    assert seen["nan"]["id"] == created["id"]
    assert seen["unknown_status"]["status"] == "paused"
    assert {"id", "status", "output"}.isdisjoint(seen["missing"])
    assert "surprise" in seen["extra"]
    assert seen["extra"]["status"] == "queued"
    assert seen["wrong_types"]["id"] == [created["id"]]
    assert seen["wrong_types"]["billableCredits"] == "text"


async def test_a_fault_can_be_meant_for_one_key_or_one_request(submit, api, sandbox):
    _, first = await submit()
    _, second = await submit()
    sandbox.fault("get", "status", times=None, target=second["id"])
    sandbox.fault("status", "status", times=None, key="cs_test_somebody_else")
    statuses = []
    for path in (f"/api/v1/requests/{first['id']}", f"/api/v1/requests/{second['id']}", "/api/v1/status"):
        async with api.get(path) as answer:
            statuses.append(answer.status)
    async with api.get("/api/v1/status", headers={"x-api-key": "cs_test_somebody_else"}) as answer:
        statuses.append(answer.status)
    assert statuses == [200, 500, 200, 500]


async def test_a_fault_can_let_some_calls_through_first_and_be_forgotten(api, sandbox):
    sandbox.fault("status", "status", times=None, skip=1)
    statuses = []
    for _ in range(3):
        async with api.get("/api/v1/status") as answer:
            statuses.append(answer.status)
    async with api.delete("/_sandbox/faults") as answer:
        assert answer.status == 200
    async with api.get("/api/v1/status") as answer:
        statuses.append(answer.status)
    assert statuses == [200, 500, 500, 200]


@pytest.mark.parametrize("kind", sorted(set(KINDS["media"]) - {"slow_drip", "stall", "endless", "drop", "truncated"}))
async def test_every_fault_of_a_file_replaces_the_true_file(submit, finished, api, sandbox, kind):
    _, created = await submit()
    url = (await finished(created["id"]))["output"]["image_url"]
    async with api.get(url) as answer:
        true = await answer.read()
    sandbox.fault("media", kind)
    try:
        async with api.get(url, allow_redirects=False) as answer:
            assert await answer.read() != true
    except aiohttp.ClientError:
        assert kind == "huge_headers"
    async with api.get(url) as answer:
        assert await answer.read() == true


@pytest.mark.parametrize(
    ("kind", "start"),
    [
        ("wrongtype", b"PK\x03\x04"),
        pytest.param("svg", b"<svg", marks=pytest.mark.long),
        ("exe", b"MZ"),
        pytest.param("garbage", b"<!doctype", marks=pytest.mark.long),
        ("empty", b""),
    ],
)
async def test_a_false_file_keeps_the_promised_content_type(submit, finished, api, sandbox, kind, start):
    _, created = await submit()
    url = (await finished(created["id"]))["output"]["image_url"]
    sandbox.fault("media", kind)
    async with api.get(url) as answer:
        body = await answer.read()
        assert answer.content_type == "image/png"
    assert body.startswith(start)
    assert bool(body) == bool(start)


async def test_a_pixel_flood_claims_what_no_memory_holds(submit, finished, api, sandbox):
    _, created = await submit()
    url = (await finished(created["id"]))["output"]["image_url"]
    sandbox.fault("media", "pixel_flood")
    async with api.get(url) as answer:
        body = await answer.read()
    assert len(body) < 1000
    assert body[16:24] == (50_000).to_bytes(4, "big") * 2


@pytest.mark.parametrize(
    ("where", "kind", "options"),
    [
        ("moon", "drop", {}),
        ("media", "nan", {}),
        ("get", "status", {"stauts": 500}),
        ("get", "status", {"times": 0}),
    ],
)
def test_a_fault_that_does_not_exist_is_refused(where, kind, options):
    with pytest.raises(ValueError, match="no "):
        Faults().add(where, kind, **options)
