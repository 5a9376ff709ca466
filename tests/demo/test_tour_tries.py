"""*Try it* waits for what it presses, and a job that waits for a moderator is no work that it waits for."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bot.domain.models import JobState
from sandbox.demo.tour import guide
from sandbox.demo.tour.guide import Tour
from sandbox.demo.tour.steps import STEPS, NotThereYet, Seen


async def test_a_try_is_repeated_until_what_it_presses_is_there(monkeypatch: pytest.MonkeyPatch):
    tries, done = [], asyncio.Event()

    async def attempt(_hands: Any) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise NotThereYet
        done.set()

    monkeypatch.setattr(guide, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(guide, "STEPS", (replace(STEPS[0], attempt=attempt), *STEPS[1:]))
    made: Any = SimpleNamespace(viewers=[SimpleNamespace(id=7)], rooms={"studio": None})
    bot: Any = SimpleNamespace(add_listener=lambda *_: None)
    tour = Tour(None, bot, made)  # type: ignore[arg-type]  # the attempt presses nothing
    tour._visitors.put_nowait(7)
    running = asyncio.create_task(tour.run(contextlib.nullcontext))
    async with asyncio.timeout(5):
        await done.wait()
    await asyncio.sleep(0.05)
    running.cancel()
    assert len(tries) == 3


@pytest.mark.parametrize(("state", "is_busy"), [(JobState.AWAITING_APPROVAL, False), (JobState.QUEUED, True)])
def test_waiting_for_approval_is_not_busy(state: JobState, is_busy: bool):
    job: Any = SimpleNamespace(state=state)
    assert Seen(jobs=[job]).is_busy is is_busy
