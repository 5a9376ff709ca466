"""The menus of messages: on files that others posted, and on the bot's own results."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import discord
import pytest
from PIL import Image

from bot.delivery.answers.command_payload import is_anywhere
from bot.domain.models import JobState
from sandbox.media.render import mp3, mp4
from sandbox.media.words import scene_of
from tests.support.menus import hosted, menu, offered, posted, result_of, sent
from tests.support.rig import Rig
from tests.support.surface import delete, fill, inputs, newest, nothing_happened, png, private_sentence, settled_exactly

MENUS = ["Edit image", "Animate", "Upscale", "Next step…"]
VIDEO = mp4(scene_of("", 0), seconds=2, size=(64, 64)).data
SOUND = mp3(seconds=1).data


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


@pytest.mark.long
async def test_upscale_makes_a_video_larger(rig: Rig):
    message = await posted(rig, ("cat.png", png()), ("clip.mp4", VIDEO))
    shown = await menu(rig, "Upscale", message)
    values = {label: item["value"] for label, item in inputs(shown).items() if item.get("value")}
    assert values == {"Model": "wavespeed", "Target resolution": "4k"}
    await rig.member.submit_modal(shown, fill(shown, values))
    await rig.work()
    operation, given = sent(rig)
    assert operation == "video.upscale"
    assert given["video_url"] == message.attachments[1].url
    assert (given["model"], given["target_resolution"]) == ("wavespeed", "4k")
    assert given["duration_seconds"] == pytest.approx(2, abs=0.2)
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


@pytest.mark.parametrize("slot", ["image", "thumbnail"])
async def test_a_picture_in_an_embed_is_taken(rig: Rig, slot: str):
    link = hosted(rig, "linked.png", png())
    shown = await menu(rig, "Edit image", embedded(rig, {"type": "rich", slot: {"url": link}}))
    await rig.member.submit_modal(shown, fill(shown, {"Prompt": "x"}))
    await rig.work()
    assert sent(rig)[1]["image_url"] == link


async def test_a_video_in_an_embed_is_taken_and_the_page_of_a_player_is_not(rig: Rig):
    link, page = hosted(rig, "linked.mp4", VIDEO), hosted(rig, "player", b"<!doctype html><html></html>")
    player = {"type": "video", "video": {"url": page}, "thumbnail": {"url": hosted(rig, "still.png", png())}}
    shown = await menu(rig, "Upscale", embedded(rig, player, {"type": "video", "video": {"url": link}}))
    await rig.member.submit_modal(shown, fill(shown, {"Model": "wavespeed"}))
    await rig.work()
    assert sent(rig)[1]["video_url"] == link
    assert "a video" in private_sentence(await menu(rig, "Upscale", embedded(rig, player)))


async def test_a_forwarded_picture_is_taken(rig: Rig):
    message = await posted(rig, ("cat.png", png()))
    forwarded = await rig.moderator.forward(message, rig.channel)
    shown = await menu(rig, "Edit image", forwarded)
    await rig.member.submit_modal(shown, fill(shown, {"Prompt": "x"}))
    await rig.work()
    assert sent(rig)[1]["image_url"].endswith("/cat.png")


@pytest.mark.parametrize(
    "name",
    [each if each in {"Edit image", "Next step…"} else pytest.param(each, marks=pytest.mark.long) for each in MENUS],
)
@pytest.mark.parametrize(
    "files", [(), (("notes.txt", b"notes"),), (("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),)]
)
async def test_a_message_without_media_is_refused_in_one_ephemeral_sentence(rig: Rig, name: str, files: Any):
    assert "there is none here" in private_sentence(await menu(rig, name, await posted(rig, *files)))
    await nothing_happened(rig)


@pytest.mark.parametrize(
    ("name", "file", "wanted"),
    [
        ("Edit image", ("clip.mp4", VIDEO), "an image"),
        pytest.param("Animate", ("tune.mp3", SOUND), "an image", marks=pytest.mark.long),
        ("Upscale", ("cat.png", png()), "a video"),
    ],
)
async def test_media_of_another_kind_are_refused_in_one_ephemeral_sentence(rig: Rig, name: str, file: Any, wanted: str):
    sentence = private_sentence(await menu(rig, name, await posted(rig, file)))
    assert sentence == f"This needs {wanted}, and there is none here."


# ---------------------------------------------------------------------- our own results


@pytest.mark.long
@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
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


async def test_a_card_whose_job_is_not_done_has_no_next_step(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a heron")
    assert "none" in private_sentence(await menu(rig, "Edit image", rig.messages()[0]))


@pytest.mark.long
async def test_what_sora_made_continues_with_its_native_id(rig: Rig):
    await rig.moderator.slash(
        rig.channel, "sora for:edit", sora_video_id="video_68c1", prompt="make it snow", model="sora-2"
    )
    await rig.work()
    job = await newest(rig)
    shown = await menu(rig, "Next step…", rig.messages()[0])
    assert {"sora2.video.edit", "sora2.video.extend", "sora2.video.remix"} <= set(offered(shown))
    form = await rig.member.select(shown.response, ["sora2.video.extend"])
    await rig.member.submit_modal(form, fill(form, {"Prompt": "on and on", "Duration": "8"}))
    await rig.work()
    assert sent(rig) == (
        "sora2.video.extend",
        {"sora_video_id": job.output["task_id"], "prompt": "on and on", "duration": 8},
    )
    assert (await newest(rig)).parent_id == job.id


# ---------------------------------------------------------------------- forged selects


@pytest.mark.long
async def test_menus_leave_nothing_in_memory_but_forms_that_time_out(rig: Rig):
    message = await posted(rig, ("cat.png", png()))
    for _ in range(50):
        await menu(rig, "Next step…", message)
    kept = rig.bot._connection._view_store
    assert [task for task in asyncio.all_tasks() if "timeout" in task.get_coro().__qualname__] == []  # type: ignore[union-attr]  # of coroutines
    assert kept._views == {}
    assert kept._synced_message_views == {}
    shown = await menu(rig, "Edit image", message)
    assert all(form.timeout for form in kept._modals.values())
    await rig.member.submit_modal(shown, fill(shown, {"Prompt": "x"}))
    assert kept._modals == {}


@pytest.mark.parametrize(
    "text",
    [
        "@everyone **x**",
        pytest.param("\u202eabc", marks=pytest.mark.long),
        pytest.param("👩‍👩‍👧" * 300, marks=pytest.mark.long),
        "x" * 4000,
        pytest.param("\u200b", marks=pytest.mark.long),
        "```\n> a",
    ],
)
async def test_any_words_in_a_form_make_a_job_or_one_sentence(rig: Rig, text: str):
    shown = await menu(rig, "Edit image", await posted(rig, ("cat.png", png())))
    result = await rig.member.submit_modal(shown, fill(shown, {"Prompt": text, "Model": text[:100]}))
    if result.ephemeral or not await rig.jobs():
        private_sentence(result)
        return
    [card] = rig.messages()
    assert not card.mention_everyone
    assert card.mentions == []
