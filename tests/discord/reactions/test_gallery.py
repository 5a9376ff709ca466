from __future__ import annotations

from dataclasses import replace
from typing import Any

import discord
import pytest

from bot.delivery.texts import AUTHOR_NOT_SHOWN, NOT_FROM_AGE_RESTRICTED
from cogs.reactions.texts import NOTHING_TO_SHOW
from tests.support.reacting import direct_texts, event, in_channel, made, stars_on
from tests.support.rig import Rig
from tests.support.settings_pages import end_gallery, opened, page_facts, set_gallery
from tests.support.surface import delete, private_sentence, unlinked


@pytest.fixture
async def gallery(rig: Rig) -> Any:
    channel = rig.guild.create_text_channel("gallery")
    await rig.bot.parts.store.settings.change(
        rig.guild.id, lambda now: replace(now, gallery_channel=channel.id, gallery_stars=2)
    )
    return channel


def fan(rig: Rig, name: str = "fay") -> Any:
    return rig.guild.add_member(rig.env.create_user(name))


async def starred(rig: Rig, message: discord.Message) -> Any:
    """Have two members star a message; return a third."""
    await rig.member.react(message, "⭐")
    await rig.moderator.react(message, "⭐")
    return fan(rig)


async def settle(rig: Rig) -> None:
    await rig.env._settle_internal(dispatch="test")


async def test_enough_stars_post_the_result_with_its_author_prompt_and_way_back(rig: Rig, gallery: Any):
    message = await made(rig, prompt="a **fox** #fast")
    await rig.member.react(message, "⭐")
    assert in_channel(rig, gallery) == []
    await rig.moderator.react(message, "⭐")
    [post] = in_channel(rig, gallery)
    [embed] = post.embeds
    assert embed.url == f"https://discord.com/channels/{rig.guild.id}/{rig.channel.id}/{message.id}"
    assert embed.description == r"> a \*\*fox\*\* \#fast"
    assert embed.fields[0].value == f"<@{rig.member.id}>"
    assert stars_on(post) == 2
    [file] = post.attachments
    assert file.description == "a fox fast (Made with AI · Seedream 5.0 Lite)"
    assert rig.file(file) == rig.file(message.attachments[0])
    assert direct_texts(rig, rig.member) == direct_texts(rig, rig.moderator) == []


async def test_a_result_of_a_member_who_is_not_shown_stays_out_however_many_stars_it_has(rig: Rig, gallery: Any):
    message = await made(rig)
    await rig.member.react(message, "⭐")
    await rig.bot.parts.own_settings.change(rig.guild.id, rig.member.id, lambda own: replace(own, is_unshown=True))
    await rig.moderator.react(message, "⭐")
    assert in_channel(rig, gallery) == []
    assert str(AUTHOR_NOT_SHOWN) in unlinked(direct_texts(rig, rig.moderator)[0])


@pytest.mark.parametrize("restarted", [True])
async def test_the_count_follows_the_stars_and_the_post_stays_one(rig: Rig, gallery: Any, restarted: bool):
    message = await made(rig)
    third = await starred(rig, message)
    if restarted:
        await rig.restart(after_s=3600)
    await third.react(message, "⭐")
    [post] = in_channel(rig, gallery)
    assert stars_on(post) == 3
    await third.unreact(message, "⭐")
    await rig.moderator.unreact(message, "⭐")
    [post] = in_channel(rig, gallery)
    assert stars_on(post) == 1
    assert len(post.attachments) == 1


@pytest.mark.parametrize("bulk", [False, True])
async def test_the_post_goes_with_its_source(rig: Rig, gallery: Any, bulk: bool):
    message = await made(rig)
    await starred(rig, message)
    if bulk:
        rig.env.backend.bulk_delete_messages(rig.channel.id, [message.id])
    else:
        delete(rig, message)
    await settle(rig)
    assert in_channel(rig, gallery) == []


async def test_taking_the_result_down_takes_its_copy_in_the_gallery_too(rig: Rig, gallery: Any):
    message = await made(rig)
    await starred(rig, message)
    await rig.member.react(message, "❌")
    assert in_channel(rig, gallery) == []
    assert rig.messages() == []
    assert await rig.bot.parts.store.copies.of_card(rig.guild.id, (await rig.jobs())[0].card_id) == []


async def test_what_was_deleted_while_the_bot_was_away_is_not_posted(rig: Rig, gallery: Any):
    message = await made(rig)
    await rig.member.react(message, "⭐")
    emit = rig.env.backend.emit
    rig.env.backend.emit = lambda *args, **kwargs: None
    delete(rig, message)
    rig.env.backend.emit = emit
    await event(rig, message, "⭐", rig.moderator.id)
    assert in_channel(rig, gallery) == []


async def test_a_post_that_a_moderator_took_down_does_not_come_back(rig: Rig, gallery: Any):
    message = await made(rig)
    third = await starred(rig, message)
    [post] = in_channel(rig, gallery)
    delete(rig, post)
    await settle(rig)
    await third.react(message, "⭐")
    assert in_channel(rig, gallery) == []
    assert direct_texts(rig, third) == []


async def test_a_post_that_was_sent_before_a_crash_and_not_noted_is_found_again(rig: Rig, gallery: Any):
    message = await made(rig)
    third = await starred(rig, message)
    [post] = in_channel(rig, gallery)
    await rig.bot.parts.store.copies.forget(rig.guild.id, post.id)
    await rig.restart(after_s=3600)
    await third.react(message, "⭐")
    [post] = in_channel(rig, gallery)
    assert stars_on(post) == 3
    delete(rig, message)
    await settle(rig)
    assert in_channel(rig, gallery) == []


async def test_words_alone_do_not_go_to_the_gallery(rig: Rig, gallery: Any):
    message = await made(rig, "prompt for:image", prompt="a fox")
    await starred(rig, message)
    assert in_channel(rig, gallery) == []
    assert str(NOTHING_TO_SHOW) in direct_texts(rig, rig.member)[0]


@pytest.mark.parametrize("open_gallery", [True, False])
async def test_age_restricted_results_stay_among_their_own(rig: Rig, gallery: Any, open_gallery: bool):
    for channel in [rig.channel] if open_gallery else [rig.channel, gallery]:
        found: Any = rig.bot.get_channel(channel.id)
        found.nsfw = True
    message = await made(rig)
    await starred(rig, message)
    assert len(in_channel(rig, gallery)) == (0 if open_gallery else 1)
    if open_gallery:
        assert str(NOT_FROM_AGE_RESTRICTED) in direct_texts(rig, rig.member)[0]


async def test_a_gallery_that_takes_no_posts_is_reported_to_the_moderators_once(rig: Rig, gallery: Any):
    from dataclasses import replace

    log_channel = rig.guild.create_text_channel("log")
    store = rig.bot.parts.store
    await store.settings.change(rig.guild.id, lambda rules: replace(rules, log_channel=log_channel.id))
    message = await made(rig)
    rig.env.inject_error("POST", f"/channels/{gallery.id}/messages", status=403, code=50013, message="no", times=None)
    third = await starred(rig, message)
    await third.react(message, "⭐")
    assert [unlinked(m.content) for m in in_channel(rig, log_channel)] == [
        "⚠️ I can't post in the gallery channel. Check it with `/studio settings`."
    ]
    assert direct_texts(rig, third) == []


# ---------------------------------------------------------------------- its page


async def test_a_moderator_sets_shows_and_switches_off_the_gallery(rig: Rig):
    channel = rig.guild.create_text_channel("best")
    assert page_facts(await opened(rig, "gallery"))["The gallery channel"] == "None. There is no gallery."
    await set_gallery(rig, channel, stars=5)
    facts = page_facts(await opened(rig, "gallery"))
    assert (facts["The gallery channel"], facts["Stars that a result needs"]) == (f"<#{channel.id}>", "5")
    await end_gallery(rig)
    assert (await rig.bot.parts.store.settings.get(rig.guild.id)).gallery_channel is None
    assert len(await rig.bot.parts.store.decisions.all(rig.guild.id)) == 3


async def test_a_gallery_in_which_nothing_could_be_posted_is_refused(rig: Rig):
    channel = rig.guild.create_text_channel("best")
    from simcord.backend.models import Overwrite
    from simcord.enums import OverwriteType

    allow, refuse = discord.PermissionOverwrite(attach_files=False).pair()
    role = rig.guild.default_role.id
    rig.env.backend.set_overwrite(channel.id, Overwrite(role, OverwriteType.ROLE, allow.value, refuse.value))
    assert "A moderator can give me Attach Files there" in private_sentence(await set_gallery(rig, channel))
    assert (await rig.bot.parts.store.settings.get(rig.guild.id)).gallery_channel is None
