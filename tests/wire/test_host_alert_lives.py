"""The host's reports on a wire Discord: what `check` says of the place, and an alert through a kill and a restart."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import discord
import pytest
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bot.app.entry_points import check
from bot.app.host.texts import REPORTS_NOT_TRIED
from bot.runtime.clock import SystemClock
from bot.settings import DiscordId, SecretStr, Settings
from sandbox.server import Sandbox
from tests.support import postgres
from tests.support.rig import HOST_KEY
from tests.support.wire.bot import BotProcess
from tests.support.wire.fleet import environment
from tests.support.wire.server import WireDiscord

READ = discord.Permissions(view_channel=True)
POST = READ | discord.Permissions(send_messages=True, embed_links=True, read_message_history=True)


class Place:
    """A server with the bot and its host."""

    def __init__(self, wire: WireDiscord) -> None:
        self.wire = wire
        self.guild = wire.create_guild("Studio")
        self.host = wire.add_member(self.guild, "morgan")

    def channel(self, mine: discord.Permissions, *, is_public: bool = False) -> Any:
        """Return a channel of the host, in which the bot may do this."""
        made = self.wire.create_text_channel(self.guild, "reports")
        nothing = discord.Permissions.none()
        everyone = Overwrite(self.guild.id, OverwriteType.ROLE, allow=0, deny=0 if is_public else READ.value)
        allowed, denied = mine, (POST | READ) & ~mine
        for each in (
            everyone,
            Overwrite(self.host.id, OverwriteType.MEMBER, allow=POST.value, deny=nothing.value),
            Overwrite(self.wire.backend.bot_user.id, OverwriteType.MEMBER, allow=allowed.value, deny=denied.value),
        ):
            self.wire.backend.set_overwrite(made.id, each)
        return made

    async def problems(self, place: DiscordId) -> list[str]:
        """Return what `cannon-bot check` says of the place."""
        token, url = SecretStr(self.wire.token), self.wire.url
        settings = Settings(discord_token=token, discord_api_url=url, host_reports=place, privacy_url="https://a.org")
        return (await check(settings, SystemClock(), is_online=True)).problems


@pytest.fixture
async def place(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    monkeypatch.setattr(discord.http.Route, "BASE", discord.http.Route.BASE)
    async with WireDiscord() as wire:
        yield Place(wire)


async def test_check_proves_a_private_channel_and_a_user(place: Place):
    assert await place.problems(DiscordId("channel", place.channel(POST).id)) == []
    assert await place.problems(DiscordId("user", place.host.id)) == []
    assert place.wire.messages(place.guild.channels["reports"]) == [], "nothing is posted for it"


async def test_check_says_in_one_sentence_what_is_wrong_with_the_place(place: Place):
    hidden, mute = place.channel(discord.Permissions.none()), place.channel(READ)
    public, gone = place.channel(POST, is_public=True), DiscordId("channel", 123456789012345678)
    [sentence] = await place.problems(DiscordId("channel", mute.id))
    assert sentence == (
        "In the channel of HOST_REPORTS the bot lacks: Send Messages, Embed Links, Read Message History."
        " Allow that in the channel's settings."
    )
    [sentence] = await place.problems(DiscordId("channel", public.id))
    assert sentence.startswith("Everyone on the server can read the channel of HOST_REPORTS")
    for where in (DiscordId("channel", hidden.id), gone, DiscordId("user", 123456789012345678)):
        [sentence] = await place.problems(where)
        assert sentence.startswith((f"HOST_REPORTS ({where}) names nothing that the bot can see.", "In the channel"))


async def test_check_says_that_discord_does_not_answer_for_the_place(place: Place):
    here = DiscordId("channel", place.channel(POST).id)
    place.wire.fault("GET", rf"/channels/{here.id}", status=503, times=99)
    assert await place.problems(here) == [REPORTS_NOT_TRIED]


@pytest.mark.long
async def test_a_lost_database_is_reported_once_through_a_kill_and_a_restart(place: Place, tmp_path: Path):
    channel, wire = place.channel(POST), place.wire
    async with Sandbox(speed=20.0, small=True) as sandbox:
        env = {
            "DISCORD_TOKEN": wire.token,
            "CANNON_API_URL": sandbox.url,
            "CANNON_API_KEY": HOST_KEY,
            "CANNON_API_KEY_GUILDS": "*",
            "DATABASE": str(tmp_path / "bot.db"),
            "HEALTH_PORT": "0",
            "HOST_REPORTS": str(channel.id),
            "HOST_IDS": str(place.host.id),
        }

        def life() -> BotProcess:
            module = "tests.support.wire.hurried_child"
            return BotProcess(wire, ["run"], tmp_path / "bot.log", env=env, module=module)

        async with life() as bot:
            await bot.online()
            await wire.until(lambda: wire.messages(channel))  # the page of the week proves the channel
            with closing(sqlite3.connect(tmp_path / "bot.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                await wire.until(lambda: titles(wire, channel))
                await bot.kill()
                other.execute("ROLLBACK")
        assert titles(wire, channel) == ["🔴 The database does not work"]
        async with life() as bot:
            await wire.until(lambda: titles(wire, channel) == ["✅ Over: The database does not work"])
            [ended] = [each for each in wire.messages(channel) if each.embeds[0].title]
            pause = next(each["custom_id"] for each in ended.buttons if each["label"] == "Pause new jobs")
            await wire.click(place.host, ended, pause)
            await wire.until(lambda: "Resume new jobs" in [each["label"] for each in ended.buttons])
            await bot.terminate()
        async with life() as bot:
            await bot.online()
            answer = await wire.slash(place.host, channel, "image generate", prompt="a fox")
            said = answer.response
            assert said is not None
            assert "has paused new jobs" in said.content
            await bot.terminate()
        assert titles(wire, channel) == ["✅ Over: The database does not work"]


@pytest.mark.long
async def test_of_a_fleet_one_process_reports_that_postgresql_is_gone(place: Place, tmp_path: Path):
    channel, wire = place.channel(POST), place.wire
    settings = {"HOST_REPORTS": str(channel.id), "HOST_IDS": str(place.host.id)}
    async with Sandbox(speed=20.0, small=True) as sandbox, contextlib.AsyncExitStack() as stack:
        server = stack.enter_context(postgres.running(postgres.DURABLE))
        url = server.new_database("reported", "template0")
        for name in ("gateway", "worker1", "worker2"):
            (folder := tmp_path / name).mkdir()
            (log := folder / "bot.log").touch()
            env = environment(wire, sandbox, url) | settings
            arguments = ["run", "--role", name.rstrip("12")]
            process = BotProcess(wire, arguments, log, env=env, module="tests.support.wire.hurried_child")
            await stack.enter_async_context(process)
            await wire.until(lambda log=log: '"ready"' in log.read_text())
        await wire.until(lambda: wire.messages(channel))
        await asyncio.to_thread(server.kill)
        try:
            await wire.until(lambda: titles(wire, channel) == ["🔴 The database does not work"])
        finally:
            await asyncio.to_thread(server.start)
        await wire.until(lambda: titles(wire, channel) == ["✅ Over: The database does not work"])
        pages = [each for each in wire.messages(channel) if not each.embeds[0].title]
        assert len(pages) == 1
        assert "1 × gateway" in str(pages[0].embeds[0].to_dict())


def titles(wire: WireDiscord, channel: Any) -> list[str]:
    """Return the titles of the alerts, the oldest first."""
    return [str(each.embeds[0].title) for each in wire.messages(channel) if each.embeds[0].title]
