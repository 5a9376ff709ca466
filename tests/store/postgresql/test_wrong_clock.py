from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from typing import Any

import pytest

from bot.fleet.postgresql.database import ASKED_S
from bot.runtime.clock import SystemClock
from bot.settings import PostgresUrl
from bot.store import Store

HOUR_S, FAR_S = 3600.0, 600.0


class WrongClock(SystemClock):
    """Of a machine that is an hour ahead. `monotonic` gives these seconds one after the other, if there are any."""

    def __init__(self) -> None:
        self.moments: Iterator[float] = iter(())

    def _machine(self) -> float:
        return time.time() + HOUR_S

    def monotonic(self) -> float:
        return next(self.moments, super().monotonic())


async def asked(store: Store) -> None:
    database: Any = store._database
    await database.read(database.now)


@pytest.fixture
async def open_with(empty_postgres_database: str):
    opened: list[Store] = []

    async def open_store(clock: SystemClock) -> Store:
        opened.append(await Store.open(PostgresUrl(empty_postgres_database), clock=clock, secret_keys=["s" * 44]))
        return opened[-1]

    yield open_store
    for store in opened:
        await store.close()


async def test_a_process_with_a_wrong_clock_goes_by_the_databases(open_with: Callable[..., Any]):
    clock = WrongClock()
    await asked(await open_with(clock))
    assert abs(clock.wall() - time.time()) < FAR_S


async def test_a_time_that_came_late_corrects_nothing(open_with: Callable[..., Any]):
    clock = WrongClock()
    store = await open_with(clock)
    clock._off_s = 0.0
    database: Any = store._database

    def late(db: Any) -> float:
        clock.moments = chain([0.0, ASKED_S], repeat(ASKED_S))  # as of a process that was paused in between
        try:
            return float(database.now(db))
        finally:
            clock.moments = iter(())

    await database.read(late)
    assert clock.wall() - time.time() > FAR_S
