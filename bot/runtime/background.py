"""Background tasks, which run until the bot stops."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine
from typing import Any

from bot.language import SOURCE, speak


class BackgroundTasks:
    """Keeps a reference to each running task, so that none is collected while it runs, and stops them together."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run `work` as a task of that name. It must handle its own errors: nobody awaits it.

        It speaks no member's language, whoever begins it: what it shows is for others too.
        """
        context = contextvars.copy_context()
        context.run(speak, SOURCE)
        task = asyncio.create_task(work, name=name, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finished(self) -> None:
        """Wait until every task that runs now has ended."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Cancel the tasks that still run and wait for them to end."""
        for task in self._tasks:
            task.cancel()
        await self.finished()
