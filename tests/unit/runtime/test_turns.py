"""One turn at a time, fair between keys."""

from __future__ import annotations

import asyncio

import pytest

from bot.runtime.pace import Turns


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
