"""The controls of failed cards, which retry what failed."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from bot.domain.models import Job, JobState
from tests.support.channels import press
from tests.support.results import count
from tests.support.rig import Rig
from tests.support.surface import DETAILS, REMOVE, agreed, fill, labels, newest, settled_exactly, whole
from tests.support.viewers import seeing


async def failed(rig: Rig, **options: Any) -> tuple[discord.Message, Job]:
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fail", **options)
    await rig.work()
    job = await newest(rig)
    assert job.state is JobState.FAILED
    return rig.messages()[0], job


@pytest.mark.long
async def test_a_failed_card_offers_another_try_and_an_edit(rig: Rig):
    message, job = await failed(rig)
    assert labels(message) == ["Try again", "Edit and run", DETAILS, REMOVE]
    await rig.restart(after_s=3600)
    [message] = rig.messages()
    await agreed(rig.member, await rig.member.click(message, label=whole(message, "Try again")))
    again = await newest(rig)
    assert (again.parent_id, dict(again.input)) == (job.id, dict(job.input))
    rig.advance(4)
    shown = await rig.member.click(message, label="Edit and run")
    await rig.member.submit_modal(shown, fill(shown, {"Prompt": "a better fox #fast"}))
    await rig.work()
    assert (await newest(rig)).state is JobState.DELIVERED
    await settled_exactly(rig)


async def broken_chain(rig: Rig) -> tuple[discord.Message, list[Job]]:
    """Have a prompt rewritten, and the picture of it fail."""
    rig.sandbox.faults.add("submit", "status", status=400, skip=1)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", enhance=True)
    await rig.work()
    jobs = sorted(await rig.jobs(), key=lambda job: job.position)
    return rig.messages()[0], jobs


@pytest.mark.parametrize("restarted", [True])
async def test_a_failed_step_is_retried_from_the_result_before_it(rig: Rig, restarted: bool):
    message, (first, second) = await broken_chain(rig)
    assert [first.state, second.state] == [JobState.DELIVERED, JobState.FAILED]
    assert "Try again from here" in labels(message)
    if restarted:
        await rig.restart(after_s=30 * 24 * 3600)
        [message] = rig.messages()
    await agreed(rig.moderator, await rig.moderator.click(message, label=whole(message, "Try again from here")))
    jobs = await rig.jobs()
    assert len(jobs) == 3
    assert jobs[0].operation == "image.generate"
    assert jobs[0].input["prompt"] == first.output["enhancedPrompt"]
    assert jobs[0].parent_id == second.id
    assert jobs[0].author_id == rig.moderator.id
    await rig.work()
    await settled_exactly(rig)


async def test_steps_after_the_failed_one_are_retried_too_and_filled_as_before(rig: Rig):
    from bot.domain.jobs.card_spec import CardSpec, JobSpec, Origin, Place

    steps = [
        JobSpec(operation="image.generate", input={"prompt": "a fox #fast"}),
        JobSpec(
            operation="image.edit",
            input={"prompt": "at night #fail"},
            fill={"image_url": "{0.image_url}"},
        ),
        JobSpec(operation="video.generate", input={"prompt": "it moves #fast"}, fill={"image_url": "{1.image_url}"}),
    ]
    place = Place(guild_id=rig.guild.id, channel_id=rig.channel.id)
    origin = Origin(place=place, author_id=rig.member.id, viewer=seeing(rig.guild.id, rig.member.id))
    taken = await rig.bot.parts.jobs.accept(CardSpec(origin=origin, steps=steps))
    channel: Any = rig.bot.get_channel(rig.channel.id)
    drawn, _ = await rig.bot.parts.delivery.cards.first_answer(taken.card, taken.jobs)
    with rig.env.time_context():
        posted = await channel.send(embed=drawn.embed)
    await rig.bot.parts.jobs.mark_answered(taken.card, message_id=posted.id, channel_id=rig.channel.id)
    await rig.work()
    states = [job.state for job in await rig.bot.parts.store.jobs.of_card(rig.guild.id, taken.card.id)]
    assert states == [JobState.DELIVERED, JobState.FAILED, JobState.CANCELLED]
    first = taken.jobs[0]
    message = next(m for m in rig.messages() if m.id == posted.id)
    await agreed(rig.member, await rig.member.click(message, label=whole(message, "Try again from here")))
    edit, video = sorted((await rig.jobs())[:2], key=lambda job: job.position)
    made = await rig.bot.parts.store.jobs.get(rig.guild.id, first.id)
    assert made is not None
    assert edit.input["image_url"] == made.output["image_url"]
    assert dict(video.fill) == {"image_url": f"{{{edit.id}.image_url}}"}
    assert video.after_ids == (edit.id,)


async def test_a_control_that_has_nothing_to_do_says_so(rig: Rig):
    await rig.member.slash(rig.channel, "prompt for:image", prompt="a fox")
    await rig.work()
    job = await newest(rig)
    for action in ("retry", "recover", "link"):
        result = await press(rig, rig.member, action, job.id)
        said = [m.content for m in (result.response, *result.followups) if m is not None]
        assert any(text.startswith("⚠️ ") for text in said), action
        assert await count(rig) == 1
