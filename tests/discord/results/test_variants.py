"""Variants of pictures: one edit of the picture, without the tool for characters unless one is meant."""

from __future__ import annotations

import pytest

from bot.domain.models import JobState
from bot.domain.server.guild_rules import Strength
from bot.domain.words.orders import PICTURE_EDITS, Variation
from bot.generation.rewrites import LOOK_REWRITE
from bot.generation.texts import NO_LOOK
from cogs.results import texts
from tests.support.channels import press, rule
from tests.support.prices import priced
from tests.support.reacting import event
from tests.support.results import card_of, count, picture
from tests.support.rig import Rig
from tests.support.surface import agreed, labels, newest, private_sentence, settled_exactly, whole

LOOK = str(texts.LOOK)


async def tools(rig: Rig) -> list[str]:
    """Return the operations of all jobs, oldest first."""
    jobs = sorted(await rig.jobs(), key=lambda job: (job.created_at, job.position))
    return [job.operation for job in jobs]


@pytest.mark.parametrize("strength", ["subtle"])
async def test_a_variant_of_a_picture_is_one_edit_of_it_and_its_price_is_said_before(rig: Rig, strength: str):
    await priced(rig, 12, "image.edit")
    await rig.member.slash(rig.channel, "image generate", prompt="A blue door #fast", aspect_ratio="9:16")
    await rig.work()
    parent = await newest(rig)
    message = card_of(rig, parent)
    how = await rig.moderator.click(message, label="Vary")
    assert how.response.content == "How different should it be? · 12 credits each"
    assert LOOK not in labels(how.response)
    await rig.moderator.click(how.response, label=f"{strength.capitalize()} · 12")
    await rig.work()
    assert await tools(rig) == ["image.generate", "image.edit"]
    job = await newest(rig)
    assert (job.state, job.parent_id, job.cost) == (JobState.DELIVERED, parent.id, 12)
    own = {"prompt": "A blue door #fast", "image_url": parent.media[0].url, "aspect_ratio": "9:16"}
    assert job.input == own
    order = f"{PICTURE_EDITS[Variation(strength)]} The picture shows: A blue door #fast"
    assert rig.sandbox.requests[-1].input == {**own, "prompt": order}
    await settled_exactly(rig)


async def test_a_variant_of_an_edit_shows_the_subject_too_and_does_not_ask_for_the_same_edit_once_more(rig: Rig):
    _, parent = await picture(rig)
    await rig.member.slash(rig.channel, "image edit", prompt="at night #fast", from_=parent.id)
    await rig.work()
    how = await rig.member.click(card_of(rig, await newest(rig)), label="Vary")
    await agreed(rig.member, await rig.member.click(how.response, label=whole(how.response, "Subtle")))
    await rig.work()
    job = await newest(rig)
    assert job.input["prompt"] == f"{parent.prompt}, at night #fast"
    assert rig.sandbox.requests[-1].input["prompt"].startswith(PICTURE_EDITS[Variation.SUBTLE])


async def test_the_tool_for_characters_is_offered_where_a_character_was_given(rig: Rig):
    _, character = await picture(rig)
    await rig.member.slash(rig.channel, "image generate", prompt="her in a boat #fast", from_=character.id)
    await rig.work()
    parent = await newest(rig)
    how = await rig.member.click(card_of(rig, parent), label="Vary")
    assert labels(how.response) == ["Subtle", "Strong", LOOK]
    await agreed(rig.member, await rig.member.click(how.response, label=whole(how.response, LOOK)))
    await rig.work()
    first, second = sorted(await rig.jobs(), key=lambda job: (job.created_at, job.position))[2:]
    assert (first.operation, second.operation) == ("prompt.enhance.variant", "image.edit")
    assert first.input == {"prompt": parent.depicts}
    assert first.sent_input == {**first.input, "rewriteRequest": LOOK_REWRITE}
    assert second.input["prompt"] == first.output["enhancedPrompt"]
    assert second.state is JobState.DELIVERED
    await settled_exactly(rig)


async def test_a_forged_press_for_a_picture_without_a_character_is_refused(rig: Rig):
    _, job = await picture(rig)
    assert private_sentence(await press(rig, rig.moderator, "vary_look", job.id)) == str(NO_LOOK)
    assert await count(rig) == 1


@pytest.mark.parametrize("strength", list(Strength))
async def test_the_dice_varies_as_strongly_as_the_server_has_set(rig: Rig, strength: Strength):
    await rule(rig, vary_strength=strength)
    message, _ = await picture(rig)
    await event(rig, message, "🎲", rig.member.id)
    await rig.work()
    assert await tools(rig) == ["image.generate", "image.edit"]
    assert rig.sandbox.requests[-1].input["prompt"].startswith(PICTURE_EDITS[Variation(strength)])
