"""Processes of a fleet on one database: no shard is ever two processes', and each is soon somebody's."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import StartError, StoreError
from bot.fleet.rows import Fleet, HeldShards
from bot.fleet.shard_keeper import AWAY_S, MARGIN_S, ShardKeeper
from bot.store import Store
from bot.store.processes import SHARED_LEASE_S as LEASE_S
from bot.store.processes import SHARED_RENEW_S as RENEW_S
from tests.support.rig import ManualClock

SHARDS = 6


class Connected:
    """The connections of one process, as the keeper opens and closes them."""

    def __init__(self) -> None:
        self.open: set[int] = set()
        self.kept: set[int] = set()
        """Closed, with a session that can be resumed."""
        self.resumed: list[int] = []

    def open_shard(self, shard_id: int) -> None:
        assert shard_id not in self.open
        if shard_id in self.kept:
            self.resumed.append(shard_id)
        self.open.add(shard_id)

    async def close_shard(self, shard_id: int, *, for_good: bool) -> None:
        self.open.discard(shard_id)
        (self.kept.discard if for_good else self.kept.add)(shard_id)

    def is_shard_ready(self, shard_id: int) -> bool:
        return shard_id in self.open


class OwnClock(ManualClock):
    """One process's clocks: they are off from the database's, and this one never waits for itself."""

    def __init__(self, true: ManualClock, off_s: float) -> None:
        super().__init__(true.wall() + off_s)
        self._true, self._begun = true, true.elapsed

    def monotonic(self) -> float:
        return self._true.elapsed - self._begun

    def wall(self) -> float:
        return self._start + self._true.elapsed - self._begun + self.stepped

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        if not event.is_set() and seconds is None:
            await event.wait()
        else:
            await asyncio.sleep(0)


class Cut:
    """A way to the database that may be lost."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self.is_lost = False

    def _try(self) -> None:
        if self.is_lost:
            raise StoreError("The database can't be reached.")

    async def keep(self, process: str, *, is_back: bool) -> HeldShards:
        self._try()
        return await self._fleet.keep(process, is_back=is_back)

    async def release(self, process: str, shard_ids: frozenset[int]) -> None:
        self._try()
        await self._fleet.release(process, shard_ids)

    async def leave(self, process: str) -> None:
        self._try()
        await self._fleet.leave(process)


class Process:
    """One process of the fleet; it may be paused, cut off from the database, or killed."""

    def __init__(self, name: str, store: Store, true: ManualClock, off_s: float) -> None:
        self.name, self.store = name, store
        self.connected, self.cut = Connected(), Cut(store.rows(Fleet))
        self.clock = OwnClock(true, off_s)
        self.is_paused = False
        self.keeper = ShardKeeper(self.cut, self.connected, process=name, shard_count=SHARDS, clock=self.clock)

    @property
    def acts_for(self) -> set[int]:
        """The shards that it would act for now: what is connected, and not known to be lost."""
        return {shard_id for shard_id in self.connected.open if self.keeper.holds(shard_id)}

    async def turn(self) -> None:
        if not self.is_paused:
            await self.keeper.turn()


class World:
    def __init__(self, store: Store, clock: ManualClock) -> None:
        self.store, self.clock = store, clock
        self.processes: dict[str, Process] = {}

    async def start(self, name: str, off_s: float = 0.0) -> Process:
        await self.store.rows(Fleet).join(name, wanted=None, recommended=SHARDS)
        self.processes[name] = Process(name, self.store, self.clock, off_s)
        await self.processes[name].turn()
        return self.processes[name]

    def check(self) -> None:
        """No shard is acted for by two, and none by a process whose lease others may have."""
        claimed = [shard_id for each in self.processes.values() for shard_id in each.acts_for]
        assert len(claimed) == len(set(claimed))

    async def check_rows(self) -> None:
        holders = await self.store.rows(Fleet).holders()
        for process in self.processes.values():
            assert all(holders.get(shard_id) == process.name for shard_id in process.acts_for)

    async def go_on(self, seconds: float, *, step_s: float = 1.0) -> None:
        """Let time pass; every process takes its turns as they are due."""
        passed = 0.0
        while passed < seconds:
            self.clock.advance(step_s)
            passed += step_s
            self.check()
            await self.check_rows()
            if passed % RENEW_S < step_s:
                for process in self.processes.values():
                    await process.turn()
                    self.check()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    clock = ManualClock()
    store = await Store.open(tmp_path / "bot.db", clock=clock)
    yield World(store, clock)
    await store.close()


async def test_a_process_connects_what_it_holds_and_gives_half_to_one_that_joins(world: World) -> None:
    first = await world.start("a")
    assert first.connected.open == set(range(SHARDS))
    second = await world.start("b", off_s=-3600)
    await world.go_on(3 * RENEW_S)
    assert (len(first.connected.open), len(second.connected.open)) == (3, 3)
    assert first.connected.open | second.connected.open == set(range(SHARDS))
    assert not first.connected.kept, "what was given up is not resumed"


async def test_the_shards_of_a_dead_process_are_taken_over_within_10_seconds(world: World) -> None:
    first, second = await world.start("a"), await world.start("b")
    await world.go_on(3 * RENEW_S)
    del world.processes["a"]
    await world.go_on(LEASE_S - 1)
    assert len(second.connected.open) == 3, "it may still be alive"
    with structlog.testing.capture_logs() as lines:
        await world.go_on(10 - LEASE_S + 1)
    assert second.connected.open == set(range(SHARDS))
    [taken] = [each for each in lines if each["event"] == "gateway.took_over"]
    assert (taken["shards"], taken["of"]) == (3, "a")
    assert taken["after"] >= LEASE_S
    assert first.connected.open, "it was killed: it closes nothing"


async def test_a_process_without_its_database_stays_connected_and_holds_nothing(world: World) -> None:
    only = await world.start("a")
    only.cut.is_lost = True
    await world.go_on(60)
    assert only.connected.open == {each for each in range(SHARDS) if only.keeper.keeps(each)} == set(range(SHARDS))
    assert (only.acts_for, only.keeper.is_ready) == (set(), False)
    only.cut.is_lost = False
    await only.turn()
    assert only.acts_for == only.connected.open == set(range(SHARDS))
    assert not only.connected.resumed, "no connection was lost"


async def test_a_process_that_slept_without_its_database_closes_and_resumes_once_it_is_back(world: World) -> None:
    only = await world.start("a")
    only.cut.is_lost = True
    await world.go_on(LEASE_S)
    only.is_paused = True
    world.clock.advance(AWAY_S)
    assert not any(map(only.keeper.keeps, range(SHARDS))), "what came meanwhile is dropped"
    only.is_paused = False
    await only.turn()
    assert (only.connected.open, only.connected.kept) == (set(), set(range(SHARDS)))
    only.cut.is_lost = False
    await only.turn()
    assert sorted(only.connected.resumed) == list(range(SHARDS))


async def test_all_keep_what_they_had_when_the_database_was_away_for_all(world: World) -> None:
    first, second = await world.start("a"), await world.start("b")
    await world.go_on(3 * RENEW_S)
    had = first.connected.open.copy()
    first.cut.is_lost = second.cut.is_lost = True
    await world.go_on(2 * LEASE_S)
    assert (first.connected.open, second.connected.open) == (had, set(range(SHARDS)) - had)
    first.cut.is_lost = False
    await first.turn()
    second.cut.is_lost = False
    await world.go_on(3 * RENEW_S)
    assert (first.acts_for, second.acts_for) == (had, set(range(SHARDS)) - had)
    assert first.connected.resumed == second.connected.resumed == []


async def test_a_process_that_lost_its_lease_to_another_resumes_nothing(world: World) -> None:
    first, second = await world.start("a"), await world.start("b")
    await world.go_on(3 * RENEW_S)
    first.cut.is_lost = True
    await world.go_on(30)
    assert second.connected.open == set(range(SHARDS))
    first.cut.is_lost = False
    await world.go_on(4 * RENEW_S)
    assert (len(first.connected.open), len(second.connected.open)) == (3, 3)
    assert not first.connected.resumed


async def test_a_paused_process_acts_on_nothing_once_it_wakes(world: World) -> None:
    first, second = await world.start("a"), await world.start("b")
    await world.go_on(3 * RENEW_S)
    first.is_paused = True
    await world.go_on(LEASE_S - MARGIN_S)
    assert first.connected.open
    assert first.acts_for == set(), "it has done nothing yet, and nothing that comes is handed on"
    await world.go_on(15)
    assert second.connected.open == set(range(SHARDS))
    first.is_paused = False
    await first.turn()
    world.check()


async def test_a_machine_that_slept_is_noticed_by_its_wall_clock(world: World) -> None:
    only = await world.start("a")
    only.clock.step(LEASE_S)
    assert only.acts_for == set()


async def test_a_renewal_that_is_answered_too_late_is_not_believed(world: World) -> None:
    only = await world.start("a")
    keep = only.cut.keep

    async def slow(process: str, *, is_back: bool) -> HeldShards:
        held = await keep(process, is_back=is_back)
        world.clock.advance(LEASE_S)
        return held

    only.cut.keep = slow  # type: ignore[method-assign]
    await only.turn()
    assert only.connected.open == set()
    assert only.connected.kept == set(range(SHARDS))


async def test_an_answer_that_comes_as_the_lease_ends_closes_nothing(world: World) -> None:
    only = await world.start("a")
    held = await only.cut.keep("a", is_back=False)

    async def at_once(_process: str, *, is_back: bool) -> HeldShards:
        return held

    only.cut.keep = at_once  # type: ignore[method-assign]
    world.clock.advance(LEASE_S - MARGIN_S)
    await only.turn()
    assert only.acts_for == set(range(SHARDS))
    assert only.connected.resumed == []


async def test_a_renewal_that_hangs_keeps_the_shards_of_a_process_that_is_awake(world: World) -> None:
    only = await world.start("a")
    hangs = asyncio.Event()

    async def hanging(process: str, *, is_back: bool) -> HeldShards:
        await hangs.wait()
        return await world.store.rows(Fleet).keep(process, is_back=is_back)

    only.cut.keep = hanging  # type: ignore[method-assign]
    turn = asyncio.create_task(only.turn())
    for _ in range(40):
        world.clock.advance(1)
        await asyncio.sleep(0.01)
    assert (only.connected.open, only.acts_for) == (set(range(SHARDS)), set())
    world.clock.advance(AWAY_S)  # it slept
    await asyncio.sleep(0.01)
    assert only.connected.open == set()
    hangs.set()
    await turn


async def test_a_process_that_stops_leaves_its_shards_to_others_at_once(world: World) -> None:
    first, second = await world.start("a"), await world.start("b")
    await world.go_on(3 * RENEW_S)
    await first.keeper.stop()
    assert (first.connected.open, first.connected.kept) == (set(), set())
    del world.processes["a"]
    await second.turn()
    assert second.connected.open == set(range(SHARDS))


async def test_a_process_that_stops_keeps_nothing_that_a_renewal_on_its_way_gives_it(world: World) -> None:
    first = await world.start("a")
    keep = first.cut.keep

    async def slow(process: str, *, is_back: bool) -> HeldShards:
        held = await keep(process, is_back=is_back)
        await first.keeper.stop()
        return held

    first.cut.keep = slow  # type: ignore[method-assign]
    await asyncio.wait_for(first.keeper.run(), 10)
    assert (first.connected.open, first.acts_for) == (set(), set())


async def test_another_number_of_shards_ends_a_process(world: World) -> None:
    first = await world.start("a")
    first.is_paused = True
    world.clock.advance(LEASE_S)
    assert await world.store.rows(Fleet).join("b", wanted=SHARDS + 2, recommended=1) == SHARDS + 2
    with pytest.raises(StartError, match="runs with 8 shards, and this process would with 6"):
        await first.keeper.turn()


async def test_what_is_given_up_first_is_not_connected_yet(world: World) -> None:
    first = await world.start("a")
    first.connected.is_shard_ready = lambda shard_id: shard_id >= 3  # type: ignore[method-assign]
    await world.start("b")
    await first.turn()
    assert first.connected.open == {3, 4, 5}


ACT = st.sampled_from(("turn", "turn", "turn", "pause", "wake", "cut", "mend", "kill", "start", "stop"))
STEPS = st.lists(st.tuples(st.sampled_from("abc"), ACT, st.floats(0, 12)), max_size=60)


@pytest.mark.long
@given(STEPS)
def test_whatever_happens_no_shard_is_two_processes_and_all_become_even(steps: list[tuple[str, str, float]]) -> None:
    async def play() -> None:
        clock = ManualClock()
        with tempfile.TemporaryDirectory() as folder:
            store = await Store.open(Path(folder) / "bot.db", clock=clock)
            world, lives = World(store, clock), 0
            try:
                for name, act, pause_s in steps:
                    lives += 1
                    await perform(world, name, act, f"{name}{lives}")
                    world.check()
                    await world.check_rows()
                    clock.advance(pause_s)
                    world.check()
                    await world.check_rows()
                for process in world.processes.values():
                    process.is_paused = process.cut.is_lost = False
                await world.go_on(30 + 4 * RENEW_S)
                sizes = [len(each.connected.open) for each in world.processes.values()]
                assert not sizes or (sum(sizes) == SHARDS and max(sizes) - min(sizes) <= 1)
            finally:
                await store.close()

    asyncio.run(play())


async def perform(world: World, name: str, act: str, new_name: str) -> None:
    """Let something happen to the process of this letter."""
    process = next((each for each in world.processes.values() if each.name[0] == name), None)
    if process is None:
        if act == "start":
            await world.start(new_name, off_s=1000.0 * (ord(name) - ord("b")))
        return
    match act:
        case "turn":
            await process.turn()
        case "pause" | "wake":
            process.is_paused = act == "pause"
        case "cut" | "mend":
            process.cut.is_lost = act == "cut"
        case "kill":
            del world.processes[process.name]
        case "stop":
            await process.keeper.stop()
            del world.processes[process.name]
