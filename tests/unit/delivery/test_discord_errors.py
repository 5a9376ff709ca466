"""Which failures of Discord are worth a retry, and what is freed or closed to members where something is amiss."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.delivery.channels.facts import is_trouble
from bot.delivery.channels.links import DiscordLinks
from bot.delivery.files.downloads import UPLOADS_OF_ONE_SERVER, UploadSlots
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
    assert is_trouble(error) is expected


async def test_a_channel_of_no_server_is_read_by_its_own_recipient_alone():
    nobody: Any = None
    client: Any = SimpleNamespace(get_channel={1: SimpleNamespace()}.get)  # as a group's: neither a server's nor a DM
    links = DiscordLinks(client, guilds=nobody, store=nobody, sights=nobody, clock=nobody)
    assert not await links._may_read(1, 2)


async def test_a_slot_that_comes_as_its_upload_is_cancelled_is_free_again():
    slots = UploadSlots()
    held = [await slots.take(1) for _ in range(UPLOADS_OF_ONE_SERVER)]
    waiting = asyncio.create_task(slots.take(1))
    await asyncio.sleep(0)
    slots.release(held[0])
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert slots.running(1) == UPLOADS_OF_ONE_SERVER - 1
