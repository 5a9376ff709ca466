"""The real bot where Discord does not like its start: no sessions are left, or the commands are refused."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from tests.support.rig import HOST_KEY
from tests.support.wire.bot import BotProcess
from tests.support.wire.server import WireDiscord

pytestmark = pytest.mark.long


class Stage:
    """A server with a member, whose picture is not made yet when the bot is killed."""

    def __init__(self, discord: WireDiscord, sandbox: Sandbox, folder: Path) -> None:
        self.discord = discord
        self.guild = discord.create_guild("Studio")
        self.channel = discord.create_text_channel(self.guild, "art")
        self.ada = discord.add_member(self.guild, "ada")
        self.log = folder / "bot.log"
        self.env = {
            "DISCORD_TOKEN": discord.token,
            "CANNON_API_URL": sandbox.url,
            "CANNON_API_KEY": HOST_KEY,
            "CANNON_API_KEY_GUILDS": "*",
            "DATABASE": str(folder / "bot.db"),
            "HEALTH_PORT": "0",
        }

    def life(self) -> BotProcess:
        return BotProcess(self.discord, ["run"], self.log, env=self.env, module="tests.support.wire.waiting_child")

    @property
    def pictures(self) -> int:
        return sum(bool(message.attachments) for message in self.discord.messages(self.channel))

    async def ask(self) -> None:
        await self.discord.slash(self.ada, self.channel, "image generate", prompt="a fox #fast")

    async def die_with_a_job(self) -> None:
        async with self.life() as bot:
            await bot.online()
            await self.ask()
            await bot.kill()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with WireDiscord() as discord, Sandbox(speed=20.0, small=True) as sandbox:
        yield Stage(discord, sandbox, tmp_path)


async def test_without_sessions_left_jobs_are_followed_and_the_bot_waits_for_the_reset(stage: Stage):
    await stage.die_with_a_job()
    stage.discord.rest.session_starts |= {"remaining": 0, "reset_after": 3_600_000}
    async with stage.life() as bot:
        await stage.discord.until(lambda: stage.pictures == 1)
        assert not stage.discord.gateway.live
        assert await bot.terminate() == 0
    [wait] = [json.loads(line) for line in stage.log.read_text().splitlines() if '"start.waits"' in line]
    assert (wait["left"], 3500 < wait["seconds"] <= 3600) == (0, True)

    stage.discord.rest.session_starts["reset_after"] = 1000
    async with stage.life() as bot:
        await bot.online()
        assert await bot.terminate() == 0


@pytest.mark.parametrize("fault", [("PUT", "/applications/*/commands", 400), ("GET", "/gateway/bot", 503)])
async def test_what_fails_at_a_start_is_tried_again_and_ends_nothing(stage: Stage, fault: tuple[str, str, int]):
    await stage.die_with_a_job()
    with closing(sqlite3.connect(stage.env["DATABASE"], isolation_level=None)) as db:
        db.execute("UPDATE meta SET value = 'those of another version' WHERE name = 'commands'")
    method, path, status = fault
    stage.discord.fault(method, path, status=status, times=2)
    async with stage.life() as bot:
        await bot.online()
        await stage.ask()
        await stage.discord.until(lambda: stage.pictures == 2)
        assert await bot.terminate() == 0
