"""Real processes whose database goes away and comes back: what members read, what is logged, what health says."""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import discord as dpy
import pytest
from simcord.components import walk_components

from bot.runtime.network.health_probe import ask
from sandbox.server import Sandbox
from tests.support.locales import speaks
from tests.support.postgres import DURABLE, OwnServer, running
from tests.support.rig import HOST_KEY
from tests.support.wire.bot import BotProcess
from tests.support.wire.fleet import Fleet, environment
from tests.support.wire.server import WireDiscord
from tests.support.wire.world import Posted, Reply

pytestmark = pytest.mark.long

LATE_S = 60.0
"""Discord's own three seconds would decide a test on a loaded machine."""
FRENCH = "rien n'a été enregistré"


class Outage:
    """A bot with one posted result, whose database goes away."""

    def __init__(self, discord: WireDiscord, sandbox: Sandbox, bots: list[BotProcess]) -> None:
        self.discord, self.sandbox, self.bots = discord, sandbox, bots
        self.guild = discord.create_guild("Studio")
        self.channel = discord.create_text_channel(self.guild, "art")
        self.ada = discord.add_member(self.guild, "ada", permissions=dpy.Permissions.all())
        self.marks: list[int] = []

    async def until(self, is_true: Any) -> Any:
        return await self.discord.until(is_true)

    async def begin(self) -> Posted:
        """Have a picture made; note where the logs are and how much was paid."""
        reply = await self.discord.slash(self.ada, self.channel, "image generate", prompt="a fox #fast")
        await self.until(lambda: not reply.loading and reply.message.attachments and reply.message.buttons)
        self.paid = len(self.sandbox.requests)
        self.sessions = len(self.discord.gateway.starts)
        self.marks = [len(each.output()) for each in self.bots]
        return reply.message

    def lines(self, bot: BotProcess) -> list[dict[str, Any]]:
        """Return what it has logged since `begin`."""
        written = bot.output()[self.marks[self.bots.index(bot)] :].splitlines()
        return [json.loads(line) for line in written if line.startswith("{")]

    def events(self, event: str) -> list[int]:
        """Return how often each process has logged the event since `begin`."""
        return [sum(line["event"] == event for line in self.lines(bot)) for bot in self.bots]

    async def refused(self, reply: Reply) -> str:
        """Return the private sentence that answers, which says that nothing was saved."""
        await self.until(lambda: not reply.loading)
        said = str(reply.message.content)
        assert reply.message.ephemeral
        return said

    def check_logs(self) -> None:
        """One warning, one line when it is over, and no traceback or error, for each process."""
        for bot in self.bots:
            lines = self.lines(bot)
            ours = [line for line in lines if line["logger"].startswith(("bot.", "cogs."))]
            loud = [line for line in ours if line["level"] != "info" or "exception" in line]
            assert [line["event"] for line in loud] == ["database.failing"], loud
            assert loud[0]["hint"]
        assert self.events("database.works") == [1] * len(self.bots)
        assert not any("Traceback" in bot.output() for bot in self.bots)

    def report(self, bot: BotProcess) -> dict[str, Any]:
        """Return what /healthz of the process says."""
        address = next(line["address"] for line in map(json.loads, json_lines(bot)) if line["event"] == "http.listens")
        is_healthy, answer = ask(address)
        found: dict[str, Any] = json.loads(answer)
        assert is_healthy == (found["ok"] and found["ready"])
        return found


def json_lines(bot: BotProcess) -> list[str]:
    return [line for line in bot.output().splitlines() if line.startswith("{")]


def button(message: Posted, label: str) -> str:
    """Return the custom id of a button."""
    [found] = [each["custom_id"] for each in message.buttons if each.get("label", "").partition(" · ")[0] == label]
    return str(found)


async def ask_everything(outage: Outage, result: Posted, form: Reply, *, reads: bool) -> None:
    """Command, button, form, autocomplete and reaction: each is answered, in the member's language."""
    discord, ada, channel = outage.discord, outage.ada, outage.channel
    told = len(discord.direct_messages(ada))
    field = next(str(part["custom_id"]) for part in walk_components(form.modal["components"]) if "custom_id" in part)
    command, pressed, sent, offered, _ = await asyncio.gather(
        discord.slash(ada, channel, "image generate", prompt="a wolf #fast"),
        discord.click(ada, result, button(result, "Re-run")),
        discord.submit_modal(ada, form, {field: "a wolf"}),
        discord.autocomplete(ada, channel, "jobs", "job", "f"),
        discord.react(ada, result, "🔁"),
    )
    for reply in (command, pressed, sent):
        assert "so nothing was saved" in await outage.refused(reply)
    assert bool(offered) == reads
    await outage.until(lambda: len(discord.direct_messages(ada)) > told)
    assert "so nothing was saved" in str(discord.direct_messages(ada)[-1].content)
    speaks(ada, "fr")
    french = await discord.slash(ada, channel, "image generate", prompt="a wolf #fast")
    assert FRENCH in await outage.refused(french)
    speaks(ada, "en-US")


async def live_through(outage: Outage, gone: Any, *, reads: bool) -> None:
    """Let the database be `gone` until health knows; `reads`: whether it is still read meanwhile."""
    result = await outage.begin()
    form = await outage.discord.click(outage.ada, result, button(result, "Edit and run"))
    with gone:
        await ask_everything(outage, result, form, reads=reads)
        await outage.until(lambda: all(outage.events("database.failing")))
        for bot in outage.bots:
            while (said := outage.report(bot))["ok"]:  # noqa: ASYNC110 - the state of another process
                await asyncio.sleep(0.5)
            assert (said["database"]["up"], said["database"]["fails"] is None) == (False, False)
        again = await outage.discord.slash(outage.ada, outage.channel, "image generate", prompt="a wolf #fast")
        assert "so nothing was saved" in await outage.refused(again), "it is still connected"
    await outage.until(lambda: all(outage.events("database.works")))
    outage.check_logs()
    assert len(outage.sandbox.requests) == outage.paid, "nothing was paid meanwhile"
    assert len(outage.discord.gateway.starts) == outage.sessions, "no session was begun again"
    reply = await outage.discord.slash(outage.ada, outage.channel, "image generate", prompt="a crow #fast")
    await outage.until(lambda: not reply.loading and reply.message.attachments)
    assert len(outage.sandbox.requests) == outage.paid + 1


# ---------------------------------------------------------------------- PostgreSQL


@contextlib.contextmanager
def killed(server: OwnServer) -> Iterator[None]:
    server.crash()
    yield
    server.start()


@contextlib.contextmanager
def paused(server: OwnServer) -> Iterator[None]:
    server.pause()
    try:
        yield
    finally:
        server.resume()


@pytest.mark.parametrize("goes", [killed, paused])
async def test_while_postgresql_is_away_a_fleet_says_so_and_then_goes_on(tmp_path: Path, goes: Any):
    with running(DURABLE) as server:
        async with (
            WireDiscord(answer_deadline_s=LATE_S) as discord,
            Sandbox(speed=50.0, small=True) as sandbox,
        ):
            sandbox.add_key(HOST_KEY, credits=10_000)
            fleet = Fleet(discord, sandbox, tmp_path, server.new_database("fleet", "template0"))
            async with fleet.running(2) as bots:
                await live_through(Outage(discord, sandbox, bots), goes(server), reads=False)


# ---------------------------------------------------------------------- SQLite


@pytest.fixture
async def alone(tmp_path: Path) -> AsyncIterator[Outage]:
    async with WireDiscord(answer_deadline_s=LATE_S) as discord, Sandbox(speed=50.0, small=True) as sandbox:
        sandbox.add_key(HOST_KEY, credits=10_000)
        env = environment(discord, sandbox, str(tmp_path / "bot.db")) | {"PRACTICE": "off"}
        (tmp_path / "bot.log").touch()
        bot = BotProcess(discord, ["run"], tmp_path / "bot.log", env=env)
        outage = Outage(discord, sandbox, [bot])
        async with bot:
            await outage.until(lambda: '"ready"' in bot.output())
            yield outage
            assert await bot.terminate() == 0


@contextlib.contextmanager
def locked(database: Path) -> Iterator[None]:
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextlib.contextmanager
def without_room(bot: BotProcess) -> Iterator[None]:
    """Let the process write nothing more to a file."""
    was = resource.prlimit(bot.process_id, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    yield
    resource.prlimit(bot.process_id, resource.RLIMIT_FSIZE, was)


async def test_while_another_program_locks_the_file_a_bot_says_so_and_then_goes_on(alone: Outage, tmp_path: Path):
    await live_through(alone, locked(tmp_path / "bot.db"), reads=True)


async def test_while_the_disk_takes_nothing_a_bot_says_so_and_then_goes_on(alone: Outage):
    await live_through(alone, without_room(alone.bots[0]), reads=True)
