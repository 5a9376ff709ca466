"""A bot as a process of its own, to be started, killed with SIGKILL and started again, with a wire Discord."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.wire.server import WAIT_S, WireDiscord

ROOT = Path(__file__).parents[3]


class BotProcess:
    """One life of the bot: `async with BotProcess(discord, ["run"], log) as bot: await bot.online()`.

    Leaving the block kills what still runs. The output goes to the log file, appended over several lives; each piece
    of it rings the world, because its event (a job that has ended, say) need not show at Discord. The log's
    directory is the working directory, so that no `.env` of the machine is read.
    """

    def __init__(
        self,
        discord: WireDiscord,
        arguments: Sequence[str],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        module: str = "tests.support.wire.child",
        stderr: int = asyncio.subprocess.STDOUT,
    ) -> None:
        """`env` is added to a bare environment (PATH and PYTHON… only), so that no setting of the machine leaks in.

        `stderr` is a descriptor for what then is not in the log file.
        """
        bare = {name: value for name, value in os.environ.items() if name == "PATH" or name.startswith("PYTHON")}
        self._env = {**bare, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **discord.environ, **(env or {})}
        self._discord = discord
        self._command = [sys.executable, "-m", module, *arguments]
        self._log = log
        self._stderr = stderr
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[int] | None = None

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            env=self._env,
            cwd=self._log.parent,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=self._stderr,
        )
        self._watch = asyncio.create_task(self._wait())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()
        if error is not None:
            error.add_note(f"the bot's output:\n{self.output()[-4000:]}")

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def process_id(self) -> int:
        assert self._process is not None
        return self._process.pid

    def output(self) -> str:
        """Return what the bot has written so far, in all its lives."""
        return self._log.read_text(errors="replace")

    async def online(self, timeout: float = WAIT_S) -> None:  # noqa: ASYNC109 - the bound is what the caller sets
        """Wait until this process has identified at the gateway; RuntimeError if it ends before."""
        await self._discord.until(lambda: self._connected or not self.running, timeout)
        if not self.running:
            raise RuntimeError(f"the bot ended with exit status {await self.ended()}")

    async def kill(self) -> None:
        """SIGKILL, and wait until Discord has noticed that the bot's sockets are gone."""
        if self._process is not None and self.running:
            self._process.kill()
        await self.ended()
        await self._discord.until(lambda: not self._connected)

    async def terminate(self) -> int:
        """SIGTERM; return the exit status."""
        assert self._process is not None
        self._process.terminate()
        return await self.ended()

    def send(self, sign: signal.Signals) -> None:
        """Send the process a signal: SIGSTOP pauses it, SIGCONT wakes it."""
        assert self._process is not None
        self._process.send_signal(sign)

    async def ended(self) -> int:
        """Wait for the process to end by itself or by a signal; return its exit status."""
        assert self._watch is not None
        return await asyncio.shield(self._watch)  # a cancelled waiter must not cancel the watch

    @property
    def _connected(self) -> bool:
        assert self._process is not None
        return any(session.client == str(self._process.pid) for session in self._discord.gateway.live)

    async def _wait(self) -> int:
        assert self._process is not None
        assert self._process.stdout is not None
        with self._log.open("ab", buffering=0) as log:
            while written := await self._process.stdout.read(65_536):
                log.write(written)
                self._discord.world.ring()
        status = await self._process.wait()
        self._discord.world.ring()
        return status
