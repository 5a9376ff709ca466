"""Who is named in a prompt plays in the result: on the wire, on the card, and what does not fit."""

from __future__ import annotations

from bot.domain.words.cast import Audience
from tests.support.cast import add
from tests.support.rig import Rig


async def test_a_name_in_the_prompt_adds_pictures_and_look(rig: Rig):
    mira = await add(rig, "Mira", pictures=2, look="a red fox with a blue scarf")
    await rig.member.slash(rig.channel, "image generate", prompt="@Mira on the beach")
    await rig.work()
    [request] = rig.sandbox.requests
    links = await rig.bot.parts.delivery.cast_pictures.links(mira)
    assert request.input["reference_image_urls"] == list(links)
    assert len(links) == 2
    assert request.input["prompt"] == (
        "@Mira on the beach\n\nMira (reference image 1, 2): a red fox with a blue scarf.\n"
        "Keep each character's face, clothes and colors as in their reference images."
    )
    [job] = await rig.jobs()
    assert job.prompt == "@Mira on the beach"
    assert "reference_image_urls" not in job.input
    assert [each.name for each in job.casting.players] == ["Mira"]


async def test_who_may_not_use_a_character_does_not_learn_of_it(rig: Rig):
    await add(rig, "Tom", audience=Audience.MAKER)
    bea = rig.guild.add_member(rig.env.create_user("bea"))
    await bea.slash(rig.channel, "image generate", prompt="@Tom on the beach")
    await rig.work()
    [request] = rig.sandbox.requests
    assert request.input["prompt"] == "@Tom on the beach"
