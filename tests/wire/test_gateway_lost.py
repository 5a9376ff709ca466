"""The real bot while its connection to Discord's gateway comes and goes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.runtime.network.health_probe import ask
from sandbox.server import Sandbox
from tests.support.rig import HOST_KEY
from tests.support.wire.bot import BotProcess
from tests.support.wire.front import Front
from tests.support.wire.server import WireDiscord
from tests.support.wire.world import Posted


class Stage:
    """A server with a member, on a Discord that the bot has made one picture on."""

    def __init__(self, discord: WireDiscord, sandbox: Sandbox, folder: Path, **more: str) -> None:
        self.discord = discord
        self.guild = discord.create_guild("Studio")
        self.channel = discord.create_text_channel(self.guild, "art")
        self.ada = discord.add_member(self.guild, "ada")
        env = {
            "DISCORD_TOKEN": discord.token,
            "CANNON_API_URL": sandbox.url,
            "CANNON_API_KEY": HOST_KEY,
            "CANNON_API_KEY_GUILDS": "*",
            "DATABASE": str(folder / "bot.db"),
            "HEALTH_PORT": "0",
            "LOG_FORMAT": "json",
            **more,
        }
        self.bot = BotProcess(discord, ["run"], folder / "bot.log", env=env)

    @property
    def results(self) -> list[Posted]:
        return [message for message in self.discord.messages(self.channel) if message.attachments]

    async def picture(self) -> Posted:
        """Have a picture made and return its message, once its controls work."""
        await self.discord.slash(self.ada, self.channel, "image generate", prompt="a fox #fast")
        await self.discord.until(lambda: self.results and self.results[0].buttons)
        return self.results[0]

    @staticmethod
    def again(message: Posted) -> str:
        """Return the custom id of its button Re-run."""
        [found] = [button["custom_id"] for button in message.buttons if button.get("label", "").startswith("Re-run")]
        return str(found)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with WireDiscord() as discord, Sandbox(speed=50.0, small=True) as sandbox:
        stage = Stage(discord, sandbox, tmp_path)
        async with stage.bot:
            await stage.bot.online()
            yield stage
            assert await stage.bot.terminate() == 0
        assert "Traceback" not in stage.bot.output()


@pytest.mark.long
async def test_a_lost_gateway_is_resumed_and_what_was_pressed_meanwhile_is_done(stage: Stage) -> None:
    message = await stage.picture()
    await stage.discord.disconnect()
    assert not stage.discord.gateway.live
    await stage.discord.click(stage.ada, message, stage.again(message), wait_s=0)
    await stage.discord.until(lambda: len(stage.results) == 2)
    await stage.discord.disconnect()
    await stage.discord.react(stage.ada, message, "🔁")
    await stage.discord.until(lambda: len(stage.results) == 3)
    assert (stage.discord.gateway.identifies, stage.discord.gateway.resumes) == (1, 2)


@pytest.mark.long
async def test_old_buttons_work_in_a_new_session(stage: Stage) -> None:
    message = await stage.picture()
    await stage.discord.disconnect(resumable=False)
    await stage.discord.until(lambda: stage.discord.gateway.live)
    await stage.discord.click(stage.ada, message, stage.again(message))
    await stage.discord.until(lambda: len(stage.results) == 2)
    assert (stage.discord.gateway.identifies, stage.discord.gateway.resumes) == (2, 0)


@pytest.mark.long
async def test_while_discord_is_away_the_bot_is_not_ready_and_logs_two_lines(tmp_path: Path) -> None:
    async with WireDiscord() as discord, Sandbox(speed=50.0, small=True) as sandbox, Front(discord.url) as front:
        discord.gateway.url = discord.rest.gateway_url = f"{front.url.replace('http', 'ws', 1)}/gateway"
        stage = Stage(discord, sandbox, tmp_path, WIRE_DISCORD_URL=front.url)
        async with stage.bot as bot:
            await bot.online()
            await discord.until(lambda: '"http.listens"' in bot.output())
            address = next(
                line["address"] for each in bot.output().splitlines() if (line := json.loads(each)).get("address")
            )
            await discord.until(lambda: ask(address)[0])
            await front.go_away()
            await discord.until(lambda: '"shard.not_connected"' in bot.output())
            assert not ask(address)[0]
            await front.come_back()
            await discord.until(lambda: ask(address)[0])
            assert await bot.terminate() == 0
        assert bot.output().count('"shard.not_connected"') == 1
        assert "Traceback" not in bot.output()
