"""The real process, killed by itself with SIGKILL at each failpoint; Discord and Cannon Studio live on."""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.runtime.clock import SystemClock
from bot.runtime.failpoints import BEGIN_NAMES, DECISION_NAMES, JOB_NAMES, PRICE_NAMES
from bot.store import Store
from sandbox.server import Sandbox
from tests.support import promises
from tests.support.exactness import assert_exact
from tests.support.rig import HOST_KEY
from tests.support.surface import state_text
from tests.support.wire.bot import BotProcess
from tests.support.wire.server import WireDiscord
from tests.unit.test_cli import cannon_bot

FOLLOWED = "SELECT count(*) FROM jobs WHERE lease IS NOT NULL"

SPEED = 50.0
"""A picture takes about 0.2 s."""
KILLED = -signal.SIGKILL
COPIES = 6


ALWAYS = frozenset({"submit.sent"})
"""Where a death costs most if it is handled wrongly. All points are in `make test-long`, and, within one process, in
tests/crash/test_points.py."""


class Scene:
    """A Discord and a Cannon Studio that outlive the bot, whose lives are processes."""

    def __init__(self, discord: WireDiscord, sandbox: Sandbox, folder: Path) -> None:
        self.discord = discord
        self.sandbox = sandbox
        self.folder = folder
        self.database = folder / "bot.db"
        (folder / "tmp").mkdir()
        self.guild = discord.create_guild("Studio")
        self.channel = discord.create_text_channel(self.guild, "art")
        self.ada = discord.add_member(self.guild, "ada")

    def life(self, point: str | None = None, **more: str) -> BotProcess:
        env = {
            "DISCORD_TOKEN": self.discord.token,
            "CANNON_API_URL": self.sandbox.url,
            "CANNON_API_KEY": HOST_KEY,
            "CANNON_API_KEY_GUILDS": "*",
            "DATABASE": str(self.database),
            "HEALTH_PORT": "0",
            "TMPDIR": str(self.folder / "tmp"),
        }
        if point is not None:
            env["CANNON_BOT_FAILPOINTS"] = point
        return BotProcess(self.discord, ["run"], self.folder / "bot.log", env=env | more)

    async def ask(self, prompt: str, *, wait: bool = True) -> Any:
        """Ask for a picture; return once the bot's answer is complete, or at once."""
        reply = await self.discord.slash(
            self.ada, self.channel, "image generate", prompt=prompt, **({} if wait else {"wait_s": 0})
        )
        await self.discord.until(lambda: not (wait and reply.loading))
        return reply

    @property
    def card(self) -> str:
        """What the first card says of its state."""
        [message, *_] = self.discord.messages(self.channel)
        return state_text(message)

    def refund_button(self) -> str | None:
        """The custom id by which the author of the first card asks for a refund, once the card offers it."""
        [message, *_] = self.discord.messages(self.channel)
        return next((each["custom_id"] for each in message.buttons if ":ask_refund:" in each["custom_id"]), None)

    @property
    def posted(self) -> list[str]:
        return [file["filename"] for message in self.discord.messages(self.channel) for file in message.attachments]

    @contextlib.asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        store = await Store.open(self.database, clock=SystemClock())
        try:
            yield store
        finally:
            await store.close()

    async def die_at(self, point: str, prompt: str) -> None:
        """One life that ends by itself at `point`."""
        async with self.life(point) as bot:
            with contextlib.suppress(RuntimeError):  # it may end before it is online
                await bot.online()
                await self.ask(prompt, wait=False)
            assert await bot.ended() == KILLED

    async def work(self) -> None:
        """One whole life: it does what is left and one job more, and stops when asked to."""
        async with self.life() as bot:
            await bot.online()
            await self.ask("the last one #fast")
            await self.discord.until(lambda: self.done(self.database))
            assert await bot.terminate() == 0

    @staticmethod
    def done(database: Path) -> bool:
        with contextlib.closing(sqlite3.connect(database)) as db:
            states = [state for (state,) in db.execute("SELECT state FROM jobs")]
        return all(JobState(state).ended for state in states)

    async def exact(self) -> list[JobState]:
        async with self.store() as store:
            jobs = await assert_exact(store, self.sandbox, HOST_KEY, self.guild.id, self.posted)
        assert await self.leases() == 0
        return [job.state for job in jobs]

    async def leases(self) -> int:
        async with self.store() as store:
            return await store._database.read(lambda db: db.execute(FOLLOWED).fetchone()[0])


@pytest.fixture
async def scene(tmp_path: Path):
    async with WireDiscord() as discord, Sandbox(speed=SPEED, small=True) as sandbox:
        yield Scene(discord, sandbox, tmp_path)


@pytest.mark.parametrize(
    "point", [each if each in ALWAYS else pytest.param(each, marks=pytest.mark.long) for each in JOB_NAMES]
)
async def test_a_bot_killed_at_any_point_delivers_each_job_once_or_gives_it_back(scene: Scene, point: str):
    if point == "recover.start":
        await scene.die_at("answer.sent", "a fox #fast")
    await scene.die_at(point, "a fox #fast" if point != "recover.start" else "a wolf #fast")
    await scene.work()
    lost = {"accept.before": [], "accept.stored": [JobState.CANCELLED]}.get(point, [JobState.DELIVERED])
    assert await scene.exact() == [JobState.DELIVERED, *lost]
    assert [*(scene.folder / "tmp").iterdir(), *scene.folder.glob(".cannon-bot-*")] == []


@pytest.mark.parametrize("point", BEGIN_NAMES)
async def test_a_bot_killed_while_it_begins_a_job_with_its_answer_sends_it_once(scene: Scene, point: str):
    """The first job of a life is claimed: its key is not checked yet."""
    async with scene.life(point) as bot:
        await bot.online()
        await scene.ask("a wolf #fast")
        await scene.discord.until(lambda: scene.posted)
        await scene.ask("a fox #fast", wait=False)
        assert await bot.ended() == KILLED
    await scene.work()
    assert await scene.exact() == [JobState.DELIVERED] * 3


@pytest.mark.long
@pytest.mark.parametrize("point", PRICE_NAMES)
async def test_a_bot_killed_while_pictures_wait_for_their_price_makes_each_of_them_once(scene: Scene, point: str):
    async with scene.store() as store:
        limit = Limit(scope=Scope.EVERYONE, period=Period.DAY, credits=Decimal(500))
        await store.limits.set(scene.guild.id, limit, by_id=1)
        await store.settings.change(scene.guild.id, lambda rules: replace(rules, estimate_tool=False))
    async with scene.life(point) as bot:
        await bot.online()
        await scene.discord.slash(scene.ada, scene.channel, "image generate", prompt="a fox #fast", count=3, wait_s=0)
        assert await bot.ended() == KILLED
    await scene.work()
    assert await scene.exact() == [JobState.DELIVERED] * 4


@pytest.mark.long
@pytest.mark.parametrize("point", DECISION_NAMES)
async def test_a_refund_request_survives_a_kill_at_any_point_and_reaches_the_moderators_once(scene: Scene, point: str):
    log = scene.discord.create_text_channel(scene.guild, "log")
    async with scene.life() as bot:
        await bot.online()
        await scene.ask("a fox #billed #fast")
        button = await scene.discord.until(scene.refund_button)
        await bot.kill()
    async with scene.store() as store:
        await store.settings.change(scene.guild.id, lambda rules: replace(rules, log_channel=log.id))

    [card] = scene.discord.messages(scene.channel)
    async with scene.life(point) as bot:
        await bot.online()
        await scene.discord.click(scene.ada, card, button, wait_s=0)
        assert await bot.ended() == KILLED
    async with scene.life() as bot:
        await bot.online()
        answer = await scene.discord.click(scene.ada, card, button)
        assert "request" in answer.message.content
        await scene.discord.until(lambda: scene.discord.messages(log))
        await scene.ask("the last one #fast")
        await scene.discord.until(lambda: scene.done(scene.database))
        # The first card may have been drawn just before the kill, and is drawn once more: that takes some seconds.
        assert [each for each in promises.broken(scene.database, time.time(), grace_s=0.0) if " line " in each] == []
        assert await bot.terminate() == 0
    [question] = scene.discord.messages(log)
    assert "requests a refund" in question.content


@pytest.mark.long
async def test_a_stop_in_the_middle_of_a_job_is_quick_and_the_next_start_goes_on(scene: Scene):
    async with scene.life() as bot:
        await bot.online()
        await scene.ask("a fox #forever")
        await scene.discord.until(lambda: bool(scene.sandbox.requests))
        async with asyncio.timeout(60):
            assert await bot.terminate() == 0
    assert await scene.leases() == 0
    scene.sandbox.finish(scene.sandbox.requests[0].id)
    await scene.work()
    assert await scene.exact() == [JobState.DELIVERED] * 2


@pytest.mark.long
async def test_a_backup_of_a_busy_bot_is_put_back_after_it_was_killed_and_its_jobs_go_on(scene: Scene):
    def host(*arguments: str) -> tuple[int, str]:
        done = cannon_bot(*arguments, cwd=scene.folder, DATABASE=str(scene.database))
        return done.returncode, done.stderr

    async with scene.life() as bot:
        await bot.online()
        await scene.ask("a fox #forever")
        await scene.discord.until(lambda: bool(scene.sandbox.requests))
        await scene.ask("a wolf #fast")
        assert await asyncio.to_thread(host, "backup", "copy.backup") == (0, "")
        code, said = await asyncio.to_thread(host, "restore", "copy.backup")
        assert code == 1, "not while it runs"
        assert "Stop it first" in said
        await scene.discord.until(lambda: scene.posted)
        await bot.kill()
    assert await asyncio.to_thread(host, "restore", "copy.backup") == (0, "")
    scene.sandbox.finish(scene.sandbox.requests[0].id)
    await scene.work()
    assert await scene.exact() == [JobState.DELIVERED] * 3


@pytest.mark.long
async def test_a_second_bot_on_the_same_database_ends_with_a_sentence_and_harms_nothing(scene: Scene):
    async with scene.life() as first:
        await first.online()
        async with scene.life() as second:
            assert await second.ended() == 1
        assert f"cannon-bot: Another cannon-bot is running on {scene.database}. Stop it first" in first.output()
        assert first.running
        await scene.ask("a fox #fast")
        await scene.discord.until(lambda: scene.posted)
        # Nor does a process that has been stopped for a while lose its jobs to another.
        assert first._process is not None
        first._process.send_signal(signal.SIGSTOP)
        async with scene.life() as third:
            assert await third.ended() == 1
        first._process.send_signal(signal.SIGCONT)
        await scene.discord.until(lambda: scene.done(scene.database))
        assert await first.terminate() == 0
    assert await scene.exact() == [JobState.DELIVERED]


@pytest.mark.long
async def test_a_copy_of_the_files_at_any_instant_opens_and_comes_to_the_same_end(scene: Scene):
    dice = random.Random(14)
    copies = []
    async with scene.life() as bot:
        await bot.online()
        for number in range(COPIES):
            await scene.ask(f"fox {number} #fast")
            await asyncio.sleep(dice.random() * 0.3)
            # A stopped process is between two system calls, as at a power cut; what it wrote is in the files.
            assert bot._process is not None
            bot._process.send_signal(signal.SIGSTOP)
            copies.append(copy_of(scene.database, scene.folder / f"copy{number}"))
            bot._process.send_signal(signal.SIGCONT)
        await scene.discord.until(lambda: scene.done(scene.database))
        assert await bot.terminate() == 0
    states = await scene.exact()
    assert states == [JobState.DELIVERED] * COPIES
    for number, copy in enumerate(copies):
        store = await Store.open(copy, clock=SystemClock(), alone=True)
        assert await store.check() == []
        assert len(await store.job_lists.recent(scene.guild.id)) == number + 1
        await store.close()
    # Cannon Studio and Discord remember: a bot that goes on from an old copy neither pays nor posts again.
    scene.database = copies[-1]
    async with scene.life() as bot:
        await bot.online()
        await scene.discord.until(lambda: scene.done(scene.database))
        assert await bot.terminate() == 0
    assert await scene.exact() == states


def copy_of(database: Path, folder: Path) -> Path:
    folder.mkdir()
    for suffix in ("", "-wal", ".key"):
        shutil.copy(f"{database}{suffix}", folder)
    return folder / database.name
