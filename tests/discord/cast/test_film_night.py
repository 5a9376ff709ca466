"""Film night: in a thread, a reply to a video is the next shot. And the wire of what else follows a result."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.models import Job
from tests.support.cast import cast_channel
from tests.support.channels import private_thread
from tests.support.rig import Rig
from tests.support.surface import agreed, labels, whole


async def made(rig: Rig, place: Any, command: str, **options: Any) -> tuple[Job, Any]:
    """Make a result in a place; return its job and its message there."""
    await rig.member.slash(place, command, **options)
    await rig.work()
    job = (await rig.jobs())[0]
    return job, next(each for each in place.history() if each.id == job.message_id)


async def reply(rig: Rig, place: Any, message: Any, words: str) -> Any:
    """Reply to a message; return the bot's offer."""
    before = {each.id for each in place.history()}
    await rig.member.send(place, f"<@{rig.bot.user.id}> {words}", reply_to=message)
    [answer] = [each for each in place.history() if each.id not in before and each.author.id == rig.bot.user.id]
    return answer


async def press(rig: Rig, message: Any, job: Job, action: str) -> Job:
    """Press an answer under *More*; return the job that it makes."""
    steps = (await rig.member.click(message, custom_id=f"c1:next:{job.id}")).response
    asked = await rig.member.click(steps, custom_id=f"c1:{action}:{job.id}")
    await agreed(rig.member, asked)
    await rig.work()
    return (await rig.jobs())[0]


async def test_a_reply_in_a_thread_is_the_next_shot_from_the_last_frame(rig: Rig):
    frames, thread = await cast_channel(rig), private_thread(rig, rig.member)
    job, message = await made(rig, thread, "video generate", prompt="a boat leaves", duration=4)
    answer = await reply(rig, thread, message, "it comes back at night")
    await agreed(rig.member, await rig.member.click(answer, label=whole(answer, labels(answer)[0])))
    await rig.work()
    shot = (await rig.jobs())[0]
    [frame] = frames.history()
    request = rig.sandbox.requests[-1]
    assert request.input["image_url"] == frame.attachments[0].url
    assert request.input["prompt"] == "it comes back at night"
    assert (shot.parent_id, shot.author_id) == (job.id, rig.member.id)


async def test_wan_continues_the_video_itself_and_needs_no_frame(rig: Rig):
    job, message = await made(rig, rig.channel, "video generate", prompt="a boat", duration=5, model="wan27video")
    steps = (await rig.member.click(message, custom_id=f"c1:next:{job.id}")).response
    form = await rig.member.click(steps, custom_id=f"c1:shot_next:{job.id}")
    first, *_ = rig.form_fields(form)
    await rig.member.submit_modal(form, {first: "it comes back"})
    await rig.work()
    given = rig.sandbox.requests[-1].input
    assert given["source_video_url"] == job.media[0].url
    assert given["model"] == "wan27video"
    assert "image_url" not in given


@pytest.mark.parametrize(
    ("action", "changed", "order"),
    [("zoom_out", {}, "Zoom out: keep all that is seen as it is, smaller, and extend the scene on every side.")],
)
async def test_a_larger_image_is_an_edit_with_its_order(rig: Rig, action: str, changed: dict[str, str], order: str):
    job, message = await made(rig, rig.channel, "image generate", prompt="a fox")
    larger = await press(rig, message, job, action)
    request = rig.sandbox.requests[-1]
    assert request.operation == "image.edit"
    prompt = f"{order} The picture shows: a fox"
    assert request.input == {"prompt": prompt, "image_url": job.media[0].url, **changed}
    assert (larger.parent_id, larger.prompt) == (job.id, "a fox")
