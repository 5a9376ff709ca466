"""Processes of a fleet on one database: no shard is ever two processes', and each is soon somebody's."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import StartError, StoreError
from bot.fleet.postgresql.shard_locks import SILENCE_S, HeldShards, claims
from bot.fleet.shard_keeper import AWAY_S, MARGIN_S, ShardKeeper
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


class Server:
    """PostgreSQL's part: sessions that end once they are silent, and their locks with them."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock, self.count = clock, 0
        self.heard: dict[int, float] = {}
        """When each living session was heard last."""
        self.members: dict[int, set[int]] = {}
        self._numbers = itertools.count(1)

    def begin(self) -> int:
        session = next(self._numbers)
        self.heard[session] = self.clock.monotonic()
        return session

    def end(self, session: int) -> None:
        self.heard.pop(session, None)
        self.members.pop(session, None)

    def end_silent(self) -> None:
        for session, at in list(self.heard.items()):
            if self.clock.monotonic() - at >= SILENCE_S:
                self.end(session)


class Cut:
    """A process's session, which may be cut off."""

    def __init__(self, server: Server) -> None:
        self.server, self.own = server, server.begin()
        self.is_lost = False

    @property
    def session(self) -> int:
        return self.own if self.own in self.server.heard else 0

    @property
    def is_away(self) -> bool:
        return self.is_lost

    def _hear(self) -> None:
        self.server.end_silent()
        if self.is_lost:
            raise StoreError("The database can't be reached.")
        if not self.session:
            self.own = self.server.begin()
        self.server.heard[self.own] = self.server.clock.monotonic()

    async def keep(self, own: frozenset[int], shard_count: int, *, among: int) -> HeldShards:
        self._hear()
        members = self.server.members
        if self.own not in members:
            shard_count = self.server.count = self.server.count if members else shard_count
            members[self.own] = set()
        claimed, surplus = claims(members, shard_count, me=self.own, own=own, among=among)
        members[self.own].update(claimed)
        return HeldShards(
            ids=frozenset(members[self.own]), surplus=surplus, shard_count=shard_count, processes=len(members),
            session=self.own,
        )  # fmt: skip

    async def release(self, shard_ids: frozenset[int]) -> None:
        self._hear()
        self.server.members[self.own] -= shard_ids

    async def leave(self) -> None:
        self._hear()
        self.server.members.pop(self.own, None)


class Process:
    """One process of the fleet; it may be paused, cut off from the database, or killed."""

    def __init__(self, name: str, server: Server, true: ManualClock, off_s: float) -> None:
        self.name = name
        self.connected, self.cut = Connected(), Cut(server)
        self.clock = OwnClock(true, off_s)
        self.is_paused = False
        self.keeper = ShardKeeper(self.cut, self.connected, shard_count=SHARDS, clock=self.clock)

    @property
    def acts_for(self) -> set[int]:
        """The shards that it would act for now: what is connected, and not known to be lost."""
        return {shard_id for shard_id in self.connected.open if self.keeper.holds(shard_id)}

    async def turn(self) -> None:
        if not self.is_paused:
            await self.keeper.turn()


class World:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.server = Server(self.clock)
        self.processes: dict[str, Process] = {}

    async def start(self, name: str, off_s: float = 0.0) -> Process:
        self.processes[name] = Process(name, self.server, self.clock, off_s)
        await self.processes[name].turn()
        return self.processes[name]

    def kill(self, name: str) -> None:
        """Its sockets are closed at once."""
        self.server.end(self.processes.pop(name).cut.own)

    def check(self) -> None:
        """No shard is acted for by two, and none by a process without its lock."""
        claimed = [shard_id for each in self.processes.values() for shard_id in each.acts_for]
        assert len(claimed) == len(set(claimed))
        self.server.end_silent()
        for each in self.processes.values():
            assert each.acts_for <= self.server.members.get(each.cut.own, set())

    async def go_on(self, seconds: float, *, step_s: float = 1.0) -> None:
        """Let time pass; every process takes its turns as they are due."""
        passed = 0.0
        while passed < seconds:
            self.clock.advance(step_s)
            passed += step_s
            self.check()
            for process in self.processes.values():
                await process.turn()
                self.check()


@pytest.fixture
def world() -> World:
    return World()


async def test_a_process_connects_what_it_holds_and_gives_half_to_one_that_joins(world: World) -> None:
    first = await world.start("a")
    assert first.connected.open == set(range(SHARDS))
    second = await world.start("b", off_s=-3600)
    await world.go_on(3)
    assert (len(first.connected.open), len(second.connected.open)) == (3, 3)
    assert first.connected.open | second.connected.open == set(range(SHARDS))
    assert not first.connected.kept, "what was given up is not resumed"


async def test_the_shards_of_a_dead_process_are_taken_at_once_of_a_silent_one_within_10_seconds(world: World) -> None:
    first, second, third = await world.start("a"), await world.start("b"), await world.start("c")
    await world.go_on(3)
    world.kill("a")
    await world.go_on(1)
    assert len(second.connected.open) == 3
    assert first.connected.open, "it was killed: it closes nothing"
    third.is_paused = True
    await world.go_on(SILENCE_S - 2)
    assert len(second.connected.open) == 3, "it may still be alive"
    await world.go_on(4)
    assert second.connected.open == set(range(SHARDS))


async def test_a_process_that_wakes_takes_at_once_what_others_give_it(world: World) -> None:
    first, second = await world.start("a"), await world.start("b")
    await world.go_on(3)
    second.is_paused = True
    await world.go_on(SILENCE_S + 2)
    second.is_paused = False
    await world.go_on(3)
    assert (len(first.connected.open), len(second.connected.open)) == (3, 3)


async def test_a_session_that_is_ended_costs_no_connection_if_its_shards_are_still_free(world: World) -> None:
    only = await world.start("a")
    world.server.end(only.cut.own)
    assert only.acts_for == set()
    assert all(map(only.keeper.keeps, range(SHARDS)))
    await only.turn()
    assert only.acts_for == only.connected.open == set(range(SHARDS))
    assert not only.connected.resumed


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
    await world.go_on(SILENCE_S)
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
    await world.go_on(3)
    had = first.connected.open.copy()
    first.cut.is_lost = second.cut.is_lost = True
    await world.go_on(2 * SILENCE_S)
    assert (first.connected.open, second.connected.open) == (had, set(range(SHARDS)) - had)
    first.cut.is_lost = False
    await first.turn()
    second.cut.is_lost = False
    await world.go_on(3)
    assert (first.acts_for, second.acts_for) == (had, set(range(SHARDS)) - had)
    assert first.connected.resumed == second.connected.resumed == []


async def test_a_process_that_lost_its_locks_to_another_resumes_nothing(world: World) -> None:
    first, second = await world.start("a"), await world.start("b")
    await world.go_on(3)
    first.cut.is_lost = True
    await world.go_on(30)
    assert second.connected.open == set(range(SHARDS))
    first.cut.is_lost = False
    await world.go_on(14)
    assert (len(first.connected.open), len(second.connected.open)) == (3, 3)
    assert not first.connected.resumed


async def test_a_paused_process_acts_on_nothing_once_it_wakes(world: World) -> None:
    first, second = await world.start("a"), await world.start("b")
    await world.go_on(3)
    first.is_paused = True
    await world.go_on(SILENCE_S - MARGIN_S)
    assert first.connected.open
    assert first.acts_for == set(), "it has done nothing yet, and nothing that comes is handed on"
    await world.go_on(15)
    assert second.connected.open == set(range(SHARDS))
    first.is_paused = False
    await first.turn()
    world.check()


async def test_a_machine_that_slept_is_noticed_by_its_wall_clock(world: World) -> None:
    only = await world.start("a")
    only.clock.step(SILENCE_S)
    assert only.acts_for == set()


async def test_an_answer_that_comes_too_late_is_not_believed(world: World) -> None:
    only = await world.start("a")
    keep = only.cut.keep

    async def slow(own: frozenset[int], shard_count: int, *, among: int) -> HeldShards:
        held = await keep(own, shard_count, among=among)
        world.clock.advance(SILENCE_S)
        return held

    only.cut.keep = slow  # type: ignore[method-assign]
    await only.turn()
    assert only.connected.open == set()
    assert only.connected.kept == set(range(SHARDS))


async def test_an_answer_that_comes_as_the_session_ends_closes_nothing(world: World) -> None:
    only = await world.start("a")
    held = await only.cut.keep(frozenset(range(SHARDS)), SHARDS, among=1)

    async def at_once(_own: frozenset[int], _shard_count: int, *, among: int) -> HeldShards:
        return held

    only.cut.keep = at_once  # type: ignore[method-assign]
    world.clock.advance(SILENCE_S - MARGIN_S)
    await only.turn()
    assert only.acts_for == set(range(SHARDS))
    assert only.connected.resumed == []


async def test_a_statement_that_hangs_keeps_no_shards_past_the_silence_of_its_session(world: World) -> None:
    only = await world.start("a")
    hangs, keep = asyncio.Event(), only.cut.keep

    async def hanging(own: frozenset[int], shard_count: int, *, among: int) -> HeldShards:
        await hangs.wait()
        return await keep(own, shard_count, among=among)

    only.cut.keep = hanging  # type: ignore[method-assign]
    turn = asyncio.create_task(only.turn())
    for _ in range(int(SILENCE_S - MARGIN_S)):
        assert only.connected.open == set(range(SHARDS))
        world.clock.advance(1)
        await asyncio.sleep(0.01)
    assert (only.connected.open, only.acts_for) == (set(), set())
    hangs.set()
    await turn


async def test_a_process_that_stops_leaves_its_shards_to_others_at_once(world: World) -> None:
    first, second = await world.start("a"), await world.start("b")
    await world.go_on(3)
    await first.keeper.stop()
    assert (first.connected.open, first.connected.kept) == (set(), set())
    del world.processes["a"]
    await second.turn()
    assert second.connected.open == set(range(SHARDS))


async def test_a_process_that_stops_keeps_nothing_that_an_answer_on_its_way_gives_it(world: World) -> None:
    first = await world.start("a")
    keep = first.cut.keep

    async def slow(own: frozenset[int], shard_count: int, *, among: int) -> HeldShards:
        held = await keep(own, shard_count, among=among)
        await first.keeper.stop()
        return held

    first.cut.keep = slow  # type: ignore[method-assign]
    await asyncio.wait_for(first.keeper.run(), 10)
    assert (first.connected.open, first.acts_for) == (set(), set())


async def test_another_number_of_shards_ends_a_process(world: World) -> None:
    first = await world.start("a")
    world.server.end(first.cut.own)
    await Cut(world.server).keep(frozenset(), SHARDS + 2, among=1)
    with pytest.raises(StartError, match="runs with 8 shards, and this process would with 6"):
        await first.keeper.turn()


async def test_each_has_an_equal_part_of_discords_calls_and_without_the_database_next_to_none(world: World) -> None:
    first = await world.start("a")
    assert first.keeper.part_of(47) == 47
    await world.start("b")
    await world.go_on(1)
    assert (first.keeper.part_of(47), first.keeper.part_of(1)) == (23, 1)
    first.cut.is_lost = True
    await world.go_on(SILENCE_S)
    assert first.keeper.part_of(47) == 1


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
        world = World()
        for life, (name, act, pause_s) in enumerate(steps):
            await perform(world, name, act, f"{name}{life}")
            world.check()
            world.clock.advance(pause_s)
            world.check()
        for process in world.processes.values():
            process.is_paused = process.cut.is_lost = False
        await world.go_on(44)
        sizes = [len(each.connected.open) for each in world.processes.values()]
        assert not sizes or (sum(sizes) == SHARDS and max(sizes) - min(sizes) <= 1)

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
            world.kill(process.name)
        case "stop":
            await process.keeper.stop()
            world.kill(process.name)
