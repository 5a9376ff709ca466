"""The choice of a next step: what it offers, its forms, and forged choices."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from bot.domain.models import JobState
from cogs.ui.controls import Control, view_of
from cogs.ui.texts import GONE
from sandbox.media.render import mp3, mp4
from sandbox.media.words import scene_of
from tests.support.menus import hosted, menu, offered, posted, result_of, sent
from tests.support.rig import HOST_KEY, Rig
from tests.support.surface import delete, fill, inputs, newest, nothing_happened, png, private_sentence, settled_exactly

VIDEO = mp4(scene_of("", 0), seconds=2, size=(64, 64)).data
SOUND = mp3(seconds=1).data


# ---------------------------------------------------------------------- next step


async def test_next_step_offers_what_fits_the_medium_and_only_to_the_member_who_pressed(rig: Rig):
    shown = await menu(rig, "Next step…", await posted(rig, ("cat.png", png())))
    assert shown.ephemeral
    assert offered(shown) == [
        "image.generate", "image.edit", "video.generate", "smartmotion.generate", "three_d.location.generate"
    ]  # fmt: skip
    shown = await menu(rig, "Next step…", await posted(rig, ("clip.mp4", VIDEO)))
    found = offered(shown)
    assert {"video.upscale", "subtitles.generate", "lipsync.generate", "soundfx.generate"} <= set(found)
    assert not {"image.edit", "sora2.video.edit"} & set(found)
    shown = await menu(rig, "Next step…", await posted(rig, ("tune.mp3", SOUND)))
    assert offered(shown) == ["video.generate", "lipsync.generate"]


@pytest.mark.parametrize("restarted", [True])
@pytest.mark.parametrize("source", ["file", "job"])
async def test_a_choice_still_works_after_a_restart_and_with_its_message_deleted(
    rig: Rig, source: str, restarted: bool
):
    if source == "job":
        message, job = await result_of(rig, "image generate", prompt="a heron")
        link = job.media[0].url
    else:
        message = await posted(rig, ("cat.png", png()))
        link = message.attachments[0].url
    shown = await menu(rig, "Next step…", message)
    delete(rig, message)
    if restarted:
        await rig.restart()
    form = await rig.member.select(shown.response, ["smartmotion.generate"])
    assert inputs(form)["Duration"]["value"] == "5"
    await rig.member.submit_modal(form, fill(form, {"Prompt": "slow push in", "Duration": "5"}))
    await rig.work()
    operation, given = sent(rig)
    assert operation == "smartmotion.generate"
    assert given["file_url"] == link
    assert (given["content_type"], given["duration"]) == ("image/png", 5)
    assert (await newest(rig)).state is JobState.DELIVERED
    await settled_exactly(rig)


@pytest.mark.parametrize("way", ["upload", "job"])
async def test_a_second_medium_is_requested_in_the_form(rig: Rig, way: str):
    _, speech = await result_of(rig, "audio narration", text="welcome")
    video = await posted(rig, ("clip.mp4", VIDEO))
    shown = await menu(rig, "Next step…", video)
    form = await rig.member.select(shown.response, ["lipsync.generate"])
    link = hosted(rig, "speech.mp3", SOUND)
    values = {
        "upload": {"Speech": ("speech.mp3", SOUND)},
        "link": {"Speech: link or job ID": link},
        "job": {"Speech: link or job ID": f" {speech.id.lower()} "},
    }[way]
    await rig.member.submit_modal(form, fill(form, values))
    await rig.work()
    operation, given = sent(rig)
    assert operation == "lipsync.generate"
    assert given["video_url"] == video.attachments[0].url
    if way == "upload":
        assert given["audio_url"].endswith("/speech.mp3")
    else:
        assert given["audio_url"] == (link if way == "link" else speech.media[0].url)
    assert given["audio_duration"] > 0
    assert (await newest(rig)).state is JobState.DELIVERED


async def test_what_is_switched_off_is_not_offered_and_its_menu_says_so(rig: Rig):
    message = await posted(rig, ("cat.png", png()))
    shown = await menu(rig, "Next step…", message)
    found = rig.bot.catalogue.resolve("image.edit")
    await rig.bot.parts.switches.switch(rig.guild.id, found, on=False, by_id=rig.moderator.id)
    assert "image.edit" not in offered(await menu(rig, "Next step…", message))
    assert "turned off" in private_sentence(await menu(rig, "Edit image", message))
    assert "turned off" in private_sentence(await rig.member.select(shown.response, ["image.edit"]))
    await nothing_happened(rig)


# ---------------------------------------------------------------------- forged selects


async def forged(rig: Rig, action: str, subject: str, values: list[str], *, link: str | None = None) -> Any:
    """Post a message of the bot with a select of any custom id, and choose in it."""
    options = [discord.SelectOption(label=value, value=value) for value in values]
    channel: Any = rig.bot.get_channel(rig.channel.id)
    with rig.env.time_context():
        message = await channel.send(
            embed=discord.Embed(title="x", url=link),
            view=view_of([Control.select(action, subject, placeholder="x", options=options)]),
        )
    return await rig.member.select(message, values[:1])


async def test_a_forged_choice_gets_no_further_than_a_real_one(rig: Rig):
    _, job = await result_of(rig, "image generate", prompt="a heron")
    spent = rig.sandbox.spent(HOST_KEY)
    link = hosted(rig, "cat.png", png())
    assert "does not take an image" in private_sentence(await forged(rig, "next", job.id, ["video.upscale"]))
    assert "no operation" in private_sentence(await forged(rig, "next", job.id, ["no.such.thing"]))
    assert private_sentence(await forged(rig, "next", "0000000000", ["image.edit"])) == str(GONE)
    assert private_sentence(await forged(rig, "next_of", "image", ["image.edit"])) == str(GONE)
    assert private_sentence(await forged(rig, "next_of", "cake", ["image.edit"], link=link)) == str(GONE)
    # The subject says a video; what is behind the link is checked all the same.
    form = await forged(rig, "next_of", "video", ["video.upscale"], link=link)
    assert "video" in private_sentence(await rig.member.submit_modal(form, fill(form, {"Model": "wavespeed"})))
    assert len(await rig.jobs()) == 1
    assert rig.sandbox.spent(HOST_KEY) == spent


async def test_the_choice_on_a_result_of_another_server_or_a_private_one_is_gone(rig: Rig):
    await rig.moderator.slash(rig.channel, "image generate", prompt="a secret", private=True)
    await rig.work()
    job = await newest(rig)
    assert private_sentence(await forged(rig, "next", job.id, ["image.edit"])) == str(GONE)
