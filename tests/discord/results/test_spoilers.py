"""Spoilers: marked wherever a file is posted, by its author's choice or the server's rule, and never shown small."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.models import JobState
from bot.domain.server.guild_rules import Spoilers
from bot.domain.texts import TURNED_OFF
from cogs.results import texts
from tests.support.channels import rule
from tests.support.jobs import gallery, on_job, pictures_in
from tests.support.reacting import in_channel
from tests.support.rig import Rig
from tests.support.surface import (
    agreed,
    close_private,
    delete,
    deny,
    newest,
    nothing_happened,
    private_sentence,
    settled_exactly,
    whole,
)


async def make(rig: Rig, **options: Any) -> Any:
    """Have a picture made; return its card."""
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast", **options)
    await rig.work()
    return max(rig.messages(), key=lambda each: each.id)


def marks(*messages: Any) -> set[bool]:
    """Return whether files of the messages are marked; fail if there are none."""
    files = [file for message in messages for file in message.attachments]
    assert files
    return {file.filename.startswith("SPOILER_") for file in files}


@pytest.mark.parametrize(
    ("spoilers", "chosen", "marked"),
    [
        (Spoilers.AUTHOR, True, True),
        (Spoilers.ALWAYS, False, True),
        (Spoilers.NEVER, False, False),
    ],
)
async def test_a_result_is_a_spoiler_by_choice_or_by_rule(rig: Rig, spoilers: Spoilers, chosen: bool, marked: bool):
    await rule(rig, spoilers=spoilers)
    assert marks(await make(rig, spoiler=chosen)) == {marked}
    await settled_exactly(rig)


async def test_where_there_are_none_the_wish_is_refused_before_anything_is_spent(rig: Rig):
    await rule(rig, spoilers=Spoilers.NEVER)
    result = await rig.member.slash(rig.channel, "image generate", prompt="a fox", spoiler=True)
    assert private_sentence(result) == TURNED_OFF(operation="`spoiler`")
    await nothing_happened(rig)


async def test_it_stays_one_wherever_it_is_posted_again(rig: Rig):
    card = await make(rig, spoiler=True, count=2)
    await rig.member.click(card, label="U1")
    elsewhere = rig.guild.create_text_channel("elsewhere")
    opened = await on_job(rig, rig.member, "show", (await newest(rig)).id, channel=elsewhere)
    assert "'spoiler': True" in str(opened.response.components)
    await rig.member.click(opened.response, label=str(texts.POST_AGAIN))
    copies = in_channel(rig, elsewhere)
    shown = [each for each in rig.messages() if each.id != card.id]
    assert len(copies) == 1
    assert marks(*copies, *shown) == {True}


async def test_what_is_recovered_and_what_is_made_of_it_are_spoilers_too(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast", spoiler=True)
    delete(rig, rig.messages()[0])
    deny(rig, send_messages=False)
    close_private(rig, rig.member)
    await rig.work()
    deny(rig)
    assert (await newest(rig)).state is JobState.HELD
    await on_job(rig, rig.member, "recover")
    [card] = rig.messages()
    assert marks(card) == {True}
    await agreed(rig.moderator, await rig.moderator.click(card, label=whole(card, "Re-run")))
    await rig.work()
    assert marks(max(rig.messages(), key=lambda each: each.id)) == {True}


async def test_the_gallery_of_jobs_shows_no_picture_of_one(rig: Rig):
    await make(rig)
    await make(rig, spoiler=True)
    page = await gallery(rig, rig.member)
    assert len(pictures_in(page.response)) == 1
