"""The pace of calls: so many in any window, at once where there is room, urgent ones first."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.runtime.clock import SystemClock
from bot.runtime.pace import URGENT_IN_A_ROW, Pace, Waiting
from tests.support.rig import ManualClock

CALLS, WINDOW_S, BURST = 8, 1.0, 3


class FlowingClock(ManualClock):
    """Each wait ends at once and counts as time."""

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        assert seconds is not None
        self.advance(seconds)
        await asyncio.sleep(0)


@given(st.lists(st.floats(0, 2), min_size=CALLS + 1, max_size=30))
def test_no_window_has_more_calls_however_they_come(gaps: list[float]):
    clock = FlowingClock()

    async def passed_at() -> list[float]:
        pace, found = Pace(clock, calls=CALLS, window_s=WINDOW_S, burst=BURST), []
        for gap in gaps:
            clock.advance(gap)
            await pace.take()
            found.append(clock.monotonic())
        return found

    passed = asyncio.run(passed_at())
    apart = [later - first for first, later in zip(passed, passed[CALLS:], strict=False)]
    assert min(apart) > WINDOW_S - 1e-5


@given(st.lists(st.tuples(st.integers(1, CALLS + 3), st.integers(0, 12), st.floats(0, 1)), min_size=1, max_size=12))
def test_no_window_has_more_calls_than_the_largest_limit_in_it(phases: list[tuple[int, int, float]]):
    clock = FlowingClock()

    async def passed_at() -> list[float]:
        pace, found = Pace(clock, calls=CALLS, window_s=WINDOW_S, burst=BURST), list[float]()
        for limit, calls, pause_s in phases:
            pace.limit(limit)
            limits.append((clock.monotonic(), min(limit, CALLS)))
            found += [await pace.take() for _ in range(calls)]
            clock.advance(pause_s)
        return found

    limits: list[tuple[float, int]] = []
    passed = asyncio.run(passed_at())
    for place, end in enumerate(passed):
        begin = end - WINDOW_S + 1e-5
        before = [limit for at, limit in limits if at <= begin][-1:]
        most = max([*before, *(limit for at, limit in limits if begin < at <= end)])
        assert sum(begin < at for at in passed[: place + 1]) <= most


async def test_a_pace_of_nothing_lets_calls_through_once_there_is_something():
    pace = Pace(SystemClock(), calls=CALLS, window_s=WINDOW_S, burst=BURST)
    pace.limit(0)
    taken = asyncio.create_task(pace.take())
    await asyncio.sleep(0)
    assert (pace.waiting, pace.taken, taken.done()) == (1, 0, False)
    pace.limit(1)
    await asyncio.wait_for(taken, 60)
    assert (pace.waiting, pace.taken) == (0, 1)


async def test_a_few_pass_at_once_the_others_evenly_and_all_that_the_window_has_room_for():
    clock = FlowingClock()
    pace, apart_s = Pace(clock, calls=CALLS, window_s=WINDOW_S, burst=BURST), WINDOW_S / CALLS
    passed = [await pace.take() for _ in range(3 * CALLS)]
    assert passed[:BURST] == [0.0] * BURST
    assert passed[BURST:CALLS] == pytest.approx([apart_s * number for number in range(1, CALLS - BURST + 1)], abs=1e-4)
    in_turn = [at + number * WINDOW_S for number in range(3) for at in passed[:CALLS]]
    assert passed == pytest.approx(in_turn, abs=1e-4), "the even pace alone would let some through before the window"


async def test_a_call_that_is_sent_later_counts_from_then_on():
    clock = FlowingClock()
    pace = Pace(clock, calls=CALLS, window_s=WINDOW_S, burst=CALLS)
    passed = [await pace.take() for _ in range(CALLS)]
    clock.advance(0.2)
    assert pace.moved(pace.moved(passed[0])) == clock.monotonic()
    for expected in [WINDOW_S] * (CALLS - 1) + [0.2 + WINDOW_S]:
        assert await pace.take() == pytest.approx(expected, abs=1e-4)


async def test_a_call_that_is_sent_after_many_others_counts_once_more():
    clock = FlowingClock()
    pace = Pace(clock, calls=CALLS, window_s=WINDOW_S, burst=CALLS)
    first = await pace.take()
    for _ in range(2 * CALLS):
        await pace.take()
    pace.moved(first)
    for expected in [2 * WINDOW_S] * (CALLS - 2) + [3 * WINDOW_S]:  # the last of those before came then, too
        assert await pace.take() == pytest.approx(expected, abs=1e-4)


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
    pace, order = Pace(clock, calls=1, window_s=WINDOW_S, burst=1), list[str]()

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


async def test_a_crowd_of_urgent_calls_lets_one_of_the_others_pass_now_and_then():
    urgent = [f"u{number}" for number in range(2 * URGENT_IN_A_ROW)]
    order = await order_of(["first", "b", "c", *urgent])
    assert [order.index("b"), order.index("c")] == [1 + URGENT_IN_A_ROW, 2 + 2 * URGENT_IN_A_ROW]
    assert [name for name in order if name.startswith("u")] == urgent


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
