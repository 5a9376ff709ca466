from __future__ import annotations

import asyncio

from bot.runtime.background import BackgroundTasks


async def test_a_stop_cancels_what_runs_and_waits_for_its_end():
    tasks, ended, started = BackgroundTasks(), [], asyncio.Event()

    async def work() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("work")

    async def failing() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError

    tasks.start(work(), "work")
    tasks.start(failing(), "failing")
    await started.wait()
    await tasks.stop()
    assert ended == ["work"]
    await tasks.stop()
