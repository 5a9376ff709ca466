"""Who is named in a prompt plays in the result: on the wire, on the card, and what does not fit."""

from __future__ import annotations

from tests.support.cast import add
from tests.support.prices import all_priced
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


async def test_a_recipe_whose_prompt_another_step_writes_has_the_cast_that_was_named(rig: Rig):
    mira = await add(rig, "Mira")
    await all_priced(rig, rig.guild.id)
    form = await rig.member.slash(rig.channel, "recipe", recipe="trailer")
    first, *_ = rig.form_fields(form)
    done = await rig.member.submit_modal(form, {first: "@Mira runs home"})
    assert "⚠️" not in done.response.content
    await rig.work()
    image = next(each for each in rig.sandbox.requests if each.operation == "image.generate")
    assert image.input["reference_image_urls"] == list(await rig.bot.parts.delivery.cast_pictures.links(mira))
    assert any("with Mira" in str([each.embeds[0].to_dict() if each.embeds else ""]) for each in rig.messages())
