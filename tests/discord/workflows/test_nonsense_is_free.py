"""What makes no sense is refused privately, in one sentence, before anything is held or sent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.rig import Rig
from tests.support.surface import nothing_happened, private_sentence


@pytest.mark.parametrize(
    ("command", "options", "words"),
    [
        ("image generate", {"prompt": "x", "aspect_ratio": "banana"}, "must be a ratio like 16:9; you gave banana."),
        pytest.param(
            "batch",
            {"operation": "image.generate", "prompts": "a|b", "aspect_ratio": "banana"},
            "a ratio like 16:9",
            marks=pytest.mark.long,
        ),
        pytest.param("audio narration", {"text": "x", "speed": 99}, "you gave 99", marks=pytest.mark.long),
        ("audio soundfx", {"prompt": "x", "duration_seconds": 9999}, "between 0.5 and 60 seconds"),
        pytest.param(
            "sora for:character video", {"prompt": "x", "character_id": "nope"}, "must be an ID", marks=pytest.mark.long
        ),
        (
            "image generate",
            {"prompt": "x", "model": "gpt-image-2", "resolution": "4K", "aspect_ratio": "1:1"},
            "GPT Image 2",
        ),
    ],
)
async def test_nonsense_is_refused_before_it_is_paid(rig: Rig, command: str, options: dict[str, Any], words: str):
    assert words in private_sentence(await rig.member.slash(rig.channel, command, **options))
    await nothing_happened(rig)


@pytest.mark.long
@pytest.mark.parametrize(
    "typed", ["gpt-image-2", pytest.param("GPT Image 2", marks=pytest.mark.long), "gptimage2", " GPTIMAGE2 "]
)
async def test_a_model_is_the_one_id_on_the_wire_and_the_one_name_on_the_card(rig: Rig, typed: str):
    asked = await rig.member.slash(
        rig.channel, "batch", operation="image.generate", prompts="a fox|an owl", model=typed
    )
    await rig.work()
    assert [request.input["model"] for request in rig.sandbox.requests] == ["gptimage2"] * 2
    [message] = [each for each in rig.messages() if each.embeds]
    assert "GPT Image 2" in str(message.embeds[0].to_dict())
    assert not asked.ephemeral


async def test_a_sound_effect_of_nothing_opens_a_form_and_costs_nothing(rig: Rig):
    asked = await rig.member.slash(rig.channel, "audio soundfx")
    assert asked.modal is not None
    await nothing_happened(rig)
