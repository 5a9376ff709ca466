"""How many requests check links at once, of one member, and how many files there are a minute."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import InputError, Refused
from bot.generation.sources import LookPace
from tests.support.rig import ManualClock

OF_MEMBER, OF_ALL, A_MINUTE = 2, 20, 30


class Looking:
    """Requests that last until the test ends them."""

    def __init__(self, pace: LookPace) -> None:
        self.pace = pace
        self.at_once: dict[int, int] = {}
        self.end = asyncio.Event()

    async def look(self, member_id: int) -> None:
        async with self.pace.request(member_id):
            self.at_once[member_id] = self.at_once.get(member_id, 0) + 1
            try:
                await self.end.wait()
            finally:
                self.at_once[member_id] -= 1


async def turns() -> None:
    for _ in range(100):
        await asyncio.sleep(0)


async def test_two_of_one_member_and_twenty_of_all_look_at_once_and_all_have_their_turn() -> None:
    looking = Looking(LookPace(ManualClock()))
    tasks = [asyncio.create_task(looking.look(member)) for member in range(1, 21) for _ in range(5)]
    await turns()
    assert sum(looking.at_once.values()) == OF_ALL
    assert max(looking.at_once.values()) <= OF_MEMBER
    looking.end.set()
    await asyncio.gather(*tasks)
    assert sum(looking.at_once.values()) == 0


async def test_a_member_who_keeps_two_busy_does_not_keep_others_from_looking() -> None:
    looking = Looking(LookPace(ManualClock()))
    tasks = [asyncio.create_task(looking.look(1)) for _ in range(20)]
    await turns()
    tasks.append(asyncio.create_task(looking.look(2)))
    await turns()
    assert looking.at_once == {1: OF_MEMBER, 2: 1}
    looking.end.set()
    await asyncio.gather(*tasks)


async def test_a_cancelled_request_gives_its_place_back() -> None:
    pace = LookPace(ManualClock())
    looking = Looking(pace)
    tasks = [asyncio.create_task(looking.look(1)) for _ in range(4)]
    await turns()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(60), pace.request(1), pace.request(1):
        pass


async def test_a_member_has_thirty_files_a_minute() -> None:
    clock = ManualClock()
    pace = LookPace(clock)
    for _ in range(A_MINUTE // 10):
        async with pace.request(1, 10):
            pass
    with pytest.raises(Refused):
        async with pace.request(1):
            pass
    async with pace.request(2):
        pass
    clock.advance(61)
    async with pace.request(1):
        pass


def test_a_request_has_ten_files_at_the_most() -> None:
    pace = LookPace(ManualClock())
    pace.require_few(10)
    with pytest.raises(InputError, match="10"):
        pace.require_few(11)
