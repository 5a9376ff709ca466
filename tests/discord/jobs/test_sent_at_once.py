"""A job is sent without a claim where nothing stands in its way, its attempt stored with its card's answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from bot.cannon.budgets import Call
from bot.domain.models import Job, JobState
from bot.jobs.follow.agenda import SIZES
from bot.jobs.follow.lanes import LaneName
from bot.store import CommitUnknown
from tests.support.exactness import assert_exact
from tests.support.rig import HOST_KEY, Rig, running

PAUSE_S = 30.0


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running(tmp_path) as made:
        await made.send_at_once()
        yield made


async def ask(rig: Rig, prompt: str = "a heron #fast", **options: int) -> list[Job]:
    """Ask for pictures; return their jobs, by place."""
    before = {job.id for job in await rig.jobs()}
    await rig.member.slash(rig.channel, "image generate", prompt=prompt, **options)
    return sorted((job for job in await rig.jobs() if job.id not in before), key=lambda job: job.position)


def is_begun(job: Job) -> bool:
    return (job.state, job.attempts, job.in_doubt, job.lease is not None) == (JobState.SUBMITTING, 1, True, True)


def is_unsent(job: Job) -> bool:
    return (job.attempts, job.in_doubt) == (0, False)


async def end_exactly(rig: Rig, count: int) -> None:
    await rig.work()
    files = [file.filename for message in rig.messages() for file in message.attachments]
    jobs = await assert_exact(rig.bot.parts.store, rig.sandbox, HOST_KEY, rig.guild.id, files)
    assert [job.state for job in jobs] == [JobState.DELIVERED] * count
    assert len(rig.sandbox.requests) == count


async def pause(rig: Rig, job: Job) -> None:
    key = await rig.bot.parts.keys.for_guild(rig.guild.id)
    rig.bot.parts.worker.key_waits.pause(key, job, PAUSE_S, Call.CREATE)


async def test_a_job_is_begun_with_its_answer_and_sent_once(rig: Rig):
    (job,) = await ask(rig)
    assert is_begun(job)
    assert job.lease == rig.bot.parts.worker.claims.lease
    assert rig.sandbox.requests == []
    await end_exactly(rig, 1)


async def test_a_key_that_is_paused_meanwhile_takes_the_attempt_back_so_that_the_job_can_be_cancelled(rig: Rig):
    (job,) = await ask(rig)
    await pause(rig, job)
    rig.advance(1)
    await rig.step()
    assert rig.sandbox.requests == []
    assert is_unsent((await rig.jobs())[0])
    cancelled = await rig.bot.parts.jobs.cancel(job, by_id=rig.member.id)
    assert cancelled is not None
    assert cancelled.stopped


async def test_what_a_paused_key_took_back_is_sent_once_after_the_pause(rig: Rig):
    (job,) = await ask(rig)
    await pause(rig, job)
    rig.advance(1)
    await rig.step()
    await end_exactly(rig, 1)


async def test_a_job_whose_key_rests_or_is_unchecked_is_not_begun(rig: Rig):
    (first,) = await ask(rig)
    await end_exactly(rig, 1)
    await pause(rig, first)
    (job,) = await ask(rig)
    assert is_unsent(job)
    await end_exactly(rig, 2)
    await rig.restart()
    rig.bot.parts.worker.is_running = True
    (job,) = await ask(rig)
    assert is_unsent(job)
    await end_exactly(rig, 3)


async def test_a_stopped_worker_begins_nothing(rig: Rig):
    await rig.bot.parts.worker.stop()
    (job,) = await ask(rig)
    assert is_unsent(job)
    assert job.lease is None
    await rig.restart()
    await end_exactly(rig, 1)


async def test_a_batch_begins_as_many_as_its_lane_has_room_for_and_the_others_can_be_cancelled(rig: Rig):
    room, count = SIZES[LaneName.SUBMIT].per_server, 12
    await rig.bot.parts.store.settings.change(
        rig.guild.id, lambda rules: replace(rules, running_per_member=count, running_per_server=count)
    )
    prompts = "\n".join(f"heron {number} #fast" for number in range(count))
    await rig.member.slash(rig.channel, "batch", operation="image.generate", prompts=prompts)
    jobs = sorted(await rig.jobs(), key=lambda job: job.position)
    assert [is_begun(job) for job in jobs] == [True] * room + [False] * (count - room)
    assert all(map(is_unsent, jobs[room:]))
    stopped = await rig.bot.parts.jobs.cancel(jobs[-1], by_id=rig.member.id)
    assert stopped is not None
    assert stopped.stopped
    await rig.work()
    assert len(rig.sandbox.requests) == count - 1


async def test_what_needs_an_approval_is_not_begun(rig: Rig):
    await rig.bot.parts.store.settings.change(
        rig.guild.id, lambda rules: replace(rules, approve_above=Decimal(1), approval_channel=rig.channel.id)
    )
    (job,) = await ask(rig)
    assert job.state is JobState.AWAITING_APPROVAL
    assert is_unsent(job)
    await rig.step()
    assert rig.sandbox.requests == []


async def test_a_commit_of_unknown_outcome_loses_no_job_and_sends_none_twice(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    cards, lease = rig.bot.parts.store.cards, rig.bot.parts.worker.claims.lease
    real = cards.mark_answered

    async def unheard(*values, **named):
        await real(*values, **named)
        raise CommitUnknown("lost", kind="slow")

    monkeypatch.setattr(cards, "mark_answered", unheard)
    (job,) = await ask(rig)
    assert is_begun(job)
    monkeypatch.setattr(cards, "mark_answered", real)
    await end_exactly(rig, 1)
    assert rig.bot.parts.worker.claims.lease != lease, "jobs under the old one were claimed again"
