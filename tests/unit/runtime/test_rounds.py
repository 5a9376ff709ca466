"""The one runner of periodic work: how often, in which process, and what a failure stops."""

from __future__ import annotations

import asyncio
import math

from structlog.testing import capture_logs

from bot.runtime.background import ELSEWHERE_AGAIN_S, CommonWork, Round, Rounds
from tests.support.clocks import SteppedClock, kept


async def test_a_failure_is_logged_once_and_the_round_runs_again_at_its_next_time():
    clock, times = SteppedClock(), list[int]()

    async def fails() -> None:
        times.append(len(times))
        raise OSError("down")

    with capture_logs() as lines:
        async with kept(clock, Round("keys", fails, 7.0)):
            for _ in range(3):
                assert await clock.wanted.get() == 7.0
                clock.over.set()
    assert len(times) >= 3
    assert [line["round"] for line in lines if line["event"] == "round.failed"] == ["keys"]


async def test_a_round_says_when_it_is_due_again_and_a_wake_brings_it_forward():
    clock, woken, answers = SteppedClock(), asyncio.Event(), [3.0, math.inf, 0.5]

    async def run() -> float:
        return answers.pop(0)

    async with kept(clock, Round("watch", run, 60.0, woken=woken)):
        assert await clock.wanted.get() == 3.0
        clock.over.set()
        assert await clock.wanted.get() is None
        woken.set()
        assert await clock.wanted.get() == 0.5
        assert not woken.is_set()


async def test_a_round_of_common_work_waits_until_that_is_here():
    clock, ran, is_here = SteppedClock(), list[str](), False

    async def run() -> None:
        ran.append("one")

    rounds = Rounds(clock, common := CommonWork())
    common.decide = lambda: is_here
    rounds.add(Round("one", run, 3600.0, is_common=True))
    running = asyncio.create_task(rounds.keep("one"))
    assert await clock.wanted.get() == ELSEWHERE_AGAIN_S
    assert ran == []
    is_here = True
    clock.over.set()
    assert await clock.wanted.get() == 3600.0
    assert ran == ["one"]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()


async def test_rounds_take_turns_but_one_beside_them_waits_for_none():
    clock, begun, held = SteppedClock(), list[str](), asyncio.Event()

    def named(name: str, waits: asyncio.Event, *, beside: bool = False) -> Round:
        async def run() -> None:
            begun.append(name)
            await waits.wait()

        return Round(name, run, 1.0, beside=beside)

    free = asyncio.Event()
    free.set()
    rounds = Rounds(clock)
    rounds.add(named("hangs", held), named("next", free), named("beside", free, beside=True))
    tasks = [asyncio.create_task(rounds.keep(name)) for name in rounds.table]
    assert await clock.wanted.get() == 1.0
    assert begun == ["hangs", "beside"]
    held.set()
    await clock.wanted.get()
    await clock.wanted.get()
    assert begun == ["hangs", "beside", "next"]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_run_once_runs_those_that_take_turns_or_those_named_each_in_spite_of_the_others():
    ran = list[str]()

    def named(name: str, *, beside: bool = False) -> Round:
        async def run() -> None:
            ran.append(name)
            raise ValueError(name)

        return Round(name, run, 1.0, beside=beside)

    rounds = Rounds(SteppedClock())
    rounds.add(named("a"), named("beside", beside=True), named("b"))
    await rounds.run_once()
    await rounds.run_once("beside")
    assert ran == ["a", "b", "beside"]
