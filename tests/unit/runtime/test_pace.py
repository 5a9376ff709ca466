"""The pace of calls: so many a second, a few at once, urgent ones first."""

from __future__ import annotations

import asyncio

import pytest

from bot.runtime.clock import SystemClock
from bot.runtime.pace import Pace, Waiting
from tests.support.rig import ManualClock

CALLS, BURST = 8, 3


class FlowingClock(ManualClock):
    """Each wait ends at once and counts as time."""

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        assert seconds is not None
        self.advance(seconds)
        await asyncio.sleep(0)


async def test_a_few_pass_at_once_the_others_evenly_and_fewer_once_the_pace_is_limited():
    clock = FlowingClock()
    pace, passed = Pace(clock, calls=CALLS, burst=BURST), list[float]()

    async def take(count: int) -> None:
        for _ in range(count):
            await pace.take()
            passed.append(clock.monotonic())

    await take(BURST + 16)
    assert passed == pytest.approx([0.0] * BURST + [number / CALLS for number in range(1, 17)], abs=1e-4)
    pace.limit(2)
    clock.advance(10)
    passed.clear()
    await take(4)
    assert [at - passed[0] for at in passed] == pytest.approx([0.0, 0.0, 0.5, 1.0], abs=1e-4)
    pace.limit(1000)
    clock.advance(10)
    passed.clear()
    await take(BURST + 1)
    assert passed[-1] - passed[0] == pytest.approx(1 / CALLS, abs=1e-4), "the limit is the first pace at most"


async def test_a_pace_of_nothing_lets_calls_through_once_there_is_something():
    pace = Pace(SystemClock(), calls=CALLS, burst=BURST)
    pace.limit(0)
    taken = asyncio.create_task(pace.take())
    await asyncio.sleep(0)
    assert not taken.done()
    pace.limit(1)
    await asyncio.wait_for(taken, 60)


class HeldClock(ManualClock):
    """No wait ends before `room` is set; then each counts as time."""

    def __init__(self) -> None:
        super().__init__()
        self.room = asyncio.Event()

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        await self.room.wait()
        self.advance(seconds or 0.0)


async def order_of(names: list[str], *, given_up: str = "") -> list[str]:
    """Return in which order calls pass that come one after the other while there is no room; u… are urgent."""
    clock = HeldClock()
    pace, order = Pace(clock, calls=1, burst=1), list[str]()

    async def take(name: str) -> None:
        await pace.take(is_urgent=name.startswith("u"))
        order.append(name)

    await pace.take()
    tasks = {name: asyncio.create_task(take(name)) for name in names}
    await asyncio.sleep(0)
    if given_up:
        tasks[given_up].cancel()
    clock.room.set()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    return order


async def test_urgent_calls_come_before_those_that_wait_longer_and_who_gives_up_is_passed_over():
    assert await order_of(["first", "b", "c", "u1", "u2"], given_up="b") == ["first", "u1", "u2", "c"]


async def test_a_stream_of_urgent_calls_lets_one_of_the_others_pass_now_and_then():
    pace, order = Pace(FlowingClock(), calls=1, burst=1), list[str]()

    async def stream() -> None:
        while "other" not in order:
            await pace.take(is_urgent=True)
            order.append("urgent")

    async def other() -> None:
        await pace.take()
        order.append("other")

    async with asyncio.timeout(60):
        await asyncio.gather(stream(), stream(), stream(), other())
    assert order.index("other") == 4


def test_who_waits_for_an_answer_is_known_until_it_is_sent_or_too_late():
    clock, answered = ManualClock(), set[int]()
    waiting = Waiting(clock, 3.0, answered.__contains__)
    assert not waiting.anyone()
    waiting.begin(1)
    clock.advance(2)
    waiting.begin(2)
    answered.add(1)
    assert waiting.anyone(), "the second still waits"
    clock.advance(2.5)
    assert waiting.anyone()
    clock.advance(0.5)
    assert not waiting.anyone(), "never answered"
