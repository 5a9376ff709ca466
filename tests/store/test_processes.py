"""The list of the bot's processes: who runs, what each has, who led and who died."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import structlog

from bot.fleet.rows import Leaders
from bot.jobs.follow.claims import LeaseKeeper
from bot.runtime.process import ProcessIdentity
from bot.store import Store
from bot.store.processes import BACK_S, KEPT_S, SHARED_LEASE_S, SILENT_S, ListedProcess, ProcessState, processes_in
from tests.support.claims import claimed_by

Open = Callable[..., Awaitable[Store]]


async def listed(store: Store) -> tuple[ListedProcess, ...]:
    database = store.processes._database
    return await database.read(lambda db: processes_in(db, database.now(db)))


def identity(name: str, role: str = "worker", version: str = "1.0") -> ProcessIdentity:
    return ProcessIdentity(name=name, host="box", pid=7, role=role, version=version, revision="abc")


async def started(open_store: Open, name: str, *, is_only: bool = False, **facts: str) -> Store:
    store = await open_store()
    await store.processes.register(identity(name, **facts), is_only=is_only)
    return store


async def states(store: Store) -> dict[str, str]:
    return {each.name: each.state.value for each in await listed(store)}


async def test_each_process_is_listed_with_what_it_has(open_store: Open, accepted: Any, clock: Any):
    first = await started(open_store, "w1")
    await started(open_store, "g1", role="gateway", version="2.0")
    await accepted(first)
    await accepted(first)
    await first.leases.hold("lease", 60)
    await claimed_by(first, "lease")
    clock.now += 20
    await first.probe()
    [gateway, worker] = await listed(first)
    assert (gateway.name, gateway.role, gateway.version, gateway.jobs) == ("g1", "gateway", "2.0", 0)
    assert (worker.name, worker.host, worker.pid, worker.revision, worker.jobs) == ("w1", "box", 7, "abc", 2)
    assert (worker.silent_s, gateway.silent_s) == (0.0, 20.0)
    assert worker.is_alive


async def test_one_that_gives_no_sign_is_silent_and_one_that_comes_back_runs(open_store: Open, clock: Any):
    first, second = await started(open_store, "w1"), await started(open_store, "w2")
    clock.now += SILENT_S
    await second.probe()
    assert await states(second) == {"w1": "silent", "w2": "running"}
    await first.probe()
    assert await states(second) == {"w1": "running", "w2": "running"}


async def test_a_renewed_lease_is_a_sign_of_life(open_store: Open, clock: Any):
    first = await started(open_store, "w1")
    clock.now += SILENT_S
    await first.leases.hold("lease", 60)
    [process] = await listed(first)
    assert (process.state, process.silent_s) == (ProcessState.RUNNING, 0.0)


async def test_who_is_taken_over_has_died_and_lives_again_at_its_next_beat(open_store: Open, accepted: Any, clock: Any):
    first, second = await started(open_store, "w1"), await started(open_store, "w2")
    await accepted(first)
    await first.leases.hold("p1", 20)
    await claimed_by(first, "p1")
    await second.leases.hold("p2", 60)
    clock.now += 21
    assert (await second.leases.hold("p2", 60)).may_take_over
    [taken] = await second.leases.take_over("p2")
    assert (taken.process, taken.jobs, taken.silent_s) == ("w1", 1, 21.0)
    [dead] = [each.taken_over for each in await listed(second) if each.name == "w1"]
    assert dead is not None
    assert (dead.by, dead.after_s, dead.jobs, dead.shards) == ("w2", 21.0, 1, 0)
    assert await states(second) == {"w1": "died", "w2": "running"}
    assert not (await second.leases.hold("p2", 60)).may_take_over
    await first.probe()
    assert await states(second) == {"w1": "running", "w2": "running"}


async def test_who_closes_has_stopped_and_is_forgotten_in_an_hour(open_store: Open, clock: Any):
    first, second = await started(open_store, "w1"), await started(open_store, "w2")
    await first.close()
    assert await states(second) == {"w1": "stopped", "w2": "running"}
    clock.now += KEPT_S
    await second.probe()
    assert await states(second) == {"w2": "running"}


async def test_a_new_leader_learns_from_whom_it_takes_over(open_store: Open, clock: Any):
    first, second = await started(open_store, "w1"), await started(open_store, "w2")
    assert await first.rows(Leaders).lead() is None
    clock.now += 12
    former = await second.rows(Leaders).lead()
    assert former is not None
    assert (former.name, former.silent_s) == ("w1", 12.0)
    assert [each.name for each in await listed(second) if each.is_leader] == ["w2"]
    await second.close()
    assert await first.rows(Leaders).lead() is None, "it had stopped"


async def test_the_only_process_leads_and_what_ran_before_is_dead(open_store: Open, clock: Any):
    await started(open_store, "all1", is_only=True)
    store = await started(open_store, "all2", is_only=True)
    assert await states(store) == {"all2": "running", "all1": "died"}
    assert [each.name for each in await listed(store) if each.is_leader] == ["all2"]


def test_an_identity_names_its_role_and_host():
    own = ProcessIdentity.of("worker")
    assert own.name.startswith("worker-")
    assert own.name.endswith(f"@{own.host}")
    assert own.name != ProcessIdentity.of("worker").name
    assert own.facts == {"process": own.name, "role": "worker", "version": own.version}
    assert replace(own, role="gateway").facts["role"] == "gateway"


async def test_one_that_was_away_takes_nothing_over_at_first(open_store: Open, accepted: Any, clock: Any):
    """The database may have been away for all: then each has to find its own jobs again."""
    first, second = await started(open_store, "w1"), await started(open_store, "w2")
    await accepted(first)
    await first.leases.hold("p1", 20)
    await claimed_by(first, "p1")
    own = LeaseKeeper(second, clock)
    await own.renew("p2")
    clock.now += 100
    await own.renew("p2")
    assert not await own.take_over("p2")
    assert (await first.leases.hold("p1", 1)).existed, "it has come back as well"
    for _ in range(int(BACK_S)):
        clock.now += 1
        await own.renew("p2")
    with structlog.testing.capture_logs() as lines:
        assert await own.take_over("p2")
    assert [(each["event"], each["jobs"], each["of"], each["after"]) for each in lines] == [
        ("worker.took_over", 1, "w1", BACK_S)
    ]


async def test_of_two_that_were_cut_off_together_none_takes_the_other_over(open_store: Open, accepted: Any, clock: Any):
    """The other's lease may end first, before it gets to renew it."""
    first, second = await started(open_store, "w1"), await started(open_store, "w2")
    other, own = (LeaseKeeper(each, clock, lease_s=SHARED_LEASE_S) for each in (first, second))
    await other.renew("p1")
    clock.now += 1
    await own.renew("p2")
    clock.now += SHARED_LEASE_S - 1
    await own.renew("p2")
    assert own._may_take_over
    assert not await own.take_over("p2")
    assert await other.renew("p1")


async def test_a_process_looks_again_when_anothers_lease_ends(open_store: Open, accepted: Any, clock: Any):
    first, second = await started(open_store, "w1"), await started(open_store, "w2")
    await first.leases.hold("p1", 8)
    clock.now += 7
    looks_s = (await second.leases.hold("p2", 8)).next_look_s
    assert looks_s is not None
    assert 1 < looks_s < 1.5
    clock.now += looks_s
    renewal = await second.leases.hold("p2", 8)
    assert (renewal.may_take_over, renewal.next_look_s) == (True, None)
