"""What is tried again and again ends, is told once, and takes nothing from others: the worker's own limits."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import structlog

from bot.account.api_keys import ApiKeys
from bot.domain.models import JobState
from bot.errors import DatabaseFailing
from bot.jobs import worker
from bot.jobs.turns.submitting import Submitting
from tests.support.discord_trouble import DiscordCall, refusal, trouble_with
from tests.support.following import (
    HOUR_S,
    PICTURE,
    ask,
    ask_database,
    change_rules,
    charged,
    pass_time,
    set_aside,
    the_job,
    until_ended,
)
from tests.support.jobs import on_job
from tests.support.rig import HOST_KEY, Rig
from tests.support.surface import until


@pytest.fixture
async def log_channel(rig: Rig) -> Any:
    channel = rig.guild.create_text_channel("log")
    await change_rules(rig, log_channel=channel.id)
    return channel


def alerts(rig: Rig, channel: Any, job_id: str) -> list[str]:
    return [m.content for m in channel.history() if m.author.id == rig.bot.user.id and job_id in m.content]


async def refuses_files(call: DiscordCall) -> None:
    if call.is_message and call.files:
        raise refusal(503)


# ---------------------------------------------------------------------- Discord does not take it


@pytest.mark.long
async def test_a_result_that_cannot_be_posted_for_a_day_is_held_and_told_once(rig: Rig, log_channel: Any):
    job = await ask(rig, "a heron #fast")
    with trouble_with(refuses_files):
        await pass_time(rig, 13 * HOUR_S, 1200)
        assert the_job(rig, job.id).state == "ready"
        await rig.restart()  # the day is counted on
        await pass_time(rig, 13 * HOUR_S, 1200)
    held = the_job(rig, job.id)
    assert held.state == "held"
    assert "could not download or post the result of job" in held.error
    assert (charged(rig), set_aside(rig)) == (PICTURE, 0)
    assert len(alerts(rig, log_channel, job.id)) == 1
    await on_job(rig, rig.member, "recover", job.id)
    assert the_job(rig, job.id).state == "delivered"
    assert charged(rig) == PICTURE


# ---------------------------------------------------------------------- errors of our own


async def test_what_may_have_been_accepted_ends_as_unconfirmed_and_is_told_once(
    rig: Rig, log_channel: Any, monkeypatch: pytest.MonkeyPatch
):
    async def broken(*_: Any) -> None:
        raise ValueError("a bug after the POST")

    monkeypatch.setattr(Submitting, "_note_accepted", broken)
    job = await ask(rig, "a heron")
    ended = await until_ended(rig, job.id, HOUR_S)
    assert ended.state == "failed"
    assert "did not confirm" in ended.error
    assert (charged(rig), set_aside(rig)) == (0, 0)
    assert rig.sandbox.spent(HOST_KEY) == PICTURE, "ten tries with one key are one request"
    assert len(alerts(rig, log_channel, job.id)) == 1


async def test_a_database_that_fails_is_no_job_s_fault(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    job = await ask(rig, "a heron #fast")

    async def failing(*_: Any) -> None:
        raise DatabaseFailing("The disk is full.")

    with monkeypatch.context() as patch, structlog.testing.capture_logs() as lines:
        patch.setattr(ApiKeys, "for_job", failing)
        await pass_time(rig, 3 * HOUR_S)
    assert the_job(rig, job.id).state == "submitting"
    assert ask_database(rig, "SELECT faults FROM jobs") == [(0,)]
    assert not any(line["log_level"] in {"warning", "error"} for line in lines), "the store says it, once"
    assert (await until_ended(rig, job.id, HOUR_S)).state == "delivered"


@pytest.mark.long
async def test_a_turn_that_hangs_by_a_bug_is_ended_and_counted(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    async def hang(*_: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(worker, "TURN_S", 0.01)
    monkeypatch.setattr(ApiKeys, "for_job", hang)
    job = await ask(rig, "a heron")
    assert (await until_ended(rig, job.id, HOUR_S)).state == "failed"
    assert set_aside(rig) == 0


# ---------------------------------------------------------------------- approvals


async def test_the_queue_starts_without_a_wake_after_a_restart(rig: Rig):
    await change_rules(rig, running_per_member=1)
    await ask(rig, "a heron #fast")
    second = await ask(rig, "a fox #fast")
    assert the_job(rig, second.id).state == "waiting"
    await until(rig, JobState.WAITING)
    await rig.restart()
    assert (await until_ended(rig, second.id, 60, 0.5)).state == "delivered"
