"""The process of the practice sandbox: one for all servers of this process, started on demand.

It keeps nothing: what another has accepted, or an earlier one, it adopts from the jobs (`PracticeTransport`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import sys
from pathlib import Path
from typing import Final, Protocol

import structlog

from bot.runtime.clock import Clock

log = structlog.get_logger(__name__)

MODULE: Final = "sandbox.practice"
INSTALLED: Final = str(Path(__file__).resolve().parents[2])
"""This package's folder, whatever the working directory."""
START_TIMEOUT_S: Final = 20.0
STOP_TIMEOUT_S: Final = 2.0
IDLE_S: Final = 600.0
"""Idle time before it is stopped."""
AGAIN_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Waits before restarts after it ended by itself; the last one repeats."""
STEADY_S: Final = 300.0
"""Uptime after which it counts as working."""


class PracticeStudio(Protocol):
    """Where practice takes place."""

    async def address(self) -> str:
        """Start it if needed, and return its address. Raises OSError if it cannot be started now."""
        ...

    async def stop_idle(self) -> None: ...

    async def aclose(self) -> None: ...


class PracticeProcess:
    """A Python process with the sandbox. It ends with this one, at the end of its standard input."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._url = ""
        self._used_at = self._started_at = 0.0
        self._falls = 0
        self._again_at = 0.0

    @property
    def pid(self) -> int | None:
        """The process id, None without one."""
        return None if self._process is None or self._process.returncode is not None else self._process.pid

    async def address(self) -> str:
        """Return the process's address, starting it if needed. Raises OSError if it cannot be."""
        self._used_at = self._clock.monotonic()
        if self.pid is not None and not self._lock.locked():
            return self._url
        async with self._lock:
            if self._process is not None and self.pid is None:
                self._fallen(self._process)
            if self._process is None:
                await self._start()
            return self._url

    def _fallen(self, process: asyncio.subprocess.Process) -> None:
        now = self._clock.monotonic()
        self._falls = 0 if now - self._started_at > STEADY_S else self._falls
        self._again_at = now + AGAIN_S[min(self._falls, len(AGAIN_S) - 1)]
        self._falls += 1
        log.warning("practice.fallen", code=process.returncode, times=self._falls)
        self._process = None

    async def _start(self) -> None:
        if self._clock.monotonic() < self._again_at:
            raise OSError("the practice process is not started again yet")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            MODULE,
            env={"PYTHONPATH": INSTALLED},  # no token, no key, no proxy
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        self._process, self._started_at = process, self._clock.monotonic()
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                self._url = await _address_of(process)
        except (TimeoutError, ValueError, KeyError, OSError):
            await _end(process)
            self._fallen(process)
            raise OSError("the practice process did not start") from None
        except BaseException:
            await _end(process)
            self._process = None
            raise
        log.info("practice.started", pid=process.pid)

    async def stop_idle(self) -> None:
        """Stop the process after IDLE_S without a call; note one that ended by itself."""
        async with self._lock:
            if self._process is None:
                return
            if self.pid is None:
                self._fallen(self._process)
            elif self._clock.monotonic() - self._used_at > IDLE_S:
                log.info("practice.idle")
                await _end(self._process)
                self._process = None

    async def aclose(self) -> None:
        async with self._lock:
            process, self._process = self._process, None
            if process is not None:
                await _end(process)


class NoPracticeStudio:
    """For hosts without practice."""

    async def address(self) -> str:
        raise OSError("practice is switched off")

    async def stop_idle(self) -> None:
        """Do nothing."""

    async def aclose(self) -> None:
        """Do nothing."""


async def _address_of(process: asyncio.subprocess.Process) -> str:
    if process.stdin is None or process.stdout is None:
        raise OSError("no pipes")
    process.stdin.write(json.dumps({"path": f"/{secrets.token_urlsafe(24)}"}).encode() + b"\n")
    await process.stdin.drain()
    url: str = json.loads(await process.stdout.readline())["url"]
    return url


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the process: by closing its input, else by killing it."""
    if process.stdin is not None:
        process.stdin.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await process.wait()
    if process.returncode is None:
        process.kill()
        await process.wait()
