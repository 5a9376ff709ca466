"""Everything that waits passes one gate when it starts. Steps, queued jobs, blocks, pauses and switches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.models import Job, JobState
from tests.support.rig import Rig
from tests.support.settings_pages import block_member, switch_operation
from tests.support.surface import settled_exactly

BLOCKED = "A moderator blocked you from using the bot here, so this job did not start. Your credits were refunded."
OFF = "The moderators turned off this command, so the job did not start. Your credits were refunded."


async def rule(rig: Rig, **changes: Any) -> None:
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, **changes))


async def in_order(rig: Rig) -> list[Job]:
    return sorted(await rig.jobs(), key=lambda job: (job.created_at, job.position))


async def until_first_step_is_done(rig: Rig) -> None:
    for _ in range(400):
        if (await in_order(rig))[0].state is JobState.DELIVERED:
            return
        await rig.step()
        rig.advance(0.5)
    raise AssertionError(await rig.jobs())


def sent(rig: Rig) -> list[str]:
    return [request.operation for request in rig.sandbox.requests]


async def test_a_step_waits_for_the_pause_to_end_as_any_other_job_and_its_card_says_so(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", enhance=True)
    await rule(rig, paused=True)
    await until_first_step_is_done(rig)
    for _ in range(10):
        await rig.step()
        await rig.tick()
        rig.advance(15)
    assert sent(rig) == ["prompt.enhance.image"]
    second = (await in_order(rig))[1]
    assert (second.state, second.after_done) == (JobState.WAITING, True)
    assert "pause" in str(rig.messages()[0].embeds[0].to_dict())
    await rule(rig, paused=False)
    await rig.work()
    assert sent(rig) == ["prompt.enhance.image", "image.generate"]
    await settled_exactly(rig)


async def test_steps_keep_to_the_running_limits(rig: Rig):
    await rule(rig, running_per_member=1)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", enhance=True, count=3)
    most = 0
    for _ in range(400):
        await rig.step()
        open_jobs = [job for job in await rig.jobs() if not job.state.ended]
        if not open_jobs:
            break
        most = max(most, sum(job.state not in {JobState.WAITING, JobState.READY} for job in open_jobs))
        rig.advance(0.5)
    assert most == 1
    assert [job.state for job in await in_order(rig)] == [JobState.DELIVERED] * 4
    await settled_exactly(rig)


@pytest.mark.parametrize("step", [False, True])
async def test_what_a_blocked_member_has_in_the_queue_ends_and_is_refunded(rig: Rig, step: bool):
    await rule(rig, running_per_member=1)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", enhance=step, count=1 if step else 2)
    await rig.step()
    await block_member(rig, rig.member)
    await rig.step()
    first, second = await in_order(rig)
    assert not first.state.ended
    if not step:  # at once, although there is no free place
        assert second.state is JobState.CANCELLED
        assert BLOCKED.split(",", maxsplit=1)[0] in str(rig.messages()[0].embeds[0].to_dict())
    await rig.work()
    first, second = await in_order(rig)
    assert (first.state, second.state, second.error) == (JobState.DELIVERED, JobState.CANCELLED, BLOCKED)
    assert len(sent(rig)) == 1
    await settled_exactly(rig)


async def test_a_lifted_block_ends_nothing(rig: Rig):
    await rule(rig, running_per_member=1)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", count=2)
    await rig.step()
    await rig.bot.parts.store.blocks.add(
        rig.guild.id, rig.member.id, until=rig.clock.wall() - 1, reason="", by_id=rig.moderator.id
    )
    await rig.work()
    assert [job.state for job in await rig.jobs()] == [JobState.DELIVERED] * 2


@pytest.mark.parametrize("step", [False, True])
async def test_what_waits_for_an_operation_that_is_switched_off_ends_and_is_refunded(rig: Rig, step: bool):
    await rule(rig, running_per_member=1)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", enhance=step, count=1 if step else 2)
    await rig.step()
    await switch_operation(rig, "image.generate", "off")
    await rig.step()
    first, second = await in_order(rig)
    assert not first.state.ended
    if not step:  # at once, although there is no free place
        assert (second.state, second.error) == (JobState.CANCELLED, OFF)
        assert OFF.split(",", maxsplit=1)[0] in str(rig.messages()[0].embeds[0].to_dict())
    await rig.work()
    first, second = await in_order(rig)
    assert (first.state, second.state, second.error) == (JobState.DELIVERED, JobState.CANCELLED, OFF)
    assert len(sent(rig)) == 1
    await settled_exactly(rig)
