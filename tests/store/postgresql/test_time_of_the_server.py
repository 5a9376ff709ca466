"""Leases of jobs go by the server's clock: those of the machines differ, and none of them ends another's lease."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from bot.runtime.clock import SystemClock
from bot.settings import PostgresUrl
from bot.store import Store

KEYS = ("k" * 32,)
HOUR_S = 3600.0


class WrongClock(SystemClock):
    """The clock of a machine that is wrong by so many seconds."""

    def __init__(self, by_s: float) -> None:
        super().__init__()
        self._by_s = by_s

    def wall(self) -> float:
        return super().wall() + self._by_s


@pytest.fixture
async def stores(postgres_database: str) -> AsyncIterator[list[Store]]:
    """The same database as three machines have it: a right clock, one that is behind and one that is ahead."""
    async with AsyncExitStack() as stack:
        opened = []
        for by_s in (0.0, -HOUR_S, HOUR_S):
            store = await Store.open(PostgresUrl(postgres_database), clock=WrongClock(by_s), secret_keys=KEYS)
            stack.push_async_callback(store.close)
            opened.append(store)
        yield opened


async def test_a_machine_whose_clock_is_ahead_ends_no_others_lease(stores: list[Store], accepted: Any):
    right, _, ahead = stores
    await accepted(right)
    await right.leases.hold("right", 30)
    assert len(await right.leases.claim("right", limit=9)) == 1
    await ahead.leases.hold("ahead", 30)
    assert await ahead.leases.claim("ahead", limit=9) == []
    assert await right.leases.hold("right", 30), "it is still there to be renewed"


async def test_the_lease_of_a_machine_whose_clock_is_behind_lasts_as_long_as_any(stores: list[Store], accepted: Any):
    right, behind, _ = stores
    await accepted(right)
    await behind.leases.hold("behind", 30)
    assert len(await behind.leases.claim("behind", limit=9)) == 1
    await right.leases.hold("right", 30)
    assert await right.leases.claim("right", limit=9) == []
