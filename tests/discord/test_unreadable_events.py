"""Events of a shape that discord.py cannot parse: one is left, and the process goes on."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.support.rig import Rig

UNREADABLE: dict[str, dict[str, Any]] = {
    "MESSAGE_CREATE": {"id": "1", "author": {"id": "2", "username": "x", "discriminator": "0"}, "content": "x"},
    "INTERACTION_CREATE": {"id": "1", "type": 2, "token": "t", "version": 1, "application_id": "1", "channel_id": "2"},
}


@pytest.mark.parametrize("name", UNREADABLE)
async def test_an_event_that_cannot_be_parsed_is_logged_once_by_name_and_left(rig: Rig, name: str):
    parse = rig.bot._connection.parsers[name]  # what discord.py calls with each event of the gateway
    with capture_logs() as logs:
        for _ in range(2):
            parse(UNREADABLE[name])
    assert [(each["event"], each["name"]) for each in logs] == [("gateway.event_not_parsed", name)]
    assert 'cannon_bot_discord_errors_total{code="KeyError"} 2.0' in rig.bot.metrics.render().decode()
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast")
    assert len(await rig.jobs()) == 1
