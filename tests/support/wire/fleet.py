"""A fleet on one PostgreSQL: real processes, with a wire Discord and a Cannon Studio."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from bot.runtime.clock import SystemClock
from bot.settings import PostgresUrl
from bot.store import Store
from sandbox.server import Sandbox
from tests.support.rig import HOST_KEY
from tests.support.wire.bot import BotProcess
from tests.support.wire.server import WAIT_S, WireDiscord

SECRET = "f" * 44
"""The key of the fleet's secrets, which each process is given."""


def environment(discord: WireDiscord, sandbox: Sandbox, database: str) -> dict[str, str]:
    """Return the environment of a fleet's processes."""
    return {
        "DISCORD_TOKEN": discord.token,
        "CANNON_API_URL": sandbox.url,
        "CANNON_API_KEY": HOST_KEY,
        "CANNON_API_KEY_GUILDS": "*",
        "DATABASE": database,
        "SECRET_KEYS": SECRET,
        "HEALTH_PORT": "0",
        "LOG_FORMAT": "json",
    }


class Fleet:
    """A server with a member and a moderator, and the processes that a test starts for it."""

    def __init__(self, discord: WireDiscord, sandbox: Sandbox, folder: Path, database: str) -> None:
        self.discord = discord
        self.sandbox = sandbox
        self.folder = folder
        self.database = database
        discord.rest.shards, discord.rest.session_starts["max_concurrency"] = 2, 2
        self.guild = discord.create_guild("Studio")
        while not (self.guild.id >> 22) % 2:  # in the shard that the first process gives to the second
            self.guild = discord.create_guild("Studio")
        self.channel = discord.create_text_channel(self.guild, "art")
        self.ada = discord.add_member(self.guild, "ada")
        self._numbers = itertools.count(1)

    def process(self, **more: str) -> BotProcess:
        """Return a process that is not started yet; each has a log and a folder of its own."""
        folder = self.folder / f"process{next(self._numbers)}"
        folder.mkdir()
        (folder / "bot.log").touch()
        env = environment(self.discord, self.sandbox, self.database)
        return BotProcess(self.discord, ["run"], folder / "bot.log", env=env | more)

    @contextlib.asynccontextmanager
    async def running(self, count: int, **more: str) -> AsyncIterator[list[BotProcess]]:
        """Start so many processes one after another; give them once each is ready."""
        async with contextlib.AsyncExitStack() as stack:
            started = []
            for _ in range(count):
                process = await stack.enter_async_context(self.process(**more))
                await self.ready(process)
                started.append(process)
            yield started

    async def ready(self, process: BotProcess) -> None:
        """Wait until a process is connected to Discord."""
        await self.discord.until(lambda: '"ready"' in process.output() or not process.running)
        if not process.running:
            raise RuntimeError(f"it ended with exit status {await process.ended()}")

    async def ask(self, prompt: str, **more: Any) -> Any:
        """Ask for a picture; return once the bot's answer is complete."""
        reply = await self.discord.slash(self.ada, self.channel, "image generate", prompt=prompt, **more)
        await self.discord.until(lambda: not reply.loading)
        return reply

    @property
    def posted(self) -> list[str]:
        """Return the names of all files that are posted in the channel."""
        return [file["filename"] for message in self.discord.messages(self.channel) for file in message.attachments]

    async def until(self, predicate: Callable[[], Any], seconds: float = WAIT_S) -> Any:
        return await self.discord.until(predicate, seconds)

    @contextlib.asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        store = await Store.open(PostgresUrl(self.database), clock=SystemClock(), secret_keys=(SECRET,))
        try:
            yield store
        finally:
            await store.close()
