"""Background tasks, which run until the bot stops."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine
from typing import Any

from bot.language import SOURCE, speak
from bot.runtime.patience import take_time


class BackgroundTasks:
    """Keeps a reference to each running task, so that none is collected while it runs, and stops them together."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: Exception | None = None
        self._has_failed = asyncio.Event()

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run `work` as a task of that name. It must handle its own errors: nobody awaits it.

        It speaks no member's language, whoever begins it, and no member waits for it: what it shows is for others too.
        """
        context = contextvars.copy_context()
        context.run(speak, SOURCE)
        context.run(take_time)
        task = asyncio.create_task(work, name=name, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def fail(self, error: Exception) -> None:
        """Have `accompany` raise this: what goes on in the background can't go on."""
        self._failure = error
        self._has_failed.set()

    async def accompany(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work. Raises what it raises, and what `fail` was told as soon as it is."""
        failing, working = asyncio.create_task(self._has_failed.wait()), asyncio.create_task(work)
        try:
            await asyncio.wait({failing, working}, return_when=asyncio.FIRST_COMPLETED)
            if self._failure is not None:
                raise self._failure
            working.result()
        finally:
            for task in (failing, working):
                task.cancel()
            await asyncio.gather(failing, working, return_exceptions=True)

    async def finished(self) -> None:
        """Wait until every task that runs now has ended."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Cancel the tasks that still run and wait for them to end."""
        for task in self._tasks:
            task.cancel()
        await self.finished()
