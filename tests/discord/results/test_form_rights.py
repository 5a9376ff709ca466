"""A form takes minutes to fill in: what its sender may do is asked again when it is sent."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.server.guild_rules import Payer
from cogs.ui.texts import GONE
from tests.support.channels import hidden_channel, let_in, made_in, press, rule, shown
from tests.support.reacting import other
from tests.support.rig import Rig
from tests.support.settings_pages import block_member
from tests.support.surface import fill, newest, private_sentence


@pytest.fixture
def eve(rig: Rig) -> Any:
    return other(rig, "eve")


async def reruns_off(rig: Rig, _eve: Any) -> None:
    await rule(rig, rerun_payer=Payer.OFF)


async def blocked(rig: Rig, eve: Any) -> None:
    await block_member(rig, eve)


async def paused(rig: Rig, _eve: Any) -> None:
    await rig.moderator.slash(rig.channel, "studio pause", switch="on")


@pytest.mark.parametrize(
    "change",
    [
        reruns_off,
        blocked,
        paused,
    ],
    ids=lambda f: f.__name__,
)
async def test_an_edit_that_is_no_longer_allowed_makes_nothing(rig: Rig, eve: Any, change: Any):
    job = await made_in(rig, rig.channel, rig.member, "a fox")
    form = await press(rig, eve, "edit", job.id)
    await change(rig, eve)
    result = await eve.submit_modal(form, fill(form, {"Prompt": "mine now #fast"}))
    assert private_sentence(result)
    await rig.work()
    assert [each.id for each in await rig.jobs()] == [job.id]


async def test_an_edit_of_what_its_sender_no_longer_sees_makes_nothing(rig: Rig, eve: Any):
    room = hidden_channel(rig, rig.moderator, eve, name="room")
    job = await made_in(rig, room, rig.moderator, "a fox")
    form = await press(rig, eve, "edit", job.id)
    let_in(rig, room, eve.id, view_channel=False)
    result = await eve.submit_modal(form, fill(form, {"Prompt": "mine now #fast"}))
    assert str(GONE) in shown(result)
    await rig.work()
    assert [each.id for each in await rig.jobs()] == [job.id]


async def test_a_form_of_a_rewritten_prompt_asks_again_too(rig: Rig, eve: Any):
    room = hidden_channel(rig, rig.moderator, eve, name="room")
    await rig.moderator.slash(room, "prompt for:image", prompt="a fox")
    await rig.work()
    form = await press(rig, eve, "prompt_edit", (await newest(rig)).id)
    let_in(rig, room, eve.id, view_channel=False)
    values = {"What do you want to make?": ["image.generate"], "Prompt": "mine now #fast"}
    assert str(GONE) in shown(await eve.submit_modal(form, fill(form, values)))
    await rig.work()
    assert len(await rig.jobs()) == 1


async def test_a_form_for_a_next_step_asks_again_whether_its_source_may_be_used(rig: Rig, eve: Any):
    room = hidden_channel(rig, rig.moderator, eve, name="room")
    job = await made_in(rig, room, rig.moderator, "a fox")
    offer = await press(rig, eve, "next", job.id)
    form = await eve.select(offer.response, ["image.edit"])
    let_in(rig, room, eve.id, view_channel=False)
    result = await eve.submit_modal(form, fill(form, {"Prompt": "brighter"}))
    assert private_sentence(result)
    await rig.work()
    assert len(await rig.jobs()) == 1
