"""The real process follows jobs from READY on, which lists the servers, whatever else discord.py waits for."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest

from bot.app.duties import COMPARED_BY_S
from bot.domain.models import JobState
from sandbox.server import Sandbox
from tests.crash.test_kill import SPEED, Scene
from tests.support.wire.server import WireDiscord


@pytest.mark.long
async def test_jobs_are_followed_while_discord_keeps_a_server_back(tmp_path: Path) -> None:
    async with WireDiscord() as discord, Sandbox(speed=SPEED, small=True) as sandbox:
        scene = Scene(discord, sandbox, tmp_path)
        await scene.die_at("submit.sent", "a fox #fast")
        discord.gateway.outages.add(discord.create_guild("Away").id)
        async with scene.life() as bot:
            await discord.until(lambda: scene.done(scene.database))
            assert bot.output().count('"event": "ready"') == 1, "only the first life was ready: discord.py still waits"
            assert await bot.terminate() == 0
        assert await scene.exact() == [JobState.DELIVERED]


@pytest.mark.long
async def test_a_result_waits_for_its_own_server_to_come(tmp_path: Path) -> None:
    async with WireDiscord() as discord, Sandbox(speed=SPEED, small=True) as sandbox:
        scene = Scene(discord, sandbox, tmp_path)
        await scene.die_at("submit.sent", "a fox #fast")
        discord.gateway.outages.add(scene.guild.id)
        elsewhere = discord.create_guild("Elsewhere")
        channel, zoe = discord.create_text_channel(elsewhere, "art"), discord.add_member(elsewhere, "zoe")
        async with scene.life() as bot:
            await bot.online()
            await discord.slash(zoe, channel, "image generate", prompt="a wolf #fast")
            await discord.until(lambda: [file for each in discord.messages(channel) for file in each.attachments])
            assert scene.posted == []
            discord.gateway.end_outages()
            await discord.until(lambda: scene.posted)
            await discord.until(lambda: scene.done(scene.database))
            assert await bot.terminate() == 0
        async with scene.store() as store:
            assert (await store.ledger.balance(scene.guild.id)).held == 0


@pytest.mark.long
async def test_jobs_are_polled_while_no_session_is_left(tmp_path: Path) -> None:
    async with WireDiscord() as discord, Sandbox(speed=SPEED, small=True) as sandbox:
        scene = Scene(discord, sandbox, tmp_path)
        await scene.die_at("submit.stored", "a fox #fast")
        discord.rest.session_starts |= {"remaining": 0, "reset_after": 3_600_000}
        async with scene.life():
            await asyncio.wait_for(until_ready(scene), COMPARED_BY_S / 2)
            assert discord.gateway.live == []


async def until_ready(scene: Scene) -> None:
    """Wait until the job's result is known: nothing of Discord's tells it."""
    while True:
        await asyncio.sleep(0.2)
        with contextlib.closing(sqlite3.connect(scene.database)) as db:
            if db.execute("SELECT state FROM jobs").fetchall() == [("ready",)]:
                return
