from __future__ import annotations

import asyncio

import pytest

from bot.delivery.channels.facts import in_time


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
