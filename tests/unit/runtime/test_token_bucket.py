from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.runtime.pace import KEPT, Cap, TokenBucket
from tests.support.rig import ManualClock


def test_so_many_may_begin_at_once_and_then_one_in_each_part_of_the_time():
    clock = ManualClock()
    pace = TokenBucket(clock, 3, 60)
    for _ in range(3):
        assert pace.wait_s("ada") == 0
    assert pace.wait_s("ada") == 20
    assert pace.wait_s("bob") == 0
    clock.advance(20)
    assert pace.wait_s("ada") == 0
    assert pace.wait_s("ada") == 20
    clock.advance(60)
    assert [pace.wait_s("ada") for _ in range(4)] == [0, 0, 0, 20]


def test_what_is_refused_does_not_count():
    clock = ManualClock()
    pace = TokenBucket(clock, 1, 60)
    assert pace.wait_s("ada") == 0
    clock.advance(59)
    assert pace.wait_s("ada") == 1
    clock.advance(1)
    assert pace.wait_s("ada") == 0


def test_a_peek_tells_of_several_and_counts_nothing():
    clock = ManualClock()
    pace = TokenBucket(clock, 3, 60)
    assert pace.peek_s("ada", 3) == 0
    assert pace.wait_s("ada") == 0
    assert pace.wait_s("ada") == 0
    assert pace.peek_s("ada") == 0
    assert pace.peek_s("ada", 2) == 20
    assert pace.peek_s("ada", 3) == 40
    assert pace.peek_s("bob", 3) == 0
    assert len(pace) == 1


def test_what_is_noted_counts_though_it_is_too_much():
    clock = ManualClock()
    pace = TokenBucket(clock, 2, 60)
    for _ in range(5):
        pace.note("ada")
    assert pace.wait_s("ada") == 30
    clock.advance(60)
    assert pace.wait_s("ada") == 0


def test_memory_stays_flat():
    pace = TokenBucket(ManualClock(), 1, 60)
    for who in range(KEPT + 100):
        pace.wait_s(who)
    assert len(pace) == KEPT


@given(st.integers(1, 4), st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 40)), max_size=40))
def test_no_time_has_more_starts_of_a_key_than_fit_into_it_and_a_wait_is_long_enough(
    times: int, starts: list[tuple[str, float]]
):
    clock, begun = ManualClock(), dict[str, list[float]]()
    pace = TokenBucket(clock, times, 60)
    for key, gap in starts:
        clock.advance(gap)
        if wait_s := pace.wait_s(key):
            clock.advance(wait_s)
            assert pace.wait_s(key) == 0
        begun.setdefault(key, []).append(clock.monotonic())
    for passed in begun.values():
        for first, since in enumerate(passed):
            for last in range(first, len(passed)):
                assert last - first + 1 <= times + (passed[last] - since) * times / 60 + 1e-3


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


async def test_a_place_that_comes_as_its_waiter_is_cancelled_is_free_again():
    cap = Cap(2, 1)
    await cap.take("a")
    waiting = asyncio.create_task(cap.take("a"))
    await asyncio.sleep(0)
    cap.leave("a")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert cap.exceeded("a") is None


async def test_a_place_is_not_given_to_a_waiter_who_has_just_left():
    cap = Cap(2, 1)
    await cap.take("a")
    waiting = asyncio.create_task(cap.take("a"))
    await asyncio.sleep(0)
    waiting.cancel()
    cap.leave("a")
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert cap.exceeded("a") is None
