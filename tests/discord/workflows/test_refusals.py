from __future__ import annotations

import asyncio
from copy import deepcopy
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest
from structlog.testing import capture_logs

from bot.domain.models import JobState
from tests.support.channels import rule
from tests.support.discord_trouble import DiscordCall, refusal, trouble_with
from tests.support.rig import HOST_KEY, Rig
from tests.support.surface import nothing_happened, png, private_sentence, sends, settled_exactly, watch, without_page

GENERATE, EDIT = "image generate", "image edit"
SAID = "⚠️ `a.png` can't be used. The file is not an image. Use one of these: PNG, JPEG, GIF, WebP, AVIF, HEIC."
BANNED = discord.HTTPException(SimpleNamespace(status=429, reason="Too Many Requests"), None)
"""What bot/app/connection/gate.py makes of a web page with 429."""


# ---------------------------------------------------------------------- inputs


async def test_a_public_thinking_never_shows_the_reason_of_a_refusal(rig: Rig):
    result = await rig.member.slash(rig.channel, EDIT, image=("a.png", b"no picture"), prompt="my secret plan")
    reason = private_sentence(result)
    assert [call for call, _ in sends(rig) if call.startswith("PATCH") and call.endswith("@original")] == []
    requests = [each for each in rig.env.http_requests if each.path.startswith("/webhooks/")]
    said = [
        (each.method, content and without_page(content))
        for each in requests
        for content in [(each.json or {}).get("content")]
    ]
    assert said == [("GET", None), ("DELETE", None), ("POST", f"⚠️ {reason}")]


async def test_a_late_question_is_the_first_text_after_a_public_thinking(rig: Rig):
    await rule(rig, confirm_above=Decimal(1))
    asked = await rig.member.slash(rig.channel, EDIT, image=("a.png", png()), prompt="night")
    texts = [body["content"] for _, body in sends(rig) if body.get("content")]
    [question] = asked.followups
    assert question.ephemeral
    assert texts == [question.content]
    assert rig.messages(viewer=rig.moderator) == []
    made = await rig.member.click(question, label="Yes, make it")
    assert not made.ephemeral


@pytest.mark.parametrize(("options", "failing"), [({"private": True}, 2), ({}, 1), ({}, 2), ({}, 3)])
async def test_no_call_that_fails_after_a_deferral_leaves_a_wrong_sentence(
    rig: Rig, options: dict[str, bool], failing: int
):
    after: list[DiscordCall] = []

    async def fails(call: DiscordCall) -> None:
        if call.path.startswith("/webhooks/"):
            after.append(call)
            if len(after) == failing:
                raise refusal(400)

    with trouble_with(fails):
        result = await rig.member.slash(rig.channel, EDIT, image=("a.png", b"no picture"), prompt="x", **options)
    assert len(after) >= failing
    assert {without_page(call.body["content"]) for call in after if call.body} <= {SAID}
    assert [message.content for message in rig.messages()] in ([], [""])
    assert {without_page(message.content) for message in result.followups} <= {SAID}
    await nothing_happened(rig)


# ---------------------------------------------------------------------- surprises


async def test_an_unexpected_error_is_one_private_sentence_without_details(rig: Rig, monkeypatch):
    async def broken(*_args: object) -> None:
        raise RuntimeError("secret internals")

    rig.forgiven = (RuntimeError,)
    monkeypatch.setattr(rig.bot.parts.jobs, "accept", broken)
    for upload in ({}, {"image": ("a.png", png())}):
        result = await rig.member.slash(rig.channel, GENERATE, prompt="x", **upload)
        sentence = private_sentence(result)
        assert "Something went wrong in the bot" in sentence
        assert "secret internals" not in sentence
    assert rig.messages(viewer=rig.moderator) == []


async def test_an_unexpected_error_in_a_form_is_reported_too(rig: Rig, monkeypatch):
    async def broken(_secret: str) -> None:
        raise RuntimeError("secret internals")

    rig.forgiven = (RuntimeError,)
    monkeypatch.setattr(rig.bot.parts.client, "status", broken)
    shown = await rig.moderator.slash(rig.channel, "studio key")
    [field] = rig.form_fields(shown)
    result = await rig.moderator.submit_modal(shown, {field: "cs_test_000000000000"})
    assert "Something went wrong in the bot" in private_sentence(result)


async def test_an_interaction_that_died_before_the_answer_spends_nothing_and_is_noted_once(rig: Rig):
    rig.env.inject_error("POST", "/interactions/*/*/callback", status=404, code=10062)
    rig.env.inject_error("GET", "/webhooks/*/*/messages/@original", status=404, code=10015)
    rig.forgiven = (discord.NotFound,)
    with capture_logs() as lines:
        await rig.member.slash(rig.channel, GENERATE, prompt="x", count=2)
        await rig.work()
    assert rig.sandbox.posts == 0
    assert {job.state for job in await rig.jobs()} == {JobState.CANCELLED}
    balance = await rig.bot.parts.store.ledger.balance(rig.guild.id)
    assert (balance.held, balance.spent) == (0, 0)
    events = [line["event"] for line in lines]
    assert events.count("interaction.dead") == 1
    assert "interaction.failed" not in events
    assert 'cannon_bot_discord_errors_total{code="10062"} 1.0' in rig.bot.metrics.render().decode()


@pytest.mark.parametrize(("trouble", "times"), [(aiohttp.ServerDisconnectedError(), 9), (BANNED, 1)], ids=repr)
async def test_an_answer_that_discord_cuts_off_is_reported_as_its_trouble(
    rig: Rig, monkeypatch, capsys, trouble: Exception, times: int
):
    real, left = discord.InteractionResponse.send_message, [trouble] * times

    async def send(self: Any, *args: Any, **options: Any) -> Any:
        if left:
            raise left.pop()
        return await real(self, *args, **options)

    monkeypatch.setattr(discord.InteractionResponse, "send_message", send)
    rig.forgiven = (type(trouble),)
    result = await rig.member.slash(rig.channel, GENERATE, prompt="x")
    if times == 1:
        assert "Discord is having trouble" in private_sentence(result)
    assert len(rig.env.errors) == 1, "the report of an error never raises one"
    assert "Traceback" not in capsys.readouterr().out
    assert {job.state for job in await rig.jobs()} == {JobState.CANCELLED}
    await settled_exactly(rig)


async def test_an_answer_that_discord_took_though_it_said_500_continues_without_an_apology(rig: Rig, monkeypatch):
    real, lost = discord.InteractionResponse.send_message, []

    async def send(self: Any, *args: Any, **options: Any) -> Any:
        made = await real(self, *args, **options)
        if not lost:
            lost.append(made.message_id)
            raise TimeoutError
        return made

    monkeypatch.setattr(discord.InteractionResponse, "send_message", send)
    result = await rig.member.slash(rig.channel, GENERATE, prompt="x")
    assert result.followups == []
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.DELIVERED
    assert job.message_id == lost[0]
    assert [message.id for message in rig.messages()] == lost
    await settled_exactly(rig)


async def test_a_late_card_that_discord_once_refuses_to_show_continues_all_the_same(rig: Rig):
    rig.env.inject_error("PATCH", "/webhooks/*/*/messages/@original", status=500)
    rig.forgiven = (discord.HTTPException,)
    result = await rig.member.slash(rig.channel, EDIT, image=("a.png", png()), prompt="x")
    assert result.followups == []
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.DELIVERED
    [message] = rig.messages()
    assert message.id == job.message_id
    assert len(message.attachments) == 1
    await settled_exactly(rig)


# ---------------------------------------------------------------------- the same interaction twice


def _twice(rig: Rig, *, delay: bool) -> list[Any]:
    """Let every interaction reach the bot twice, as a client or a gateway replay does."""
    emit, seen = rig.env.backend.emit, []

    def doubled(event: str, payload: Any) -> None:
        emit(event, payload)
        if event == "INTERACTION_CREATE":
            seen.append(deepcopy(payload))
            if not delay:
                emit(event, deepcopy(payload))

    rig.env.backend.emit = doubled
    return seen


@pytest.mark.parametrize("upload", [False, True], ids=["at once", "with an upload"])
async def test_an_interaction_that_comes_twice_at_the_same_moment_is_one_job(rig: Rig, upload: bool):
    _twice(rig, delay=False)
    rig.forgiven = (discord.HTTPException,)
    name, options = (EDIT, {"image": ("a.png", png())}) if upload else (GENERATE, {})
    result = await rig.member.slash(rig.channel, name, prompt="x", **options)
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.DELIVERED
    assert len(rig.sandbox.requests) == 1
    assert result.followups == []
    [message] = rig.messages()
    assert len(message.attachments) == 1
    await settled_exactly(rig)


async def test_an_interaction_that_comes_again_later_changes_nothing(rig: Rig):
    seen = _twice(rig, delay=True)
    rig.forgiven = (discord.HTTPException,)
    await rig.member.slash(rig.channel, GENERATE, prompt="x", count=2)
    await rig.work()
    before = rig.sandbox.spent(HOST_KEY)
    rig.env.backend.emit("INTERACTION_CREATE", seen[0])
    await rig.env.settle()
    await rig.work()
    assert len(await rig.jobs()) == 2
    assert rig.sandbox.spent(HOST_KEY) == before
    assert len(rig.messages()) == 1


# ---------------------------------------------------------------------- many at once


async def test_a_step_without_jobs_calls_nobody(rig: Rig):
    calls = watch(rig)
    before = len(rig.env.http_requests)
    for _ in range(20):
        rig.advance(30)
        assert await rig.step() == 0
    assert calls == []
    assert len(rig.env.http_requests) == before
    await asyncio.sleep(0)
