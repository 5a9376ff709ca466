"""What `cannon-bot run` listens on, and how many files it may open, seen from outside of its process."""

from __future__ import annotations

import asyncio
import json
import re
import resource
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from bot.runtime.network.health_probe import ask, stored_address
from bot.runtime.process import OPEN_FILES_MAX
from tests.support.wire.bot import BotProcess
from tests.support.wire.server import WireDiscord


def life(discord: WireDiscord, folder: Path, **more: str) -> BotProcess:
    env = {
        "DISCORD_TOKEN": discord.token,
        "CANNON_API_URL": "http://127.0.0.1:9",
        "DATABASE": str(folder / "bot.db"),
        "HTTP_PORT": "0",
        "HEALTH_PORT": "0",
        "LOG_FORMAT": "json",
    }
    return BotProcess(discord, ["run"], folder / "bot.log", env=env | more)


def listens(output: str) -> dict[str, str]:
    """Return the addresses that the bot says it listens on, by the name of their settings."""
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return {line["setting"]: line["address"] for line in lines if line["event"] == "http.listens"}


@pytest.mark.long
async def test_without_a_public_address_nothing_but_the_health_of_this_machine_is_served(tmp_path: Path) -> None:
    async with WireDiscord() as discord:
        discord.create_guild("Studio")
        async with life(discord, tmp_path, HTTP_HOST="0.0.0.0") as bot:
            await bot.online()
            address = stored_address(tmp_path / "bot.db")
            assert listens(bot.output()) == {"HEALTH": address}
            assert address.startswith("http://127.0.0.1:")
            _, body = await asyncio.to_thread(ask, address)
            assert json.loads(body)["ok"] is True


@pytest.fixture
def soft_limit() -> Iterator[int]:
    """Have the bot start with few open files, as a usual login does; return the hard limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 1024), hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.long
async def test_with_a_public_address_webhooks_alone_are_served_there_and_files_are_not_scarce(
    tmp_path: Path, soft_limit: int
) -> None:
    async with WireDiscord() as discord, aiohttp.ClientSession() as session:
        discord.create_guild("Studio")
        async with life(discord, tmp_path, PUBLIC_URL="https://bot.example.org") as bot:
            await bot.online()
            addresses = listens(bot.output())
            for path, status in (("/healthz", 404), ("/metrics", 404), ("/webhooks/nobody-knows-it", 405)):
                async with session.get(addresses["HTTP"] + path) as answer:
                    assert answer.status == status
            async with session.get(f"{addresses['HEALTH']}/metrics") as answer:
                most = re.search(r"^process_max_fds (\S+)$", await answer.text(), re.MULTILINE)
            assert most is not None
            assert float(most[1]) == min(soft_limit, OPEN_FILES_MAX)
