"""Places are kept by nobody who has left."""

from __future__ import annotations

import asyncio

import pytest

from bot.runtime.pace import Cap


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
