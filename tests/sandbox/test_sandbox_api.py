from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web

from bot.errors import StartError
from sandbox.server import Sandbox

KEY = "cs_test_sandbox_key"


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "nonsense"}, {"x-api-key": "cs_live_x"}])
async def test_a_key_that_is_missing_or_of_the_wrong_form_is_answered_401(sandbox, headers):
    async with aiohttp.ClientSession(sandbox.url) as session, session.get("/api/v1/status", headers=headers) as answer:
        assert answer.status == 401
        assert (await answer.json())["error"]["message"]


async def test_a_revoked_key_is_refused_until_it_is_added_again(api, sandbox):
    sandbox.revoke_key(KEY)
    async with api.get("/api/v1/status") as answer:
        assert answer.status == 401
    sandbox.add_key(KEY)
    async with api.get("/api/v1/status") as answer:
        assert answer.status == 200


async def test_a_request_lives_from_queued_over_processing_to_succeeded(submit, api, clock):
    _, created = await submit(prompt="A lighthouse", model="gptimage2", resolution="4K")
    path = f"/api/v1/requests/{created['id']}"
    async with api.get(path) as answer:
        first = await answer.json()
    clock.jump(2)
    async with api.get(path) as answer:
        second = await answer.json()
    clock.jump(100)
    async with api.get(path) as answer:
        last = await answer.json()
    assert first["status"] == "queued"
    assert first["startedAtMs"] is None
    assert "output" not in first
    assert second["status"] == "processing"
    assert second["output"] == {
        "task_id": last["output"]["task_id"],
        "status": "processing",
        "provider": "kie",
        "model": "sandbox/gptimage2-text-to-image",
    }
    assert {"requestLog", "inputPreview", "outputPreview"}.isdisjoint(second)
    assert second["billableCredits"] == 28
    assert second["completedAtMs"] is None
    assert last["status"] == "succeeded"
    assert last["inputPreview"] == "A lighthouse"
    assert last["outputPreview"] == f"Asset ready: {last['output']['image_url']}"
    assert last["createdAtMs"] < last["startedAtMs"] < last["completedAtMs"]
    log = last["requestLog"]
    assert log["retainedUntilMs"] - last["completedAtMs"] == pytest.approx(7 * 86_400_000, abs=1)
    assert log["available"] is True
    assert log["output"] == last["output"]


async def test_the_same_idempotency_key_and_body_is_one_request_and_one_charge(submit, sandbox):
    answers = await asyncio.gather(*(submit(idem="once") for _ in range(10)))
    assert {status for status, _ in answers} == {202}
    assert len({body["id"] for _, body in answers}) == 1
    assert len(sandbox.requests) == 1
    assert sandbox.posts == 10
    assert sandbox.spent(KEY) == 12


async def test_the_same_idempotency_key_with_another_body_is_answered_409(submit, sandbox):
    await submit(idem="once", prompt="A lighthouse")
    status, _ = await submit(idem="once", prompt="A harbour")
    assert status == 409
    assert len(sandbox.requests) == 1


async def test_an_idempotency_key_counts_for_its_own_api_key_only(submit, sandbox):
    await submit(idem="once")
    body = {"operation": "image.generate", "input": {"prompt": "A lighthouse"}}
    headers = {"x-api-key": "cs_test_somebody_else", "x-idempotency-key": "once"}
    path = f"{sandbox.url}/api/v1/requests"
    async with aiohttp.ClientSession(headers=headers) as other, other.post(path, json=body) as answer:
        assert answer.status == 202
    assert len(sandbox.requests) == 2


async def test_credits_are_charged_at_once_and_come_back_after_a_failure(submit, finished, sandbox, api):
    sandbox.add_key(KEY, credits=30)
    await submit()
    _, failing = await submit(prompt="A lighthouse #fail")
    assert sandbox.spent(KEY) == 24
    status, body = await submit()
    assert status == 402
    assert "12" in body["error"]["message"]
    document = await finished(failing["id"])
    assert document["status"] == "failed"
    assert document["errorMessage"]
    assert document["billableCredits"] == 0
    assert sandbox.spent(KEY) == 12
    async with api.get("/api/v1/status") as answer:
        assert (await answer.json())["creditsRemaining"] == 18
    assert (await submit())[0] == 202


async def test_a_webhook_posts_the_ended_request_once(submit, sandbox, clock):
    received: asyncio.Queue = asyncio.Queue()
    async with _receiver(received) as hook:
        _, created = await submit(hook=hook)
        assert sandbox.webhooks == []
        clock.jump(1000)
        told = await asyncio.wait_for(received.get(), 60)
    assert told["id"] == created["id"]
    assert told["status"] == "succeeded"
    assert received.empty()


async def test_the_controls_work_from_another_process(submit, api, sandbox):
    _, created = await submit(idem="once")
    async with api.post("/_sandbox/finish", json={"id": created["id"]}) as answer:
        assert answer.status == 200
    async with api.get(f"/api/v1/requests/{created['id']}") as answer:
        assert (await answer.json())["status"] == "succeeded"
    async with api.post("/_sandbox/faults", json={"where": "status", "kind": "status", "status": 503}) as answer:
        assert await answer.json() == {"faults": {"status": ["status"]}}
    async with api.get("/api/v1/status") as answer:
        assert answer.status == 503
    async with api.get("/_sandbox/state") as answer:
        text, state = await answer.text(), await answer.json()
    assert KEY not in text
    assert state["requests"][0]["idempotencyKey"] == "once"
    assert state["requests"][0]["status"] == "succeeded"
    assert state["accounts"] == {"…_key": {"credits": 10_000, "spent": 12}}
    assert (state["posts"], state["polls"], state["faults"]) == (1, 1, {})
    async with api.post("/_sandbox/keys", json={"key": KEY, "revoked": True}) as answer:
        assert answer.status == 200
    async with api.get("/api/v1/status") as answer:
        assert answer.status == 401


async def test_it_listens_on_loopback_only():
    with pytest.raises(StartError, match="this machine only"):
        await Sandbox().start("0.0.0.0")


class _receiver:  # noqa: N801 - reads as a function where it is used
    def __init__(self, received: asyncio.Queue) -> None:
        self._received = received

    async def __aenter__(self) -> str:
        application = web.Application()
        application.router.add_post("/hook", self._take)
        self._runner = web.AppRunner(application)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/hook"

    async def __aexit__(self, *_error: object) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self._received.put_nowait(await request.json())
        return web.Response()
