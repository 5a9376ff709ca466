"""The pace of calls: so many in any window, at once where there is room, urgent ones first."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from bot.runtime.pace import Pace
from tests.support.rig import ManualClock

CALLS, WINDOW_S = 4, 1.0


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
        pace, found = Pace(clock, calls=CALLS, window_s=WINDOW_S), []
        for gap in gaps:
            clock.advance(gap)
            await pace.take()
            found.append(clock.monotonic())
        return found

    passed = asyncio.run(passed_at())
    apart = [later - first for first, later in zip(passed, passed[CALLS:], strict=False)]
    assert min(apart) > WINDOW_S - 1e-5


async def test_a_burst_passes_at_once_and_the_next_one_as_soon_as_the_window_has_room():
    clock = FlowingClock()
    pace = Pace(clock, calls=CALLS, window_s=WINDOW_S)
    for expected in (0.0, WINDOW_S, 2 * WINDOW_S):
        for _ in range(CALLS):
            await pace.take()
        assert abs(clock.monotonic() - expected) < 1e-5


async def test_urgent_calls_come_before_those_that_wait_longer_and_who_gives_up_is_passed_over():
    clock = ManualClock()
    room = asyncio.Event()

    async def wait(_event: asyncio.Event, seconds: float | None) -> None:
        await room.wait()
        clock.advance(seconds or 0.0)

    clock.wait = wait  # type: ignore[method-assign]  # the first of them waits until all others are behind it
    pace, order = Pace(clock, calls=1, window_s=WINDOW_S), list[str]()

    async def take(name: str, *, is_urgent: bool = False) -> None:
        await pace.take(is_urgent=is_urgent)
        order.append(name)

    await take("before")
    tasks = [asyncio.create_task(take(name, is_urgent="urgent" in name)) for name in ("first", "b", "c", "urgent")]
    await asyncio.sleep(0)
    tasks[1].cancel()
    room.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == ["before", "first", "urgent", "c"]
