"""Two clicks on a control that spends or posts do it once, whichever control it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from bot.domain.models import Job
from cogs.results import texts
from tests.support.channels import press
from tests.support.results import picture
from tests.support.rig import Rig
from tests.support.surface import newest, private_sentence
from tests.support.workflows import VIDEO, sample


async def a_picture(rig: Rig) -> Job:
    _, job = await picture(rig)
    return job


async def pictures(rig: Rig) -> Job:
    _, job = await picture(rig, count=2)
    return job


async def failed(rig: Rig) -> Job:
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fail")
    await rig.work()
    return await newest(rig)


async def rewritten(rig: Rig) -> Job:
    await rig.member.slash(rig.channel, "prompt for:image", prompt="a fox #fast")
    await rig.work()
    return await newest(rig)


async def with_character(rig: Rig) -> Job:
    character = await a_picture(rig)
    await rig.member.slash(rig.channel, "image generate", prompt="her in a boat #fast", from_=character.id)
    await rig.work()
    return await newest(rig)


async def without_a_form(rig: Rig) -> Job:
    """Return a job of an operation that takes nothing but a file, so that there is nothing to ask for an edit."""
    await rig.member.slash(rig.channel, "sora for:new character", name="Captain Fog", video_url=sample(VIDEO))
    await rig.work()
    return await newest(rig)


@pytest.mark.parametrize(
    ("made", "action"),
    [
        (a_picture, "again"),
        (pictures, "again_all"),
        (without_a_form, "edit"),
        (failed, "retry"),
        (a_picture, "vary_subtle"),
        (with_character, "vary_look"),
        (rewritten, "prompt_image"),
        (rewritten, "prompt_again"),
        (a_picture, "post_again"),
    ],
)
async def test_two_clicks_do_it_once(rig: Rig, made: Callable[[Rig], Awaitable[Job]], action: str):
    job = await made(rig)
    first = await press(rig, rig.member, action, job.id)
    assert str(texts.PRESSED_TWICE) not in str([each.content for each in (first.response, *first.followups) if each])
    second = await press(rig, rig.member, action, job.id)
    assert private_sentence(second) == str(texts.PRESSED_TWICE)
