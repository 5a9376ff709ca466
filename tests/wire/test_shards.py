"""The real bot on a Discord that wants more than one connection to its gateway."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.runtime.network.health_probe import ask, stored_address
from tests.support.wire.server import WAIT_S, WireDiscord
from tests.wire.test_addresses import life


async def ready(address: str) -> dict[str, Any]:
    """Return what the bot says of its health once it is ready."""
    async with asyncio.timeout(WAIT_S):
        while True:
            health: dict[str, Any] = json.loads((await asyncio.to_thread(ask, address))[1])
            if health["ready"]:
                return health


@pytest.mark.long  # discord.py waits five seconds before the second connection
async def test_the_bot_makes_as_many_connections_as_discord_wants_and_tells_the_state_of_each(tmp_path: Path) -> None:
    async with WireDiscord() as discord:
        discord.rest.shards = 2
        for name in ("one", "two", "three", "four"):
            discord.create_guild(name)
        async with life(discord, tmp_path) as bot:
            await discord.until(lambda: len(discord.gateway.live) == 2)
            assert {(each.shard_id, each.shard_count) for each in discord.gateway.live} == {(0, 2), (1, 2)}
            address = stored_address(tmp_path / "bot.db")
            health = await ready(address)
            assert (health["ready"], health["guilds"]) == (True, 4)
            assert [health["shards"][number]["connected"] for number in ("0", "1")] == [True, True]
            async with aiohttp.ClientSession() as session, session.get(f"{address}/metrics") as answer:
                shown = await answer.text()
            assert 'cannon_bot_shard_connected{shard="1"} 1.0' in shown
            [late] = re.findall(r"^cannon_bot_loop_lag_seconds_count (\S+)$", shown, re.MULTILINE)
            assert float(late) >= 2
            assert await bot.terminate() == 0
    assert len(json.loads((tmp_path / "bot.db.starts").read_text())) == 2
