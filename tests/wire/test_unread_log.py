"""The real bot while nobody reads its log: a pipe of 4 KiB that is full."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import RESTART_MAY_HELP
from bot.runtime.network import health_probe
from sandbox.server import Sandbox
from tests.support.rig import HOST_KEY
from tests.support.wire.bot import BotProcess
from tests.support.wire.server import WireDiscord

PIPE_BYTES, PIECE_BYTES = 4096, 32
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not hasattr(fcntl, "F_SETPIPE_SZ"), reason="the size of a pipe is Linux's to set"),
]


class Log:
    """The bot's standard error, read only when it should be."""

    def __init__(self) -> None:
        self._reads, self.writes = os.pipe()
        fcntl.fcntl(self._reads, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        os.set_blocking(self._reads, False)
        self.text = ""
        self._came = asyncio.Event()

    def read(self) -> None:
        asyncio.get_running_loop().add_reader(self._reads, self._more)

    def stop_reading(self) -> None:
        """Read no more, and leave no room."""
        asyncio.get_running_loop().remove_reader(self._reads)
        self._filling = asyncio.create_task(asyncio.to_thread(self._fill))

    async def until(self, pattern: str) -> re.Match[str]:
        while (found := re.search(pattern, self.text)) is None:
            self._came.clear()
            await self._came.wait()
        return found

    async def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._reads)
        os.close(self._reads)
        with contextlib.suppress(BrokenPipeError):
            await self._filling
        os.close(self.writes)

    def _fill(self) -> None:
        """Write what an empty pipe takes, in small pieces: one large one waits for room while the bot uses the room."""
        for _ in range(PIPE_BYTES // PIECE_BYTES):
            os.write(self.writes, b"\n" * PIECE_BYTES)

    def _more(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self.text += os.read(self._reads, PIPE_BYTES).decode(errors="replace")
        self._came.set()


@pytest.fixture
async def log() -> AsyncIterator[Log]:
    log = Log()
    yield log
    await log.close()


async def test_a_log_that_nobody_reads_stops_neither_the_bot_nor_its_watchdog(tmp_path: Path, log: Log):
    async with WireDiscord() as discord, Sandbox(speed=50.0, small=True) as sandbox:
        channel = discord.create_text_channel(guild := discord.create_guild("Studio"), "art")
        ada = discord.add_member(guild, "ada")
        env = {
            "DISCORD_TOKEN": discord.token,
            "CANNON_API_URL": sandbox.url,
            "CANNON_API_KEY": HOST_KEY,
            "CANNON_API_KEY_GUILDS": "*",
            "DATABASE": str(tmp_path / "bot.db"),
            "HEALTH_PORT": "0",
            "LOG_LEVEL": "DEBUG",
        }

        async def pictures(count: int) -> None:
            """Have a picture made, and wait until there are so many of them."""
            await discord.slash(ada, channel, "image generate", prompt="a fox #fast")
            await discord.until(lambda: sum(bool(each.attachments) for each in discord.messages(channel)) == count)

        module = "tests.support.wire.unread_child"
        async with BotProcess(discord, ["run"], tmp_path / "bot.log", env=env, module=module, stderr=log.writes) as bot:
            log.read()
            await bot.online()
            log.stop_reading()
            for count in range(1, 4):
                await pictures(count)  # each with more than a thousand bytes of log
            address = health_probe.stored_address(tmp_path / "bot.db")
            is_healthy, _ = await asyncio.to_thread(health_probe.ask, address)
            assert is_healthy

            log.read()
            await log.until(r'"lines": [1-9]\d*, "event": "log.lines_dropped"')

            log.stop_reading()
            await pictures(4)
            bot.send(signal.SIGUSR1)
            assert await bot.ended() == RESTART_MAY_HELP
