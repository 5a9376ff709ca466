"""Three processes share Discord's calls through a database: never too many, and what one leaves another makes."""

from __future__ import annotations

import asyncio
import contextlib
from bisect import bisect_left
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app.connection.gate import CALLS_A_SECOND, CALLS_AT_ONCE
from bot.errors import StoreError
from bot.fleet.call_budget import RENEW_S, SOONEST_S, WITHOUT_SHARE, CallBudget
from bot.fleet.rows import SHARE_S, RateBudgets
from bot.runtime.pace import Pace
from bot.settings import PostgresUrl
from bot.store import Store
from bot.store.engine.database import Database
from tests.support.rig import ManualClock

ALLOWED = 50
"""Discord's limit: so many in any second."""
STEP_S = 0.02
KEYS = ("k" * 40,)


class SteppedClock(ManualClock):
    """Waits end as the test moves time on."""

    def __init__(self) -> None:
        super().__init__()
        self._ends: list[tuple[float, asyncio.Future[None]]] = []

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        for end, ended in self._ends:
            if end <= self.elapsed and not ended.done():
                ended.set_result(None)
        self._ends = [each for each in self._ends if not each[1].done()]

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if seconds is not None:
            self._ends.append((self.elapsed + seconds, ended))
        told = asyncio.create_task(event.wait())
        try:
            await asyncio.wait({ended, told}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()
            ended.cancel()


class Counted:
    """The rents of one process, with how often the database was asked."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.asked: list[float] = []
        self.running = 0
        self.is_lost = False

    async def acquire(self, budget: str, process: str, *, wanted: float, total: int) -> int:
        self.asked.append(self.store.rows(RateBudgets)._clock.monotonic())
        self.running += 1
        try:
            if self.is_lost:
                raise StoreError("The database can't be reached.")
            return await self.store.rows(RateBudgets).acquire(budget, process, wanted=wanted, total=total)
        finally:
            self.running -= 1

    async def give_up(self, budget: str, process: str) -> None:
        await self.store.rows(RateBudgets).give_up(budget, process)


class Process:
    """One process: `demand` calls a second come to it, and it makes those that it may."""

    def __init__(self, name: str, store: Store, clock: SteppedClock) -> None:
        self.pace = Pace(clock, calls=CALLS_A_SECOND, burst=CALLS_AT_ONCE)
        self.rows = Counted(store)
        self.acquire = CallBudget(self.pace, self.rows, process=name, clock=clock)
        self._clock = clock
        self.demand = 0.0
        self.made: list[float] = []
        self._come = 0.0
        self._calls: set[asyncio.Task[None]] = set()
        self.runs = asyncio.create_task(self.acquire.run())

    def step(self) -> None:
        self._come += self.demand * STEP_S
        while self._come >= 1:
            self._come -= 1
            if self.pace.waiting < 100:
                self._calls.add(asyncio.create_task(self._call()))

    async def _call(self) -> None:
        await self.pace.take()
        self.made.append(self._clock.monotonic())

    async def kill(self) -> None:
        for task in (self.runs, *self._calls):
            task.cancel()
        await asyncio.gather(self.runs, *self._calls, return_exceptions=True)
        self.demand = 0

    def made_since(self, at: float) -> int:
        return sum(each >= at for each in self.made)


class World:
    def __init__(self, clock: SteppedClock, processes: list[Process]) -> None:
        self.clock, self.processes = clock, processes

    async def go_on(self, seconds: float) -> float:
        """Let time pass; return when that began."""
        begun = self.clock.elapsed
        while self.clock.elapsed < begun + seconds:
            self.clock.advance(STEP_S)
            for process in self.processes:
                process.step()
            for _ in range(4):
                await asyncio.sleep(0)
            while any(process.rows.running for process in self.processes):  # noqa: ASYNC110 - the store has its threads
                await asyncio.sleep(0.0002)
        return begun

    def most_in_a_second(self) -> int:
        made = sorted(at for process in self.processes for at in process.made)
        return max(place + 1 - bisect_left(made, at - 1 + 1e-6) for place, at in enumerate(made))


@pytest.fixture(params=["sqlite", "postgresql"])
async def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    clock = SteppedClock()
    if request.param == "sqlite":
        address: Path | PostgresUrl = request.getfixturevalue("tmp_path") / "bot.db"
    else:
        from bot.fleet.postgresql.database import PostgresDatabase

        address = PostgresUrl(request.getfixturevalue("empty_postgres_database"))
        monkeypatch.setattr(PostgresDatabase, "now", Database.now)  # the time of the test
    async with contextlib.AsyncExitStack() as stack:
        processes = []
        for name in "abc":
            store = await Store.open(address, clock=clock, secret_keys=KEYS)
            stack.push_async_callback(store.close)
            processes.append(Process(name, store, clock))
            stack.push_async_callback(processes[-1].kill)
        yield World(clock, processes)


@pytest.mark.long
async def test_the_sum_stays_below_the_limit_and_is_used_by_whoever_needs_it(world: World) -> None:
    a, b, c = world.processes
    a.demand = 100.0
    await world.go_on(SOONEST_S + 1)
    since = await world.go_on(10)
    assert a.made_since(since) / 10 > 37, "the idle ones keep a few"
    b.demand = c.demand = 100.0
    await world.go_on(10)
    since = await world.go_on(10)
    rates = [process.made_since(since) / 10 for process in world.processes]
    assert min(rates) > 12, "each has its part within seconds"
    assert sum(rates) > 40
    a.demand = 0.0
    await a.kill()
    await world.go_on(SHARE_S + 8)
    since = await world.go_on(5)
    assert sum(process.made_since(since) for process in (b, c)) / 5 > 40, "what a dead one had is others'"
    assert world.most_in_a_second() <= ALLOWED


async def test_demand_that_comes_and_goes_never_makes_too_many_calls(world: World) -> None:
    for turn in range(12):
        for place, process in enumerate(world.processes):
            process.demand = 200.0 if (turn + place) % 3 == 0 else 1.0
        await world.go_on(2.5)
    assert world.most_in_a_second() <= ALLOWED
    assert sum(len(process.made) for process in world.processes) / 30 > 15


@pytest.mark.long
async def test_the_database_is_asked_a_few_times_a_minute(world: World) -> None:
    a, b, _ = world.processes
    a.demand = b.demand = 100.0
    await world.go_on(60)
    for process in world.processes:
        assert len(process.rows.asked) <= 60 / SOONEST_S
    assert len(world.processes[2].rows.asked) <= 60 / RENEW_S + 1
    assert len(a.rows.asked) <= 60 / RENEW_S + 6, "asking again brings nothing once the part is as large as it can be"


async def test_without_the_database_one_call_a_second_is_made(world: World) -> None:
    a = world.processes[0]
    a.demand = 100.0
    await world.go_on(5)
    a.rows.is_lost = True
    await world.go_on(RENEW_S + 1)
    since = await world.go_on(5)
    assert a.made_since(since) <= 5 * WITHOUT_SHARE + 1
    a.rows.is_lost = False
    await world.go_on(RENEW_S + 3)
    since = await world.go_on(3)
    assert a.made_since(since) / 3 > 35
    assert world.most_in_a_second() <= ALLOWED


async def test_a_process_that_stops_gives_its_part_up(world: World) -> None:
    a, b, _ = world.processes
    a.demand = 100.0
    await world.go_on(5)
    await a.kill()
    await a.acquire.stop()
    b.demand = 100.0
    await world.go_on(2 * RENEW_S)
    since = await world.go_on(2)
    assert b.made_since(since) / 2 > 35
