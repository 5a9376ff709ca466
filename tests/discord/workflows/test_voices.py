"""`/audio voices`: what worked here, one paid sample for all, and the voice that a narration gets if none is named."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from bot.domain.models import Job
from bot.errors import Refused
from bot.generation.generation import Generation
from bot.generation.generations import Generations
from cogs.workflows import texts
from cogs.workflows.voices import NARRATION, _subject
from tests.support.channels import hidden_channel, press
from tests.support.me import export_own
from tests.support.origins import origin
from tests.support.prices import priced
from tests.support.rig import Rig
from tests.support.surface import unlinked

ADA = "v/ada:1"


async def narrate(rig: Rig, member: Any = None, **options: Any) -> Job:
    await (member or rig.member).slash(rig.channel, "audio narration", text="Good morning", **options)
    await rig.work()
    return (await rig.jobs())[0]


async def shown(rig: Rig, member: Any = None, voice: str = ADA) -> Any:
    """Open the list and pick a voice; return the message."""
    member = member or rig.member
    opened = (await member.slash(rig.channel, "audio voices")).response
    await member.select(opened, values=[_subject(voice)], custom_id="c1:voice_pick:list")
    return opened


def labels(message: Any) -> list[str]:
    rows = [row if isinstance(row, dict) else row.to_dict() for row in message.components]
    return [item.get("label", "") for row in rows for item in row["components"]]


async def other_member(rig: Rig) -> Any:
    return rig.guild.add_member(rig.env.create_user("bea"))


async def test_the_voices_that_worked_are_listed_with_when_and_by_what(rig: Rig):
    empty = (await rig.member.slash(rig.channel, "audio voices")).response
    assert unlinked(empty.embeds[0].description) == str(texts.NO_VOICES)
    await narrate(rig, voice_id=ADA)
    found = (await rig.member.slash(rig.channel, "audio voices")).response
    assert f"**{ADA}** · last used <t:" in found.embeds[0].description
    assert NARRATION in found.embeds[0].description


async def test_a_voice_with_an_absurd_name_is_cut_where_it_is_shown(rig: Rig):
    absurd = "_*" * 1500
    await narrate(rig, voice_id=absurd)
    picked = await shown(rig, voice=absurd)
    text = picked.embeds[0].description
    assert text.startswith("**\\_\\*")
    assert len(text) < 300


async def test_a_sample_is_paid_once_though_two_press_and_confirm_at_once(rig: Rig):
    await narrate(rig, voice_id=ADA)
    bea, button = await other_member(rig), f"c1:voice_sample:{_subject(ADA)}"
    mine, hers = await shown(rig), await shown(rig, bea)
    asked = [
        (rig.member, await rig.member.click(mine, custom_id=button)),
        (bea, await bea.click(hers, custom_id=button)),
    ]
    for member, quote in asked:
        await member.click(quote.response, label=str(texts.YES))
    await rig.work()
    samples = [dict(each.input) for each in await rig.jobs() if each.input["text"] == str(texts.SAMPLE_WORDS)]
    assert samples == [{"text": str(texts.SAMPLE_WORDS), "voice_id": ADA}]


async def test_of_many_that_are_accepted_at_once_one_is_stored_and_held(rig: Rig):
    generation = Generation(
        operation=NARRATION, values={"text": str(texts.SAMPLE_WORDS), "voice_id": ADA}, sample_of=ADA
    )
    await priced(rig, 2, NARRATION)
    accept = rig.bot.get(Generations).accept
    outcomes = await asyncio.gather(
        *(accept(generation, origin(rig, rig.member, interaction_id=each)) for each in range(1, 6)),
        return_exceptions=True,
    )
    assert [type(each) for each in outcomes if isinstance(each, BaseException)] == [Refused] * 4
    assert len(await rig.jobs()) == 1


@pytest.mark.long
async def test_who_listens_later_gets_the_file_at_no_cost_also_when_its_link_has_expired(rig: Rig):
    await priced(rig, 2, NARRATION)
    await narrate(rig, voice_id=ADA)
    await rig.member.click(await shown(rig), custom_id=f"c1:voice_sample:{_subject(ADA)}")
    await rig.work()
    jobs = len(await rig.jobs())
    bea = await other_member(rig)
    for _ in range(2):
        message = await shown(rig, bea)
        assert str(texts.LISTEN) in labels(message)
        heard = (await bea.click(message, custom_id=f"c1:voice_listen:{_subject(ADA)}")).response
        assert [each.filename.rpartition(".")[2] for each in heard.attachments] == ["mp3"]
        rig.sandbox.faults.add("media", "gone", times=1)
    assert len(await rig.jobs()) == jobs


@pytest.mark.long
async def test_a_members_own_default_goes_before_the_servers_and_what_is_named_before_both(rig: Rig):
    guild = rig.guild.id
    assert "voice_id" not in (await narrate(rig)).input
    await narrate(rig, voice_id="v_mine")
    await narrate(rig, voice_id="v_ours")
    ours = await shown(rig, rig.moderator, "v_ours")
    await rig.moderator.click(ours, custom_id=f"c1:voice_ours:{_subject('v_ours')}")
    assert (await rig.bot.parts.store.settings.get(guild)).default_voice == "v_ours"
    assert (await narrate(rig)).input["voice_id"] == "v_ours"
    mine = await shown(rig, voice="v_mine")
    assert str(texts.MAKE_OURS) not in labels(mine)
    await rig.member.click(mine, custom_id=f"c1:voice_mine:{_subject('v_mine')}")
    assert (await narrate(rig)).input["voice_id"] == "v_mine"
    assert (await narrate(rig, voice_id="v_other")).input["voice_id"] == "v_other"
    assert (await narrate(rig, await other_member(rig))).input["voice_id"] == "v_ours"
    await rig.restart()
    assert (await narrate(rig)).input["voice_id"] == "v_mine"
    await rig.bot.parts.member_data.erase(guild, rig.member.id)
    assert (await narrate(rig)).input["voice_id"] == "v_ours"


async def test_a_default_is_in_the_members_export(rig: Rig):
    await rig.bot.parts.voices.choose(rig.guild.id, rig.member.id, ADA)
    exported = (await export_own(rig, rig.member)).response
    files = {each.filename: json.loads(rig.file(each)) for each in exported.attachments}
    assert files["my-settings.json"][0]["settings"]["voice"] == ADA


async def test_a_label_that_moderators_give_is_read_in_the_list_and_in_completions(rig: Rig):
    await narrate(rig, voice_id=ADA)
    message = await shown(rig, rig.moderator)
    form = await rig.moderator.click(message, custom_id=f"c1:voice_label:{_subject(ADA)}")
    [typed] = rig.form_fields(form)
    await rig.moderator.submit_modal(form, {typed: "Narrator"})
    found = await rig.member.autocomplete(rig.channel, "audio narration", "voice_id", "narr")
    assert [(each["name"], each["value"]) for each in found][-1] == (f"Narrator ({ADA})", ADA)
    decisions = await rig.bot.parts.store.decisions.all(rig.guild.id)
    assert any("names of voices" in each.text.lower() for each in decisions)


async def test_members_cannot_choose_for_the_server(rig: Rig):
    await narrate(rig, voice_id=ADA)
    await press(rig, rig.member, "voice_ours", _subject(ADA))
    await press(rig, rig.member, "voice_label", _subject(ADA))
    assert (await rig.bot.parts.store.settings.get(rig.guild.id)).default_voice == ""


async def test_a_sample_in_a_channel_that_one_does_not_see_is_not_played_and_costs_nothing(rig: Rig):
    await priced(rig, 2, NARRATION)
    await narrate(rig, voice_id=ADA)
    desk = hidden_channel(rig, rig.moderator)
    opened = (await rig.moderator.slash(desk, "audio voices")).response
    await rig.moderator.select(opened, values=[_subject(ADA)], custom_id="c1:voice_pick:list")
    await rig.moderator.click(opened, custom_id=f"c1:voice_sample:{_subject(ADA)}")
    await rig.work()
    jobs = len(await rig.jobs())
    message = await shown(rig)
    assert str(texts.LISTEN) in labels(message)
    heard = (await rig.member.click(message, custom_id=f"c1:voice_listen:{_subject(ADA)}")).response
    assert "You can't see a job" in heard.content
    assert heard.attachments == []
    assert len(await rig.jobs()) == jobs
