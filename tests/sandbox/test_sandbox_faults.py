from __future__ import annotations

import json
import math

import aiohttp
import pytest

from sandbox.studio.faults import KINDS, Faults

KEY = "cs_test_sandbox_key"


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
