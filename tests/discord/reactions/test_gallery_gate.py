"""What is starred, or sent to somebody, goes only where it could have been asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.channels import age_restricted, hidden_channel, rule
from tests.support.reacting import in_channel, other
from tests.support.rig import Rig
from tests.support.settings_pages import set_review

GENERATE = "image generate"


@pytest.fixture
def eve(rig: Rig) -> Any:
    return other(rig, "eve")


@pytest.fixture
async def gallery(rig: Rig) -> Any:
    channel = rig.guild.create_text_channel("gallery")
    await rig.bot.parts.store.settings.change(
        rig.guild.id, lambda now: replace(now, gallery_channel=channel.id, gallery_stars=1)
    )
    return channel


async def made(rig: Rig, channel: Any, member: Any, command: str = GENERATE, **options: Any) -> Any:
    """Have a result made in that channel, and return its card."""
    await member.slash(channel, command, prompt="a fox #fast", **options)
    await rig.work()
    [card] = [message for message in in_channel(rig, channel) if message.attachments]
    return card


async def starred(rig: Rig, card: Any, member: Any) -> None:
    await member.react(card, "⭐")
    await rig.env.settle()


async def test_a_result_of_a_hidden_channel_is_not_put_before_everybody(rig: Rig, eve: Any, gallery: Any):
    await starred(rig, await made(rig, hidden_channel(rig, eve), eve), eve)
    assert in_channel(rig, gallery) == []


async def test_what_was_made_without_the_safety_check_is_in_no_open_gallery(rig: Rig, eve: Any, gallery: Any):
    """Not even after its channel was opened to all ages: the job's own switch counts, as it does for a new job."""
    room = age_restricted(rig)
    card = await made(rig, room, eve, "video generate", nsfw_checker=False)
    cached: Any = rig.bot.get_channel(room.id)
    cached.nsfw = False
    await starred(rig, card, eve)
    assert in_channel(rig, gallery) == []


async def test_a_gallery_that_is_reviewed_shows_nothing_that_no_moderator_has_published(
    rig: Rig, eve: Any, gallery: Any
):
    desk = rig.guild.create_text_channel("desk")
    await set_review(rig, channel=desk, only_in=gallery)
    await starred(rig, await made(rig, rig.channel, eve), eve)
    assert in_channel(rig, gallery) == []


async def test_a_gallery_where_the_bot_may_not_be_used_gets_nothing(rig: Rig, eve: Any, gallery: Any):
    card = await made(rig, rig.channel, eve)
    await rule(rig, forbidden_channels=frozenset({gallery.id}))
    await starred(rig, card, eve)
    assert in_channel(rig, gallery) == []
