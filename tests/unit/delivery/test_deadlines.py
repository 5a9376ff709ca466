from __future__ import annotations

import asyncio

import aiohttp
import pytest

from bot.delivery.channels.facts import NETWORK_ERRORS, in_time


async def test_a_call_that_never_answers_ends_at_its_deadline() -> None:
    ended = asyncio.Event()

    async def silent() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(TimeoutError):
        await in_time(silent(), 0.01)
    assert ended.is_set()


async def test_what_a_call_returns_or_raises_comes_through() -> None:
    async def answer(value: int) -> int:
        return 1 // value

    assert await in_time(answer(1)) == 1
    with pytest.raises(ZeroDivisionError):
        await in_time(answer(0))


async def test_a_call_after_the_sessions_end_is_an_error_of_the_network() -> None:
    """What is answered while the process stops: aiohttp says so by a RuntimeError."""
    async with aiohttp.ClientSession() as session:
        pass

    async def get() -> None:
        await session.get("http://127.0.0.1:9")

    with pytest.raises(NETWORK_ERRORS):
        await in_time(get())
