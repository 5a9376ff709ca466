from __future__ import annotations

import asyncio
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bot.runtime.pace import KEPT, Cap, RateLimiter
from tests.support.rig import ManualClock


def test_so_many_may_begin_in_a_while_and_the_next_when_the_first_is_long_enough_ago():
    clock = ManualClock()
    pace = RateLimiter(clock, 3, 60)
    for _ in range(3):
        assert pace.wait_s("ada") == 0
        clock.advance(10)
    assert pace.wait_s("ada") == 30
    assert pace.wait_s("bob") == 0
    clock.advance(30)
    assert pace.wait_s("ada") == 0
    assert pace.wait_s("ada") == 10


def test_what_is_refused_does_not_count():
    clock = ManualClock()
    pace = RateLimiter(clock, 1, 60)
    assert pace.wait_s("ada") == 0
    clock.advance(59)
    assert pace.wait_s("ada") == 1
    clock.advance(1)
    assert pace.wait_s("ada") == 0


def test_a_peek_tells_of_several_and_counts_nothing():
    clock = ManualClock()
    pace = RateLimiter(clock, 3, 60)
    assert pace.peek_s("ada", 3) == 0
    assert pace.wait_s("ada") == 0
    clock.advance(10)
    assert pace.wait_s("ada") == 0
    assert pace.peek_s("ada") == 0
    assert pace.peek_s("ada", 2) == 50
    assert pace.peek_s("ada", 3) == 60
    assert pace.peek_s("bob", 3) == 0
    assert len(pace) == 1


def test_what_is_noted_counts_though_it_is_too_much():
    clock = ManualClock()
    pace = RateLimiter(clock, 2, 60)
    for _ in range(5):
        pace.note("ada")
    assert pace.wait_s("ada") == 60
    clock.advance(60)
    assert pace.wait_s("ada") == 0


def test_memory_stays_flat():
    pace = RateLimiter(ManualClock(), 1, 60)
    for who in range(KEPT + 100):
        pace.wait_s(who)
    assert len(pace) == KEPT


@given(st.integers(1, 4), st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 20)), max_size=40))
def test_no_window_has_more_starts_of_a_key_and_a_wait_is_never_too_short_or_too_long(
    times: int, starts: list[tuple[str, float]]
):
    clock, begun = ManualClock(), dict[str, list[float]]()
    pace = RateLimiter(clock, times, 60)
    for key, gap in starts:
        clock.advance(gap)
        now, before = clock.monotonic(), begun.setdefault(key, [])
        recent = [at for at in before if at + 60 - now > 0]
        wait_s = pace.wait_s(key)
        assert (wait_s == 0) == (len(recent) < times)
        if wait_s == 0:
            before.append(now)
        else:
            assert wait_s == recent[-times] + 60 - now


@given(st.integers(1, 5), st.integers(1, 3), st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=25))
def test_a_cap_holds_for_each_and_for_all_and_everybody_who_waits_has_a_turn(
    total: int, each: int, comers: list[tuple[str, bool]]
):
    async def run() -> None:
        cap, inside, served, go = Cap(total, each), Counter[str](), list[int](), asyncio.Semaphore(0)

        async def visit(number: int, key: str) -> None:
            async with cap.place(key):
                inside[key] += 1
                assert inside.total() <= total
                assert inside[key] <= each
                try:
                    await go.acquire()
                finally:
                    inside[key] -= 1
                served.append(number)

        tasks = list[asyncio.Task[None]]()
        for number, (key, gives_up) in enumerate(comers):
            tasks.append(asyncio.create_task(visit(number, key)))
            await asyncio.sleep(0)
            if gives_up:
                tasks[number // 2].cancel()
        for _ in comers:
            go.release()
        async with asyncio.timeout(60):
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(outcome is None or isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
        assert len(served) == sum(outcome is None for outcome in outcomes)
        assert not cap._held

    asyncio.run(run())


async def test_a_place_goes_to_the_first_who_may_have_it():
    cap, order = Cap(2, 1), list[str]()

    async def visit(key: str) -> None:
        async with cap.place(key):
            order.append(key)

    cap.enter("a")
    cap.enter("b")
    tasks = [asyncio.create_task(visit(key)) for key in "aacb"]
    await asyncio.sleep(0)
    assert order == []
    cap.leave("b")
    await asyncio.sleep(0)
    assert order == ["c"], "a has its place already"
    cap.leave("a")
    await asyncio.gather(*tasks)
    assert sorted(order) == ["a", "a", "b", "c"]
