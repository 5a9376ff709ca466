"""What a member asks for in private is not put before others without their being told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.support.channels import rule, shown
from tests.support.reacting import in_channel
from tests.support.rig import Rig
from tests.support.surface import post_log, private_messages

WORDS = "something very personal"


def read_in(rig: Rig, channel: Any) -> str:
    return "\n".join(
        f"{message.content} {[embed.to_dict() for embed in message.embeds]}" for message in in_channel(rig, channel)
    )


async def asked(rig: Rig) -> str:
    """Let the member ask in private for what a moderator has to approve; return all that they were told."""
    result = await rig.member.slash(rig.channel, "image generate", prompt=WORDS, private=True)
    for _ in range(3):
        await rig.step()
    await post_log(rig)
    return shown(result) + "".join(message.content for message in private_messages(rig, rig.member))


async def test_the_log_channel_shows_that_a_private_request_waits_and_not_what_it_says(rig: Rig):
    desk = rig.guild.create_text_channel("log")
    await rule(rig, approve_above=Decimal(1), log_channel=desk.id)
    await asked(rig)
    assert in_channel(rig, desk), "the question is still asked"
    assert WORDS not in read_in(rig, desk)
    assert "private" in read_in(rig, desk).lower()


async def test_where_moderators_read_a_private_request_its_author_was_told(rig: Rig):
    desk = rig.guild.create_text_channel("approvals")
    log = rig.guild.create_text_channel("log")
    await rule(rig, approve_above=Decimal(1), approval_channel=desk.id, log_channel=log.id)
    told = await asked(rig)
    assert WORDS in read_in(rig, desk)
    assert WORDS not in read_in(rig, log)
    assert "moderator" in told.lower()
    assert "read" in told.lower()
