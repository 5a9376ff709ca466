"""What the real API may do where no page says it: each switch of the sandbox, over sockets."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.studio.lots import DAY_S

KEY = "cs_test_sandbox_key"
NEWCOMER = "cs_test_newcomer_key"


async def status_of(api: aiohttp.ClientSession, key: str = KEY) -> dict[str, Any]:
    async with api.get("/api/v1/status", headers={"x-api-key": key}) as answer:
        document: dict[str, Any] = await answer.json()
        return document


async def polled(api: aiohttp.ClientSession, remote_id: str) -> tuple[int, str | None]:
    async with api.get(f"/api/v1/requests/{remote_id}") as answer:
        return answer.status, answer.headers.get("Retry-After")


# ---------------------------------------------------------------------- polls


async def test_sixty_polls_of_a_key_in_a_minute_are_all_that_it_may(api, sandbox, submit, clock):
    sandbox.vary(poll_limit="retry_after")
    requests = [(await submit())[1]["id"] for _ in range(61)]
    assert {await polled(api, each) for each in requests[:60]} == {(200, None)}
    clock.jump(10)
    assert await polled(api, requests[60]) == (429, "50")
    clock.jump(50)
    assert await polled(api, requests[60]) == (200, None)


@pytest.fixture
async def hook():
    """An address that notes what is posted to it."""
    posted: list[dict[str, Any]] = []
    arrived = asyncio.Event()

    async def note(request: web.Request) -> web.Response:
        posted.append(await request.json())
        arrived.set()
        return web.Response()

    application = web.Application()
    application.router.add_post("/hook", note)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook", posted, arrived
    await runner.cleanup()


async def test_work_that_advances_only_when_polled_ends_by_a_poll_which_sends_the_webhook(
    api, sandbox, submit, clock, hook
):
    url, posted, arrived = hook
    sandbox.vary(only_when_polled=True)
    _, created = await submit(hook=url)
    clock.jump(1000)
    request = sandbox.request(created["id"])
    await request.made.wait()
    assert request.status(clock.wall()) == "processing"
    assert posted == []
    async with api.get(f"/api/v1/requests/{created['id']}") as answer:
        document = await answer.json()
    assert (document["status"], document["completedAtMs"]) == ("succeeded", clock.wall() * 1000)
    await arrived.wait()
    assert [each["status"] for each in posted] == ["succeeded"]
    clock.jump(10)
    async with api.get(f"/api/v1/requests/{created['id']}") as answer:
        assert (await answer.json())["completedAtMs"] == document["completedAtMs"]
    assert len(posted) == 1


async def test_nothing_is_refunded_before_a_poll_has_seen_the_failure(api, sandbox, submit, clock):
    sandbox.vary(only_when_polled=True)
    _, created = await submit(prompt="A fox #fail")
    clock.jump(1000)
    assert sandbox.spent(KEY) == 12
    await polled(api, created["id"])
    assert sandbox.spent(KEY) == 0


# ---------------------------------------------------------------------- accounts


@pytest.mark.parametrize("code", [402, 403])
async def test_a_new_account_is_on_trial_and_refused_until_its_address_is_verified(api, sandbox, code):
    sandbox.vary(new_account=str(code))
    status = await status_of(api, NEWCOMER)
    assert (status["account"]["plan"], status["creditsRemaining"]) == ("trial", 100)
    body = {"operation": "image.generate", "input": {"prompt": "A fox"}}
    told = []
    for _ in range(2):
        async with api.post("/api/v1/requests", json=body, headers={"x-api-key": NEWCOMER}) as answer:
            told.append(answer.status)
            if answer.status == code:
                assert "Verify your email address" in (await answer.json())["error"]["message"]
        sandbox.verify(NEWCOMER)
    assert told == [code, 202]
    assert (await status_of(api, NEWCOMER))["creditsRemaining"] == 88


@pytest.mark.parametrize(("plan", "days"), [("creator", 37), ("pro", 44)])
async def test_credits_roll_over_for_a_week_or_two_and_packs_last_ninety_days(api, sandbox, submit, clock, plan, days):
    sandbox.vary(credit_lots="listed")
    sandbox.add_key(KEY, credits=100, plan=plan)
    assert (await submit())[0] == 202
    packs = (await status_of(api))["credits"]["packs"]
    assert [(each["kind"], each["remaining"]) for each in packs] == [("subscription", 38), ("credit_pack", 50)]
    clock.jump((days - 1) * DAY_S)
    assert (await status_of(api))["creditsRemaining"] == 88
    clock.jump(DAY_S)
    assert (await status_of(api))["creditsRemaining"] == 50
    assert (await submit())[0] == 202
    clock.jump((90 - days) * DAY_S)
    status = await status_of(api)
    assert status["creditsRemaining"] == 0
    assert "packs" not in status["credits"]
    sandbox.top_up(KEY, 20)
    assert (await status_of(api))["creditsRemaining"] == 20


# ---------------------------------------------------------------------- Sora

EXTENDED = {"sora_video_id": "video_1", "prompt": "On"}


@pytest.mark.parametrize(("how", "charged"), [("fails", 0), ("bills", 40)])
@pytest.mark.parametrize("given", [("sora2.video.remix", EXTENDED), ("video.generate", {"model": "sora-2-pro"})])
async def test_sora_may_be_accepted_and_fail_in_its_providers_words(sandbox, submit, finished, how, charged, given):
    sandbox.vary(sora=how)
    operation, values = given
    sandbox.tariff.set(operation, lambda _given: 40)
    status, created = await submit(operation, **({"prompt": "On"} | values))
    assert status == 202
    document = await finished(created["id"])
    assert (document["status"], document["billableCredits"]) == ("failed", charged)
    assert "deprecated" in document["errorMessage"]
    assert sandbox.spent(KEY) == charged


@pytest.mark.parametrize("how", ["refuses", "absent"])
async def test_sora_may_be_refused_at_once_and_be_in_no_document(api, sandbox, submit, how):
    sandbox.vary(sora=how)
    assert (await submit("sora2.video.remix", **EXTENDED))[0] == 400
    status, body = await submit("video.generate", prompt="On", model="sora-2-pro")
    assert (status, body["error"]["message"]) == (400, "Sora 2 is no longer available.")
    assert (await submit("video.generate", prompt="On", model="seedance2"))[0] == 202
    assert sandbox.spent(KEY) > 0
    async with api.get("/api/v1/openapi") as answer:
        text = await answer.text()
    assert ("sora2.video.remix" in text) == (how == "refuses")


# ---------------------------------------------------------------------- creates that have ended


async def test_that_answer_may_take_twenty_five_seconds(sandbox, submit, clock):
    sandbox.vary(at_once=["narration.generate"], at_once_s=25)
    create = asyncio.create_task(submit("narration.generate", text="Hello"))
    await clock.awaited.wait()
    (request,) = sandbox.requests
    assert request.ends_at - clock.wall() == 25
    clock.jump(25)
    assert (await create)[1]["status"] == "succeeded"


# ---------------------------------------------------------------------- links


@pytest.mark.parametrize(("form", "after"), [("once", 400), ("renewed", 200)])
async def test_a_link_is_signed_and_ends(api, sandbox, submit, finished, clock, form, after):
    sandbox.vary(signed_links=form, signed_links_s=600)
    _, created = await submit()
    link = (await finished(created["id"]))["output"]["image_url"]
    assert "X-Goog-Signature=" in link

    async def fetched(url: str) -> int:
        async with api.get(url) as answer:
            return answer.status

    assert await fetched(link) == 200
    assert await fetched(link.partition("?")[0]) == 403
    assert await fetched(link.replace("X-Goog-Expires=600", "X-Goog-Expires=999999")) == 403
    clock.jump(601)
    assert await fetched(link) == 400
    assert await fetched((await finished(created["id"]))["output"]["image_url"]) == after


async def test_a_link_that_has_ended_is_no_source(sandbox, submit, finished, clock):
    sandbox.vary(signed_links="renewed", signed_links_s=600)
    _, created = await submit()
    link = (await finished(created["id"]))["output"]["image_url"]
    for wait_s, status in ((0, "succeeded"), (601, "failed")):
        clock.jump(wait_s)
        _, edited = await submit("image.edit", prompt="Bluer", image_url=link)
        assert (await finished(edited["id"]))["status"] == status
