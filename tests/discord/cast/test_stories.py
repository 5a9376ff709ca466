"""Films go on from their last frame, join to one file, and pictures get larger."""

from __future__ import annotations

from typing import Any

import av
import pytest

from bot.domain.models import Job
from tests.support.cast import cast_channel
from tests.support.channels import rule
from tests.support.rig import Rig


async def film(rig: Rig, prompt: str = "a boat leaves", **options: Any) -> Job:
    await rig.member.slash(rig.channel, "video generate", prompt=prompt, duration=4, **options)
    await rig.work()
    return (await rig.jobs())[0]


async def next_shot(rig: Rig, job: Job, prompt: str, place: Any) -> Job:
    form = await rig.member.click(place, custom_id=f"c1:shot_next:{job.id}")
    first, *_ = rig.form_fields(form)
    done = await rig.member.submit_modal(form, {first: prompt})
    await rig.work()
    found = (await rig.jobs())[0]
    assert found.parent_id == job.id, done.response.content
    return found


async def steps_of(rig: Rig, job: Job) -> Any:
    message = next(each for each in rig.messages() if each.id == job.message_id)
    return (await rig.member.click(message, custom_id=f"c1:next:{job.id}")).response


def seconds_of(rig: Rig, message: Any) -> float:
    path = rig.folder / "film.mp4"
    path.write_bytes(rig.file(message.attachments[0]))
    with av.open(str(path)) as whole:
        return (whole.duration or 0) / 1_000_000


async def test_the_next_shot_begins_with_the_last_frame(rig: Rig):
    pictures = await cast_channel(rig)
    job = await film(rig)
    shot = await next_shot(rig, job, "it comes back", await steps_of(rig, job))
    [kept] = pictures.history()
    assert rig.sandbox.requests[-1].input["image_url"] == kept.attachments[0].url
    assert shot.prompt == "it comes back"


async def test_shots_join_to_one_file(rig: Rig):
    await cast_channel(rig)
    job = await film(rig)
    shot = await next_shot(rig, job, "it comes back", await steps_of(rig, job))
    await rig.member.click(await steps_of(rig, shot), custom_id=f"c1:shot_join:{shot.id}")
    one, *_, joined = [message for message in rig.messages() if message.attachments]
    assert seconds_of(rig, joined) == pytest.approx(2 * seconds_of(rig, one), abs=0.2)
    assert joined.content == f"-# Made with AI · Wan 2.7 · <@{rig.member.id}>"


async def test_a_joined_file_has_no_ai_label_where_the_server_turned_it_off(rig: Rig):
    await cast_channel(rig)
    await rule(rig, ai_label=False)
    shot = await next_shot(rig, job := await film(rig), "it comes back", await steps_of(rig, job))
    await rig.member.click(await steps_of(rig, shot), custom_id=f"c1:shot_join:{shot.id}")
    assert [message for message in rig.messages() if message.attachments][-1].content == f"-# <@{rig.member.id}>"


async def test_an_image_is_made_again_in_the_largest_size(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a quiet bay")
    await rig.work()
    job = (await rig.jobs())[0]
    asked = await rig.member.click(await steps_of(rig, job), custom_id=f"c1:enlarge:{job.id}")
    await rig.member.click(asked.followups[0], label="Yes, make it")
    await rig.work()
    assert rig.sandbox.requests[-1].operation == "image.edit"
    assert rig.sandbox.requests[-1].input["resolution"] == "4K"
    assert (await rig.jobs())[0].parent_id == job.id
