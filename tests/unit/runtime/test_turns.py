"""One turn at a time, fair between keys."""

from __future__ import annotations

import asyncio

import pytest

from bot.runtime.pace import Cap, Turns


async def test_the_key_whose_last_turn_is_longest_ago_is_next():
    lane, order = Turns(), list[str]()

    async def work(key: str) -> None:
        async with lane.turn(key, timeout_s=5):
            order.append(key)
            await asyncio.sleep(0)

    await asyncio.gather(*(work(key) for key in ["loud", "loud", "loud", "loud", "quiet", "other"]))
    assert order == ["loud", "quiet", "other", "loud", "loud", "loud"]


async def test_who_gives_up_takes_no_turn_and_the_next_gets_one():
    lane = Turns()
    async with lane.turn("a", timeout_s=1):
        with pytest.raises(TimeoutError):
            async with lane.turn("b", timeout_s=0.01):
                pass
        waiting = asyncio.create_task(_pass(lane))
        await asyncio.sleep(0)
    await waiting
    await _pass(lane)


async def _pass(lane: Turns) -> None:
    async with lane.turn("c", timeout_s=1):
        pass


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
