"""Practice: a server works against the sandbox, everything says so, and nothing real is touched by it."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.app.parts import open_parts
from bot.cannon.estimates import Estimates
from bot.domain import practice
from bot.domain.models import JobState
from bot.errors import StartError
from bot.runtime.metrics import Metrics
from bot.settings import SecretStr, Settings
from sandbox.studio.accounts import KEY_PREFIXES
from tests.support.channels import press, rule, shown
from tests.support.erased import send_key
from tests.support.practice import SandboxInProcess
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig, running
from tests.support.surface import panel_text, state_text

GENERATE = "image generate"
MARK = "Practice · not real, costs nothing"


def studio(rig: Rig) -> SandboxInProcess:
    assert isinstance(rig.practice, SandboxInProcess)
    return rig.practice


async def practise(rig: Rig) -> str:
    return shown(await rig.moderator.slash(rig.channel, "studio practice"))


def footer(message: discord.Message) -> str:
    return message.embeds[0].footer.text or ""


async def costs(rig: Rig) -> Any:
    """What jobs have cost on the account that pays now."""
    key = await rig.bot.parts.keys.for_guild(rig.guild.id)
    return await rig.bot.parts.store.true_costs.all(rig.guild.id, key.id)


async def spent(rig: Rig) -> Decimal:
    return (await rig.bot.parts.store.ledger.balance(rig.guild.id)).spent


async def test_a_server_practises_and_all_of_it_says_so(rig: Rig):
    """Without any key, too; one server's practice is no other's, and a job that was real stays so."""
    other = rig.env.create_guild("Other")
    await rig.member.slash(rig.channel, GENERATE, prompt="for real")
    said = await practise(rig)
    assert "nothing costs anything" in said
    assert "`#fail`" in said
    assert "already" in await practise(rig)
    await rig.work()
    [real] = await rig.jobs()
    assert (real.state, real.practice) == (JobState.DELIVERED, False)
    paid, posts = rig.sandbox.spent(HOST_KEY), rig.sandbox.posts
    assert paid > 0
    rig.bot.parts.keys.host_key = None
    await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    assert footer(rig.messages()[-1]).startswith(MARK)
    assert rig.messages()[-1].embeds[0].title.startswith("🧪 Practice · ")
    await studio(rig).fall()
    await rig.work()
    card = rig.messages()[-1]
    assert footer(card).startswith(MARK)
    assert len(card.attachments) == 1
    job = (await rig.jobs())[0]
    assert (job.state, job.practice) == (JobState.DELIVERED, True)
    assert job.media[0].url.startswith(f"{practice.URL}/media/")
    before = await spent(rig)
    await rig.member.slash(rig.channel, GENERATE, prompt="gold #fail")
    await rig.work()
    assert "❌ Failed" in state_text(rig.messages()[-1])
    assert (await spent(rig), rig.sandbox.spent(HOST_KEY), rig.sandbox.posts) == (before, paid, posts)
    assert not any(key.startswith(practice.PREFIX) for key in rig.sandbox.accounts.accounts)
    assert not await rig.bot.parts.store.practice.is_on(other.id)
    report = await rig.moderator.slash(rig.channel, "usage")
    assert panel_text(report.response).startswith("### 🧪 Practice · ")
    status = await rig.moderator.slash(rig.channel, "studio status")
    assert "🧪 Practice mode, started by" in state_text(status.response)


async def test_practice_is_begun_and_ended_by_its_controls_where_it_can_be(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    begun = await rig.moderator.slash(rig.channel, "studio practice")
    await rig.restart()
    ended = await rig.moderator.click(begun.response, label="End practice")
    assert "Practice mode is off" in shown(ended)
    again = await rig.moderator.click(ended.response, label="Start practice")
    assert "Practice mode is on" in shown(again)
    await rig.moderator.slash(rig.channel, "studio key", action="remove")
    assert await rig.bot.parts.store.practice.is_on(rig.guild.id)
    await rig.moderator.slash(rig.channel, "studio practice", switch="off")
    assert "is already off" in shown(await rig.moderator.slash(rig.channel, "studio practice", switch="off"))
    assert "key" in shown(await send_key(rig, practice.new_practice_key()))

    await send_key(rig, GUILD_KEY)
    assert "has a Cannon Studio key" in await practise(rig)
    await rig.moderator.slash(rig.channel, "studio key", action="remove")

    async def fails() -> str:
        raise OSError("no process")

    monkeypatch.setattr(studio(rig), "address", fails)
    await rig.restart()
    assert "can't start right now" in await practise(rig)
    assert not await rig.bot.parts.store.practice.is_on(rig.guild.id)


async def test_a_key_ends_practice_with_one_line_and_refunds_what_is_open(rig: Rig):
    await practise(rig)
    await rig.member.slash(rig.channel, GENERATE, prompt="gold #forever")
    await rig.step()
    result = await send_key(rig, GUILD_KEY)
    assert "From now on, jobs are real" in shown(result)
    [job] = await rig.jobs()
    assert (job.state, job.error) == (
        JobState.CANCELLED,
        "Practice mode has ended, and this job with it. It was free.",
    )
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).held == 0
    [card] = rig.messages()
    assert "Practice mode has ended" in state_text(card)
    assert not await rig.bot.parts.store.practice.is_on(rig.guild.id)
    await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    await rig.work()
    assert rig.sandbox.spent(GUILD_KEY) == await spent(rig) > 0
    assert not (await rig.jobs())[0].practice


async def test_practice_counts_for_limits_while_it_lasts_and_never_for_real(rig: Rig):
    await practise(rig)
    await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    await rig.work()
    in_practice = await spent(rig)
    assert 0 < in_practice < 20 < 2 * in_practice
    await rig.moderator.slash(rig.channel, "quota set", credits=20, period="month")
    refused = await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    assert "monthly credits left" in shown(refused)
    grants = rig.bot.parts.store.grants
    await rig.moderator.slash(rig.channel, "quota grant", member=rig.member, credits=50)
    assert [grant.left for grant in await grants.of_member(rig.guild.id, rig.member.id)] == [50]
    await rig.moderator.slash(rig.channel, "studio practice", switch="off")
    assert await spent(rig) == 0
    assert await grants.of_member(rig.guild.id, rig.member.id) == []
    await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    await rig.work()
    real = (await rig.jobs())[0]
    assert (real.state, real.practice) == (JobState.DELIVERED, False)
    assert await spent(rig) == rig.sandbox.spent(HOST_KEY)
    report = await rig.bot.parts.store.reports.totals(rig.guild.id, [(0.0, rig.clock.wall() + 1)])
    assert (report.total, report.jobs, report.practice) == (await spent(rig), 1, False)


async def test_nothing_learned_in_practice_is_known_for_real(rig: Rig):
    durations = rig.bot.parts.worker.polling.learned._by_kind.known
    before = {kind: known.to_json() for kind, known in durations.items()}
    await practise(rig)
    await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    await rig.work()
    assert {kind: known.to_json() for kind, known in durations.items()} == before
    assert len(await costs(rig)) > 0
    await rig.moderator.slash(rig.channel, "studio practice", switch="off")
    assert await costs(rig) == {}
    await rig.bot.parts.rounds.run_once("accounts")
    assert await rig.bot.parts.store.keys.newest(9, without=lambda _guild: False) == []


async def test_what_the_sandbox_was_making_goes_on_after_a_restart_and_keeps_its_time(rig: Rig):
    await practise(rig)
    await rig.member.slash(rig.channel, GENERATE, prompt="gold #slow")
    await rig.step()
    assert [job.state for job in await rig.jobs()] == [JobState.QUEUED]
    sandbox = studio(rig).sandbox
    assert sandbox is not None
    [before] = sandbox.requests
    rig.advance(10)
    await rig.restart()
    await rig.work()
    [job] = await rig.jobs()
    sandbox = studio(rig).sandbox
    assert sandbox is not None
    [after] = sandbox.requests
    assert before is not after
    assert (after.id, after.cost, after.ends_at - before.ends_at) == (job.remote_id, before.cost, pytest.approx(0))
    assert (job.state, len(rig.messages()[0].attachments)) == (JobState.DELIVERED, 1)
    assert await spent(rig) == job.cost == before.cost


async def test_what_is_made_of_a_result_of_an_earlier_sandbox_is_made(rig: Rig):
    await practise(rig)
    await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    await rig.work()
    [first] = await rig.jobs()
    await rig.member.slash(rig.channel, "image edit", prompt="blue", from_=first.id)
    await rig.work()
    second = (await rig.jobs())[0]
    await studio(rig).fall()
    await rig.member.slash(rig.channel, "image edit", prompt="red", from_=second.id)
    await rig.work()
    assert [job.state for job in await rig.jobs()] == [JobState.DELIVERED] * 3
    assert second.media[0].url in json.dumps(dict((await rig.jobs())[0].input))
    assert len(rig.messages()[-1].attachments) == 1


async def test_a_file_of_practice_is_no_input_for_real(rig: Rig):
    await practise(rig)
    await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    await rig.work()
    [job] = await rig.jobs()
    await rig.member.slash(rig.channel, "image edit", prompt="blue", from_=job.id)
    await rig.work()
    assert [each.state for each in await rig.jobs()] == [JobState.DELIVERED] * 2
    await rig.moderator.slash(rig.channel, "studio practice", switch="off")
    form = await rig.moderator.slash(rig.channel, "studio request", operation="image.edit")
    [field] = rig.form_fields(form)
    typed = json.dumps({"prompt": "x", "image_urls": [f"{practice.URL}/media/a.png"]})
    [again] = [item for row in rig.messages()[-1].components for item in row.children if "Re-run" in (item.label or "")]
    for refused in (
        await rig.member.slash(rig.channel, "image edit", prompt="blue", from_=job.id),
        await rig.member.slash(rig.channel, "image edit", prompt="blue", from_=job.media[0].url),
        await rig.member.click(rig.messages()[-1], label=again.label),
        await rig.moderator.submit_modal(form, {field: typed}),
    ):
        assert "file from practice" in shown(refused)
    assert len(await rig.jobs()) == 2
    assert rig.sandbox.posts == 0


async def test_the_host_may_forbid_practice_and_ends_it_by_that(tmp_path: Path):
    async with running(tmp_path, practice="off") as rig:
        assert "turned off practice mode" in await practise(rig)
        rig.settings["practice"] = "on"
        await rig.restart()
        await practise(rig)
        rig.settings["practice"] = "off"
        await rig.restart()
        assert not await rig.bot.parts.store.practice.is_on(rig.guild.id)


async def test_each_key_leads_to_its_own_api_and_never_to_the_other(rig: Rig):
    parts, key = rig.bot.parts, practice.new_practice_key()
    await parts.client.status(key)
    await parts.client.openapi(key)
    await Estimates(parts.mcp).ask(key, "image.generate", {"prompt": "x"})
    sandbox = studio(rig).sandbox
    assert sandbox is not None
    assert list(sandbox.accounts.accounts) == [key]
    assert rig.sandbox.document_readers == []
    assert key not in rig.sandbox.accounts.accounts
    for real in (HOST_KEY, GUILD_KEY, f"{KEY_PREFIXES[0]}another_000000"):
        await parts.client.status(real)
        await parts.client.openapi(real)
        await Estimates(parts.mcp).ask(real, "image.generate", {"prompt": "x"})
    assert list(sandbox.accounts.accounts) == [key]


async def test_questions_of_practice_say_so_and_end_with_it(rig: Rig):
    desk = rig.guild.create_text_channel("desk")
    await rule(rig, confirm_above=Decimal(1), approve_above=Decimal(1), approval_channel=desk.id)
    await practise(rig)
    for _ in range(2):
        asked = await rig.member.slash(rig.channel, GENERATE, prompt="gold")
        assert shown(asked).startswith(MARK)
        await rig.member.click(asked.response, label="Yes, ask a moderator")
        await rig.step()
    first, second = sorted((each for each in desk.history() if each.author.id == rig.bot.user.id), key=lambda m: m.id)
    assert first.embeds[0].title.startswith("🧪 Practice · ")
    assert footer(first).startswith(MARK)
    await rig.moderator.click(first, label="Approve")
    for _ in range(60):
        await rig.step()
        rig.advance(0.5)
    waiting, made = await rig.jobs()
    assert made.state is JobState.DELIVERED
    [line] = [each for each in await rig.bot.parts.store.decisions.all(rig.guild.id) if each.kind == "approval"]
    assert f"<@{rig.member.id}>'s 🧪 practice job of about" in line.text
    assert line.about["practice"] is True
    await rig.moderator.slash(rig.channel, "studio practice", switch="off")
    late = await press(rig, rig.moderator, "approve", waiting.card_id)
    assert "Approved" not in shown(late)
    assert (await rig.jobs())[0].state is JobState.CANCELLED
    assert rig.sandbox.posts == 0
    [second] = [each for each in desk.history() if each.id == second.id]
    assert second.embeds[0].title == "🧪 Practice · Canceled: Generate Image"


async def test_the_host_cannot_give_a_practice_key_for_a_true_one(rig: Rig):
    settings = Settings(database=rig.folder / "other.db", cannon_api_key=SecretStr(practice.new_practice_key()))
    with pytest.raises(StartError, match="is a practice key"):
        await open_parts(replace(rig.bot.setup, settings=settings, metrics=Metrics()))
