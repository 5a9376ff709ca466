"""The whole bot as a process of its own, measured from outside: its start, its answers, its memory.

Discord is the wire Discord in this process, Cannon Studio the sandbox in another: what is measured is the bot's.
Memory is what Linux tells under /proc.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from tests.support.wire.bot import BotProcess
from tests.support.wire.server import WireDiscord

HERE = Path(__file__).parent
KEY = "cs_test_bench_0000000000"
PATIENCE_S = 60.0


@contextlib.asynccontextmanager
async def sandbox(*, speed: float, big_bytes: int = 0, seen: Path | None = None) -> AsyncIterator[str]:
    """Run the sandbox in a process of its own; gives its address. `seen` is where it notes what polls have seen.

    Of a request that it does not know it says that it is being worked on.
    """
    arguments = [f"{speed}", f"{big_bytes}", *([str(seen)] if seen is not None else [])]
    process = await asyncio.create_subprocess_exec(
        sys.executable, HERE / "bench_sandbox.py", *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield (await process.stdout.readline()).decode().strip()
    finally:
        with contextlib.suppress(ProcessLookupError):  # it had the same signal
            process.kill()
        await process.wait()


class Stage:
    """A server on the wire Discord, and the bot's folder and settings."""

    def __init__(self, wire: WireDiscord, folder: Path, api_url: str) -> None:
        self.wire = wire
        self.folder = folder
        self.api_url = api_url
        self.guild = wire.create_guild()
        self.channel = wire.create_text_channel(self.guild, "art")

    def bot(
        self,
        module: str = "tests.bench.benched_bot",
        arguments: Sequence[str] = ("run",),
        env: Mapping[str, str] | None = None,
    ) -> BotProcess:
        given = {
            "DISCORD_TOKEN": self.wire.token,
            "CANNON_API_URL": self.api_url,
            "CANNON_API_KEY": KEY,
            "CANNON_API_KEY_GUILDS": "*",
            "DATABASE": str(self.database),
            "HEALTH_PORT": "0",
        }
        return BotProcess(self.wire, arguments, self.folder / "bot.log", env={**given, **(env or {})}, module=module)

    @property
    def process_id(self) -> int:
        """The bot's, which it has told in the address it connected to (child.py)."""
        (session,) = self.wire.gateway.live
        return int(session.client)

    @property
    def database(self) -> Path:
        return self.folder / "bot.db"

    def delivered(self) -> int:
        """Return how many jobs have been delivered, by the bot's books."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT count(*) FROM jobs WHERE state = 'delivered'").fetchone()[0])


@contextlib.asynccontextmanager
async def stage(folder: Path, api_url: str, *, answer_deadline_s: float = 3.0) -> AsyncIterator[Stage]:
    """Prepare a Discord and a folder. Interactions have to be answered so many seconds after they were made."""
    folder.mkdir()  # noqa: ASYNC240 - nothing runs yet that could wait for it
    async with WireDiscord(answer_deadline_s=answer_deadline_s) as wire:
        yield Stage(wire, folder, api_url)


def memory(process_id: int, name: str) -> int:
    """Return a line of /proc/…/status in bytes: `VmRSS`, what is in memory now, or `VmHWM`, the most that ever was."""
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(name)


def cpu_s(process_id: int) -> float:
    """Return the processor time of the process and its ended children, in seconds (man 5 proc_pid_stat)."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
