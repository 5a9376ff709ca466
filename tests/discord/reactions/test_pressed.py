"""Stars by a button of the next step, with the rights of reactions."""

from __future__ import annotations

from typing import Any

import discord

from cogs.reactions import texts
from cogs.results import texts as of_results
from cogs.ui.texts import GONE
from tests.support.reacting import in_channel, made, other
from tests.support.rig import Rig
from tests.support.settings_pages import let_act, set_gallery
from tests.support.surface import deny, labels, private_sentence, unlinked

OF_AN_IMAGE = [str(each) for each in (of_results.ZOOM_OUT, of_results.TO_4K, of_results.ADD_TO_CAST)]
"""What the next steps of an image have besides."""


async def gallery_of(rig: Rig, stars: int = 1) -> Any:
    channel = rig.guild.create_text_channel("gallery")
    await set_gallery(rig, channel=channel, stars=stars)
    return channel


async def next_step(rig: Rig, message: discord.Message, member: Any = None) -> Any:
    result = await (member or rig.member).click(message, label=str(of_results.NEXT_STEP))
    return result.response


def said(result: Any) -> str:
    return unlinked([m for m in (result.response, *result.followups) if m is not None][-1].content)


async def test_the_next_step_offers_the_gallery_if_there_is_one_and_stars_are_on(rig: Rig):
    message = await made(rig)
    assert labels(await next_step(rig, message))[1:] == OF_AN_IMAGE
    await gallery_of(rig)
    shown = await next_step(rig, message)
    assert labels(shown)[1:] == [str(of_results.TO_GALLERY), *OF_AN_IMAGE]
    await let_act(rig)
    assert labels(await next_step(rig, message))[1:] == OF_AN_IMAGE
    assert private_sentence(await rig.member.click(shown, label=str(of_results.TO_GALLERY))) == str(texts.NOT_HERE)


async def test_stars_are_counted_once_for_each_member_and_taken_back(rig: Rig):
    gallery = await gallery_of(rig, stars=2)
    message = await made(rig)
    bob = other(rig)
    shown, his = await next_step(rig, message), await next_step(rig, message, bob)
    assert said(await rig.member.click(shown, label=str(of_results.TO_GALLERY))) == texts.starred(1, 2)
    assert said(await rig.member.click(shown, label=str(of_results.TO_GALLERY))) == str(texts.UNSTARRED)
    await rig.member.click(shown, label=str(of_results.TO_GALLERY))
    assert in_channel(rig, gallery) == []
    assert said(await bob.click(his, label=str(of_results.TO_GALLERY))) == texts.starred(2, 2)
    [post] = in_channel(rig, gallery)
    assert post.attachments


async def test_a_blocked_member_may_not_press_either(rig: Rig):
    gallery = await gallery_of(rig)
    shown = await next_step(rig, await made(rig))
    access = rig.bot.parts.moderation.access
    await access.block(rig.guild.id, rig.member.id, until=None, why="", by_id=rig.moderator.id)
    refused = await rig.member.click(shown, label=str(of_results.TO_GALLERY))
    assert "blocked you" in private_sentence(refused)
    assert in_channel(rig, gallery) == []


async def test_who_no_longer_sees_the_channel_finds_nothing(rig: Rig):
    gallery, message = await gallery_of(rig), await made(rig)
    bob = other(rig)
    shown = await next_step(rig, message, bob)
    deny(rig, view_channel=False)
    try:
        result = await bob.click(shown, label=str(of_results.TO_GALLERY))
    except Exception:  # noqa: BLE001 - simcord refuses a press in a channel that is not seen
        assert in_channel(rig, gallery) == []
        return
    assert private_sentence(result) == str(GONE)


async def test_a_private_result_is_not_offered_to_the_gallery(rig: Rig):
    await gallery_of(rig)
    card = await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast", private=True)
    await rig.work()
    shown = await next_step(rig, card.response)
    assert labels(shown)[1:] == OF_AN_IMAGE
