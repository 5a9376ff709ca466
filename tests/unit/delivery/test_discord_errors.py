"""Which failures of Discord are worth a retry, and what is freed or closed to members where something is amiss."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.delivery.channels.facts import may_pass
from bot.delivery.channels.links import DiscordLinks
from tests.unit.delivery.test_ticker import refused


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refused(429, 0), True),
        (refused(404, 10008), False),
        (refused(400, 50035), False),
        (discord.RateLimited(1.0), True),
        (TimeoutError(), True),
        (ValueError(), False),
    ],
)
def test_a_limit_or_a_lost_call_is_trouble_and_a_rejected_request_is_none(error: Exception, expected: bool):
    assert may_pass(error) is expected


async def test_a_channel_of_no_server_is_read_by_its_own_recipient_alone():
    nobody: Any = None
    client: Any = SimpleNamespace(get_channel={1: SimpleNamespace()}.get)  # as a group's: neither a server's nor a DM
    links = DiscordLinks(client, guilds=nobody, store=nobody, sights=nobody, clock=nobody)
    assert not await links._may_read(1, 2)
