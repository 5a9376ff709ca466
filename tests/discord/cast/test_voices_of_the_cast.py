"""A character's voice: chosen in `/audio voices` next to its sample, heard in narrations."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import Refused
from cogs.workflows import texts
from cogs.workflows.voices import _subject
from tests.support.cast import add, caster
from tests.support.rig import Rig

ADA = "v/ada:1"


async def opened(rig: Rig) -> Any:
    """Return the page of a voice that was used."""
    await rig.member.slash(rig.channel, "audio narration", text="Good morning", voice_id=ADA)
    await rig.work()
    page = (await rig.member.slash(rig.channel, "audio voices")).response
    await rig.member.select(page, values=[_subject(ADA)], custom_id="c1:voice_pick:list")
    return page


async def choose(rig: Rig, page: Any, member_id: str) -> Any:
    return await rig.member.select(page, values=[member_id], custom_id=f"c1:voice_cast:{_subject(ADA)}")


async def test_a_voice_is_chosen_for_a_character_and_a_narration_as_it_needs_no_id(rig: Rig):
    mira = await add(rig, "Mira")
    page = await opened(rig)
    await choose(rig, page, mira.id)
    assert str(texts.HAS_VOICE) in str(page.components)
    await rig.member.slash(rig.channel, "audio narration", text="Once upon a time", cast="Mira")
    await rig.work()
    assert rig.sandbox.requests[-1].input == {"text": "Once upon a time", "voice_id": ADA}
    assert "voice_id" not in (await rig.jobs())[0].input


async def test_others_characters_are_not_offered_nor_given_a_voice(rig: Rig):
    tom = await add(rig, "Tom", member=rig.guild.add_member(rig.env.create_user("bea")))
    await add(rig, "Mira")
    page = await opened(rig)
    assert "Mira" in str(page.components)
    assert "Tom" not in str(page.components)
    with pytest.raises(Refused):
        await rig.bot.parts.cast.give_voice(caster(rig), tom.id, ADA)
    assert await rig.bot.parts.store.cast.get(rig.guild.id, tom.id) == tom
