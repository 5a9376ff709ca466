"""What can't be added or used is said in one sentence; nothing is stored, posted or paid."""

from __future__ import annotations

from typing import Any

import pytest

from bot.delivery.channels.facts import FILE_LIMIT_BYTES
from bot.domain.words.cast import PLAYERS_MAX, CastKind
from bot.errors import BotError
from sandbox.http.broken import pixel_flood
from sandbox.studio.files import StoredFile
from tests.support.cast import add, cast_channel, caster
from tests.support.channels import press
from tests.support.rig import Rig
from tests.support.settings_pages import block_member
from tests.support.surface import agreed, nothing_happened, png, private_sentence

NAMED = [
    ("🦊", "A name can have up to 32 letters"),
    ("a\u200b/b", "A name can have up to 32 letters"),
    ("<@1234567890>", "A name can have up to 32 letters"),
    ("@everyone", "or a mention"),
    ("cast", "“cast” is already in the cast, a command"),
    ("IMAGE", "a command"),
    ("mira", "“mira” is already in the cast"),
    ("\uff2dira", "is already in the cast"),
]
FILES = [
    (b"no image at all", "is not an image"),
    (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(512), "image"),
    (png() + bytes(FILE_LIMIT_BYTES), "MB"),
    (pixel_flood(), "up to 8,192 pixels"),
]


async def form_sent(rig: Rig, name: str, data: bytes | None) -> Any:
    page = (await rig.member.slash(rig.channel, "cast")).response
    form = await rig.member.click(page, custom_id="c1:cast_add:character")
    first, look, pictures, *_ = rig.form_fields(form)
    given: dict[str, Any] = {first: name, look: "a red fox"}
    return await rig.member.submit_modal(form, given | ({pictures: [("a.png", data)]} if data else {}))


async def nothing_added(rig: Rig, channel: Any, *names: str) -> None:
    assert [each.name for each in await rig.bot.parts.store.cast.all(rig.guild.id)] == list(names)
    assert len(channel.history()) == len(names)
    await nothing_happened(rig)


async def test_a_name_that_cant_be_said_and_a_file_that_is_no_image_are_refused(rig: Rig):
    channel = await cast_channel(rig)
    await add(rig, "Mira")
    for name, sentence in NAMED:
        assert sentence in private_sentence(await form_sent(rig, name, png()))
        await nothing_added(rig, channel, "Mira")
    for data, sentence in FILES:
        assert sentence in private_sentence(await form_sent(rig, "Tom", data))
        await nothing_added(rig, channel, "Mira")


async def test_a_name_taken_in_between_is_refused_and_its_images_are_deleted(rig: Rig):
    await add(rig, "Mira", pictures=0, look="a fox")
    channel = await cast_channel(rig)

    async def while_the_images_are_read() -> list[str]:
        await add(rig, "Tom", pictures=0, look="first")
        rig.sandbox.studio.files.put("t.png", StoredFile(png(), "image/png"))
        return [f"{rig.sandbox.url}/media/t.png"]

    with pytest.raises(BotError, match="already in the cast"):
        await rig.bot.parts.cast.add(
            caster(rig), CastKind.CHARACTER, while_the_images_are_read, name="Tom", commands=()
        )
    assert len(channel.history()) == 1
    rig.clock.advance(601)
    await rig.bot.parts.delivery.cast_pictures.delete_leftovers()
    assert channel.history() == []


async def test_more_names_than_one_job_takes_are_refused(rig: Rig):
    names = [f"Number{number}" for number in range(PLAYERS_MAX + 1)]
    for name in names:
        await add(rig, name, pictures=0, look="a fox")
    asked = await rig.member.slash(rig.channel, "image generate", prompt=" ".join(f"@{name}" for name in names))
    assert "One job takes up to 10 from the cast" in private_sentence(asked)
    await nothing_happened(rig)


async def test_a_hundred_unknown_names_are_one_question_that_discord_takes(rig: Rig):
    await add(rig, "Mira", pictures=0, look="a fox")
    words = " ".join(f"@nobody{number}" for number in range(100))
    asked = await rig.member.slash(rig.channel, "image generate", prompt=words)
    [message] = [each for each in (asked.response, *asked.followups) if each is not None]
    assert "it stays plain text" in message.content
    assert len(message.content) <= 2000
    await nothing_happened(rig)
    await agreed(rig.member, asked)
    await rig.work()
    [request] = rig.sandbox.requests
    assert request.input == {"prompt": words}


async def test_a_character_removed_while_its_job_waits_still_plays_in_it_and_is_missed_by_the_next(rig: Rig):
    mira = await add(rig, "Mira", pictures=1, look="a fox")
    links = list(await rig.bot.parts.delivery.cast_pictures.links(mira))
    await rig.member.slash(rig.channel, "image generate", prompt="@Mira sleeps")
    await rig.bot.parts.cast.remove(caster(rig), mira.id)
    await rig.work()
    [request] = rig.sandbox.requests
    assert request.input["reference_image_urls"] == links
    asked = await rig.member.slash(rig.channel, "image generate", prompt="a beach", cast="Mira")
    assert "There's no “Mira” in the cast" in private_sentence(asked)
    assert len(rig.sandbox.requests) == 1


async def test_images_that_were_deleted_in_discord_are_said_before_anything_is_paid(rig: Rig):
    mira = await add(rig, "Mira", pictures=1, look="a fox")
    assert mira.channel_id is not None
    assert mira.message_id is not None
    rig.env.backend.delete_message(mira.channel_id, mira.message_id)
    rig.clock.advance(7 * 3600)
    asked = await rig.member.slash(rig.channel, "image generate", prompt="@Mira sleeps")
    assert "The images of Mira were deleted in Discord" in asked.response.content
    await nothing_happened(rig)
    await agreed(rig.member, asked)
    await rig.work()
    [request] = rig.sandbox.requests
    assert request.input == {"prompt": "@Mira sleeps\n\nMira: a fox."}


async def test_a_form_that_is_sent_after_its_member_was_blocked_changes_nothing(rig: Rig):
    mira = await add(rig, "Mira", pictures=1, look="a fox")
    form = await press(rig, rig.member, "cast_edit", mira.id)
    await block_member(rig, rig.member)
    first, *_ = rig.form_fields(form)
    sent = await rig.member.submit_modal(form, {first: "Tom"})
    assert "block" in private_sentence(sent)
    assert await rig.bot.parts.store.cast.all(rig.guild.id) == [mira]
