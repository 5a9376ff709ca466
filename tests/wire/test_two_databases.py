"""Two processes with one token and two databases: what members request is made, and paid, by one of them at most."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.runtime.clock import SystemClock
from bot.store import Store
from sandbox.server import Sandbox
from tests.support.rig import HOST_KEY
from tests.support.wire.bot import BotProcess
from tests.support.wire.server import WireDiscord

OPEN = "SELECT count(*) FROM jobs WHERE state NOT IN ('delivered', 'cancelled')"


class Twins:
    """A Discord, a Cannon Studio, and two folders, each with a database for a process with the same token."""

    def __init__(self, discord: WireDiscord, sandbox: Sandbox, folder: Path) -> None:
        self.discord = discord
        self.sandbox = sandbox
        self.folders = [folder / "one", folder / "other"]
        for each in self.folders:
            (each / "tmp").mkdir(parents=True)
        self.guild = discord.create_guild("Studio")
        self.channel = discord.create_text_channel(self.guild, "art")
        self.ada = discord.add_member(self.guild, "ada")

    def life(self, folder: Path, log: str = "bot.log") -> BotProcess:
        (folder / log).touch()
        return BotProcess(self.discord, ["run"], folder / log, env=self.environment(folder))

    async def ready(self, bot: BotProcess) -> None:
        await self.discord.until(lambda: '"ready"' in bot.output() or not bot.running)
        assert bot.running

    def environment(self, folder: Path) -> dict[str, str]:
        return {
            "DISCORD_TOKEN": self.discord.token,
            "CANNON_API_URL": self.sandbox.url,
            "CANNON_API_KEY": HOST_KEY,
            "CANNON_API_KEY_GUILDS": "*",
            "DATABASE": str(folder / "bot.db"),
            "HEALTH_PORT": "0",
            "TMPDIR": str(folder / "tmp"),
        }

    @contextlib.asynccontextmanager
    async def both(self) -> AsyncIterator[None]:
        async with self.life(self.folders[0]) as one, self.life(self.folders[1]) as other:
            for each in (one, other):
                await self.ready(each)
            yield
            # Both get all events in order: what answers this has begun with those before.
            last = await self.discord.slash(self.ada, self.channel, "help")
            callbacks = f"/interactions/{last.id}/*/callback"
            await self.discord.until(lambda: len(self.discord.calls("POST", callbacks)) == 2 and not self.open_jobs())
            for each in (one, other):
                assert await each.terminate() == 0

    async def first_life(self) -> Any:
        """Have one bot make a picture, and give the other a copy of its database; return the card."""
        async with self.life(self.folders[0], "before.log") as bot:
            await self.ready(bot)
            await self.ask("a fox #fast")
            await self.discord.until(lambda: self.posted)
            assert await bot.terminate() == 0
        for file in self.folders[0].glob("bot.db*"):
            shutil.copy(file, self.folders[1])
        [card] = self.cards
        return card

    async def ask(self, prompt: str) -> Any:
        reply = await self.discord.slash(self.ada, self.channel, "image generate", prompt=prompt)
        await self.discord.until(lambda: not reply.loading)
        return reply

    async def press(self, message: Any, action: str) -> Any:
        [name] = [each["custom_id"] for each in message.buttons if f":{action}:" in each.get("custom_id", "")]
        return await self.discord.click(self.ada, message, name)

    def log(self) -> str:
        return "".join((folder / "bot.log").read_text() for folder in self.folders)

    @property
    def cards(self) -> list[Any]:
        return [each for each in self.discord.messages(self.channel) if each.embeds and not each.ephemeral]

    @property
    def offers(self) -> list[Any]:
        """The answers to members' words."""
        return [each for each in self.discord.messages(self.channel) if each.buttons and not each.embeds]

    @property
    def posted(self) -> list[str]:
        return [file["filename"] for message in self.discord.messages(self.channel) for file in message.attachments]

    def open_jobs(self) -> int:
        """Return how many jobs are open in the databases: one of two copies has yet to refund what it took too late."""
        found = 0
        for folder in self.folders:
            with contextlib.closing(sqlite3.connect(folder / "bot.db")) as db:
                found += db.execute(OPEN).fetchone()[0]
        return found

    async def exact(self) -> list[list[JobState]]:
        """Fail unless each request is one delivered job of one database; return the states in each, oldest first."""
        states, spent = [], Decimal(0)
        delivered = set()
        for folder in self.folders:
            store = await Store.open(folder / "bot.db", clock=SystemClock())
            jobs = await store.job_lists.recent(self.guild.id)
            balance = await store.ledger.balance(self.guild.id)
            assert balance.held == 0
            assert all(job.state in {JobState.DELIVERED, JobState.CANCELLED} for job in jobs)
            delivered |= {job.remote_id for job in jobs if job.state is JobState.DELIVERED}
            states.append([job.state for job in reversed(jobs)])
            await store.close()
        assert delivered == {request.id for request in self.sandbox.requests}
        assert len(self.posted) == len(delivered)
        spent = sum((request.cost for request in self.sandbox.requests), Decimal(0))
        assert spent == self.sandbox.spent(HOST_KEY)
        return states


@pytest.fixture
async def twins(tmp_path: Path):
    async with WireDiscord() as discord, Sandbox(speed=50.0, small=True) as sandbox:
        yield Twins(discord, sandbox, tmp_path)


@pytest.mark.long
async def test_each_command_is_paid_by_one_of_two_databases(twins: Twins):
    async with twins.both():
        for number in range(4):
            await twins.ask(f"a wolf {number} #fast")
        await twins.discord.until(lambda: len(twins.posted) == 4 and twins.log().count("answer.dropped") == 4)
    states = [each for every in await twins.exact() for each in every]
    assert states.count(JobState.DELIVERED) == len(twins.cards) == 4


@pytest.mark.long
@pytest.mark.parametrize("way", ["command", "button", "reaction", "mention"])
async def test_what_two_copies_of_one_database_hear_is_made_once(twins: Twins, way: str):
    card = await twins.first_life()
    async with twins.both():
        if way == "command":
            await twins.ask("a wolf #fast")
        elif way == "button":
            await twins.press(card, "again")
        elif way == "reaction":
            await twins.discord.react(twins.ada, card, "🔁")
        else:
            bot_id = twins.discord.backend.bot_user.id
            twins.discord.post(twins.ada, twins.channel, f"<@{bot_id}> draw a wolf #fast")
            [offer] = await twins.discord.until(lambda: twins.offers)
            # One copy has the draft behind the button. Whichever answers first: it is made, or the offer has expired.
            await twins.press(offer, "words")
        if way != "mention":
            await twins.discord.until(lambda: len(twins.posted) == 2)
    states = await twins.exact()
    made = [each for every in states for each in every[1:]]
    assert made.count(JobState.DELIVERED) == len(twins.posted) - 1
