"""The menus of messages: on files that others posted, and on the bot's own results."""

from __future__ import annotations

import io
from typing import Any

import discord
import pytest
from PIL import Image

from bot.delivery.answers.command_payload import is_anywhere
from bot.domain.models import JobState
from sandbox.media.render import mp4
from sandbox.media.words import scene_of
from tests.support.menus import hosted, menu, posted, result_of, sent
from tests.support.rig import Rig
from tests.support.surface import delete, fill, inputs, newest, nothing_happened, png, private_sentence, settled_exactly

MENUS = ["Edit image", "Animate", "Upscale", "Next step…"]
VIDEO = mp4(scene_of("", 0), seconds=2, size=(64, 64)).data


def embedded(rig: Rig, *embeds: dict[str, Any]) -> discord.Message:
    """Post a message of another member with embeds, as Discord makes them of links."""
    from simcord.results import to_discord_message

    made = rig.env.backend.create_message(rig.channel.id, rig.moderator.id, "link", embeds=list(embeds))
    return to_discord_message(rig.env, made)


# ---------------------------------------------------------------------- registration


async def test_there_are_four_menus_for_messages_everywhere(rig: Rig):
    menus = rig.bot.tree.get_commands(type=discord.AppCommandType.message)
    assert [each.name for each in menus] == MENUS
    assert [each.name for each in menus if is_anywhere(each)] == MENUS


# ---------------------------------------------------------------------- files of other people's messages


async def test_edit_image_changes_an_uploaded_picture(rig: Rig):
    message = await posted(rig, ("notes.txt", b"notes"), ("cat.png", png()), ("dog.png", png()))
    shown = await menu(rig, "Edit image", message)
    assert list(inputs(shown)) == ["Prompt", "Model", "Aspect ratio", "Resolution"]
    result = await rig.member.submit_modal(shown, fill(shown, {"Prompt": "make it snow", "Aspect ratio": "1:1"}))
    assert not result.ephemeral
    await rig.work()
    assert sent(rig) == (
        "image.edit",
        {"prompt": "make it snow", "image_url": message.attachments[1].url, "aspect_ratio": "1:1"},
    )
    job = await newest(rig)
    assert job.author_id == rig.member.id
    assert job.parent_id is None
    [card] = rig.messages()
    assert Image.open(io.BytesIO(rig.file(card.attachments[0]))).format == "PNG"
    await settled_exactly(rig)


async def test_animate_makes_a_short_video_from_a_picture(rig: Rig):
    message = await posted(rig, ("cat.png", png()))
    shown = await menu(rig, "Animate", message)
    assert inputs(shown)["Duration"]["value"] == "5"
    await rig.member.submit_modal(shown, fill(shown, {"Prompt": "it yawns", "Duration": "5"}))
    await rig.work()
    assert sent(rig) == (
        "video.generate",
        {"prompt": "it yawns", "image_url": message.attachments[0].url, "duration": 5},
    )
    assert (await newest(rig)).state is JobState.DELIVERED


async def test_subtitles_are_a_next_step_that_sends_the_look_as_numbers_and_texts(rig: Rig):
    message = await posted(rig, ("clip.mp4", VIDEO))
    offer = (await menu(rig, "Next step…", message)).response
    shown = await rig.member.select(offer, ["subtitles.generate"], custom_id="c1:next_of:video")
    values = {label: item["value"] for label, item in inputs(shown).items()}
    assert values == {
        "Font": "Arial", "Font size": "48", "Color": "#FFFFFF", "Outline color": "#000000", "Outline width": "4"
    }  # fmt: skip
    await rig.member.submit_modal(shown, fill(shown, {**values, "Font size": "60", "Outline width": ""}))
    await rig.work()
    operation, given = sent(rig)
    assert operation == "subtitles.generate"
    assert given["subtitle_settings"] == {
        "font": "Arial", "fontSize": 60, "color": "#FFFFFF", "strokeColor": "#000000"
    }  # fmt: skip
    assert given["content_type"] == "video/mp4"
    assert given["duration"] == pytest.approx(2, abs=0.2)
    assert (await newest(rig)).state is JobState.DELIVERED


async def test_a_file_that_lies_about_its_type_is_refused_before_anything_is_spent(rig: Rig):
    message = await posted(rig, ("cat.png", b"just words"))
    shown = await menu(rig, "Edit image", message)
    assert "is not an image" in private_sentence(await rig.member.submit_modal(shown, fill(shown, {"Prompt": "x"})))
    await nothing_happened(rig)


@pytest.mark.parametrize("slot", ["image"])
async def test_a_picture_in_an_embed_is_taken(rig: Rig, slot: str):
    link = hosted(rig, "linked.png", png())
    shown = await menu(rig, "Edit image", embedded(rig, {"type": "rich", slot: {"url": link}}))
    await rig.member.submit_modal(shown, fill(shown, {"Prompt": "x"}))
    await rig.work()
    assert sent(rig)[1]["image_url"] == link


async def test_a_forwarded_picture_is_taken(rig: Rig):
    message = await posted(rig, ("cat.png", png()))
    forwarded = await rig.moderator.forward(message, rig.channel)
    shown = await menu(rig, "Edit image", forwarded)
    await rig.member.submit_modal(shown, fill(shown, {"Prompt": "x"}))
    await rig.work()
    assert sent(rig)[1]["image_url"].endswith("/cat.png")


@pytest.mark.parametrize("name", ["Edit image", "Next step…"])
@pytest.mark.parametrize("files", [(("notes.txt", b"notes"),)])
async def test_a_message_without_media_is_refused_in_one_ephemeral_sentence(rig: Rig, name: str, files: Any):
    assert "there is none here" in private_sentence(await menu(rig, name, await posted(rig, *files)))
    await nothing_happened(rig)


async def test_media_of_another_kind_are_refused_in_one_ephemeral_sentence(rig: Rig):
    for name, file, wanted in [
        ("Edit image", ("clip.mp4", VIDEO), "an image"),
        ("Upscale", ("cat.png", png()), "a video"),
    ]:
        sentence = private_sentence(await menu(rig, name, await posted(rig, file)))
        assert sentence == f"This needs {wanted}, and there is none here."


# ---------------------------------------------------------------------- our own results


@pytest.mark.long
@pytest.mark.parametrize("restarted", [True])
async def test_a_result_is_taken_as_its_job(rig: Rig, restarted: bool):
    message, job = await result_of(rig, "image generate", prompt="a heron", aspect_ratio="9:16")
    if restarted:
        await rig.restart(after_s=3600)
        [message] = rig.messages()
    shown = await menu(rig, "Animate", message)
    texts = {label: item.get("value") for label, item in inputs(shown).items()}
    assert (texts["Prompt"], texts["Aspect ratio"]) == ("a heron", "9:16")
    delete(rig, message)
    await rig.member.submit_modal(shown, fill(shown, {"Prompt": "it flies", "Aspect ratio": "9:16"}))
    await rig.work()
    assert sent(rig) == (
        "video.generate",
        {"prompt": "it flies", "image_url": job.media[0].url, "aspect_ratio": "9:16"},
    )
    made = await newest(rig)
    assert (made.parent_id, made.author_id, made.state) == (job.id, rig.member.id, JobState.DELIVERED)
    await settled_exactly(rig)


# ---------------------------------------------------------------------- forged selects


@pytest.mark.parametrize("text", ["@everyone **x**", "x" * 4000])
async def test_any_words_in_a_form_make_a_job_or_one_sentence(rig: Rig, text: str):
    shown = await menu(rig, "Edit image", await posted(rig, ("cat.png", png())))
    result = await rig.member.submit_modal(shown, fill(shown, {"Prompt": text, "Model": text[:100]}))
    if result.ephemeral or not await rig.jobs():
        private_sentence(result)
        return
    [card] = rig.messages()
    assert not card.mention_everyone
    assert card.mentions == []
