"""What the live API may do on the first day, where no page says it: the bot against the sandbox's switches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from bot.jobs.follow.webhook_hints import TRUSTED_AFTER
from sandbox.studio.accounts import StudioRequest
from tests.support.following import (
    MINUTE_S,
    PICTURE,
    ask,
    charged,
    kept,
    set_aside,
    set_key,
    tick,
    until_ended,
)
from tests.support.following import the_job as job_of
from tests.support.rig import GUILD_KEY, Rig, running
from tests.support.surface import links, links_on, of, watch

NARRATION = "narration.generate"


async def narrate(rig: Rig, words: str = "Good morning") -> str:
    await rig.member.slash(rig.channel, "audio narration", text=words)
    return kept(rig)[-1].id


# ---------------------------------------------------------------------- a new account


@pytest.mark.parametrize("code", ["402", "403"])
async def test_an_account_whose_address_is_not_verified_is_told_so_and_works_once_it_is(rig: Rig, code: str):
    desk = rig.guild.create_text_channel("log")
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda old: replace(old, log_channel=desk.id))
    rig.sandbox.vary(new_account=code)
    rig.sandbox.add_key(GUILD_KEY, credits=100, plan="trial", verified=False)
    shown = await set_key(rig, GUILD_KEY)
    assert "**Before the first job** · ⚠️ Check that this account's email address is verified" in shown.response.content
    for prompt in ("a fox", "an owl", "a crow"):  # different inputs close no operation
        job = await until_ended(rig, (await ask(rig, prompt)).id, MINUTE_S, 1)
        assert job.state == "failed"
        assert "not verified yet" in job.error
    assert charged(rig) == set_aside(rig) == 0
    told = [each.content for each in desk.history() if "is not verified yet" in each.content]
    assert len(told) == 1
    rig.sandbox.verify(GUILD_KEY)
    assert (await until_ended(rig, (await ask(rig, "a wren #fast")).id, MINUTE_S, 1)).state == "delivered"
    assert charged(rig) == rig.sandbox.spent(GUILD_KEY) == PICTURE


async def test_a_key_whose_status_call_asks_for_a_verified_address_is_told_so_and_not_called_wrong(rig: Rig):
    body = '{"error": {"message": "Please verify your email address first."}}'
    rig.sandbox.fault("status", "status", status=403, body=body)
    said = (await set_key(rig, GUILD_KEY)).response.content
    assert "email address of the Cannon Studio account is not verified yet" in said
    assert "rejects this key" not in said


# ---------------------------------------------------------------------- creates that have ended


async def test_what_has_succeeded_at_once_is_polled_once_and_delivered(rig: Rig):
    rig.sandbox.vary(at_once=[NARRATION])
    calls = watch(rig)
    job_id = await narrate(rig)
    for _ in range(3):
        await tick(rig)
    assert job_of(rig, job_id).state == "delivered"
    assert (len(of(calls, "submit")), len(of(calls, "get"))) == (1, 1)
    assert len({call.at for call in calls if call.where in {"submit", "get"}}) == 1


async def test_a_create_that_takes_twenty_five_seconds_is_made_once_and_delivered(rig: Rig):
    rig.sandbox.vary(at_once=[NARRATION], at_once_s=25)
    calls, arrived, add = watch(rig), asyncio.Event(), rig.sandbox.accounts.add

    def noted(request: StudioRequest) -> None:
        add(request)
        arrived.set()

    rig.sandbox.accounts.add = noted
    job_id = await narrate(rig)
    turn = asyncio.create_task(tick(rig))
    await arrived.wait()
    rig.advance(25)
    rig.sandbox.finish(rig.sandbox.requests[-1].id)
    await turn
    assert (await until_ended(rig, job_id, MINUTE_S, 1)).state == "delivered"
    assert len(of(calls, "submit")) == 1


async def test_what_has_failed_at_once_is_refunded(rig: Rig):
    rig.sandbox.vary(at_once=[NARRATION])
    job = await until_ended(rig, await narrate(rig, "Good morning #fail"), MINUTE_S, 1)
    assert job.state == "failed"
    assert charged(rig) == set_aside(rig) == 0


# ---------------------------------------------------------------------- polls


@pytest.mark.long
async def test_a_webhook_that_only_a_poll_sends_is_no_reason_to_wait_for_it(tmp_path: Path):
    async with running(tmp_path, public_url="https://bot.example.org", http_port=0) as rig:
        rig.sandbox.fault("webhook", "lost", times=None)  # each is handed over here, as soon as a poll sends it
        rig.sandbox.vary(only_when_polled=True)
        parts = rig.bot.parts
        for _ in range(TRUSTED_AFTER + 3):
            job, handed = await ask(rig), False
            until = rig.clock.elapsed + 2 * MINUTE_S
            while job_of(rig, job.id).state != "delivered":
                assert rig.clock.elapsed < until
                await rig.step()
                remote_id = job_of(rig, job.id).remote_id
                if not handed and remote_id is not None and rig.sandbox.request(remote_id).synced.is_set():
                    handed = True
                    parts.webhooks.receive(parts.webhook_tokens.token(job.id))
                rig.advance(0.25)
        assert len(rig.messages()) == TRUSTED_AFTER + 3


# ---------------------------------------------------------------------- links


@pytest.fixture
async def signed(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running(tmp_path) as rig:
        rig.sandbox.vary(signed_links="renewed", signed_links_s=600)
        yield rig


async def test_a_signed_link_is_downloaded_and_kept_whole(signed: Rig):
    job = await until_ended(signed, (await ask(signed, "a fox #fast")).id, MINUTE_S, 1)
    assert job.state == "delivered"
    assert len(signed.messages()[-1].attachments) == 1
    await signed.member.slash(signed.channel, "video generate", prompt="waves #big #fast")
    await signed.work()
    card = signed.messages()[-1]
    [link] = links_on(card)
    signed.advance(601)
    assert await status_of(link) == 400
    [fresh] = links((await signed.member.click(card, label="Fresh link")).response)
    assert fresh != link
    assert await status_of(fresh) == 200


async def status_of(link: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(link) as answer:
        return answer.status
