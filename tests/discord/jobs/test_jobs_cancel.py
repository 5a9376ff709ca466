"""Cancelling one job: what it refunds, who may use it, and what can no longer be stopped."""

from __future__ import annotations

import pytest
import structlog

from bot.domain.models import JobState
from bot.domain.texts import OWNER_ONLY
from bot.jobs.follow.claims import Claims
from bot.jobs.follow.lanes import Followed
from cogs.ui.texts import GONE
from tests.support.jobs import ask, on_job, said
from tests.support.rig import Rig
from tests.support.surface import newest, private_sentence, settled_exactly, state_text, until


async def test_a_job_that_was_not_sent_is_cancelled_and_refunded(rig: Rig):
    job = await ask(rig)
    result = await on_job(rig, rig.member, "cancel", job.id)
    assert result.ephemeral
    assert "nothing was charged" in said(result)
    assert (await newest(rig)).state is JobState.CANCELLED
    assert "Canceled by its author" in state_text(rig.messages()[0])
    await rig.work()
    assert rig.sandbox.posts == 0
    await settled_exactly(rig)


async def test_a_cancel_that_comes_as_its_turn_begins_is_refunded_and_no_trouble_of_the_bot(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    read = Claims.read

    async def read_and_cancel(claims: Claims, followed: Followed) -> bool:
        is_own = await read(claims, followed)
        if is_own and followed.job.is_unsent:
            await rig.bot.parts.jobs.cancel(followed.job, by_id=rig.member.id)
        return is_own

    monkeypatch.setattr(Claims, "read", read_and_cancel)
    await ask(rig)
    with structlog.testing.capture_logs() as lines:
        await rig.work()
    assert (await newest(rig)).state is JobState.CANCELLED
    assert rig.sandbox.posts == 0
    await settled_exactly(rig)
    assert "worker.job_stopped" in [each["event"] for each in lines]
    assert [each for each in lines if each["log_level"] not in {"debug", "info"}] == []


@pytest.mark.parametrize("who", ["author", "other"])
@pytest.mark.parametrize("private", [False, True])
async def test_who_may_cancel(rig: Rig, who: str, private: bool):
    other = rig.guild.add_member(rig.env.create_user("otto"))
    member = {"author": rig.member, "moderator": rig.moderator}.get(who, other)
    if who == "blocked":
        await rig.bot.parts.store.blocks.add(rig.guild.id, other.id, until=None, reason="", by_id=rig.moderator.id)
    job = await ask(rig, private=private)
    result = await on_job(rig, member, "cancel", job.id)
    if who in {"author", "moderator"}:
        assert (await newest(rig)).state is JobState.CANCELLED
        assert "a heron" not in said(result)
    else:
        assert private_sentence(result) == (str(GONE) if private else str(OWNER_ONLY))
        assert (await newest(rig)).state is JobState.SUBMITTING


async def test_a_job_that_is_too_late_to_stop_continues_and_its_result_is_still_posted(rig: Rig):
    await ask(rig)
    job = await until(rig, JobState.QUEUED, JobState.PROCESSING)
    result = await on_job(rig, rig.member, "cancel", job.id)
    assert "Too late to stop" in said(result)
    assert "I'll post the result when it's ready" in said(result)
    await rig.work()
    assert (await newest(rig)).state is JobState.DELIVERED
    await settled_exactly(rig)


async def test_what_has_ended_cannot_be_cancelled(rig: Rig):
    await ask(rig, prompt="a fox #fast")
    await rig.work()
    result = await on_job(rig, rig.member, "cancel", (await newest(rig)).id)
    assert "It has ended." in private_sentence(result)
    await settled_exactly(rig)


async def test_jobs_that_depend_on_a_cancelled_one_are_refunded_too(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", enhance=True, count=2)
    first = min(await rig.jobs(), key=lambda job: job.position)
    result = await on_job(rig, rig.member, "cancel", first.id)
    assert "2 jobs that were waiting" in said(result)
    assert {job.state for job in await rig.jobs()} == {JobState.CANCELLED}
    await settled_exactly(rig)
