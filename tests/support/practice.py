"""The sandbox of practice in the test's own process, on the test's clock, and gone when a test says so."""

from __future__ import annotations

from bot.domain import practice
from bot.runtime.clock import Clock
from sandbox.server import Sandbox
from sandbox.studio.files import Fetch

PATH = "/a-secret-path"


class SandboxInProcess:
    """A PracticeStudio."""

    def __init__(self, clock: Clock, fetch: Fetch) -> None:
        self._clock, self._fetch = clock, fetch
        self.sandbox: Sandbox | None = None
        self.starts = 0

    async def address(self) -> str:
        if self.sandbox is None:
            self.sandbox = Sandbox(
                clock=self._clock,
                fetch=self._fetch,
                small=True,
                keep_alive=False,
                path=PATH,
                links=practice.URL,
                seeds_by_id=True,
            )
            await self.sandbox.start()
            self.starts += 1
        return self.sandbox.url

    async def stop_idle(self) -> None:
        """It never is."""

    async def fall(self) -> None:
        """End as a process that was killed."""
        await self.aclose()

    async def aclose(self) -> None:
        if self.sandbox is not None:
            await self.sandbox.close()
        self.sandbox = None
