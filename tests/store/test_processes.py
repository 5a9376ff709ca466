"""The bot's processes on one database: what each follows, and who takes it over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from bot.jobs.follow.claims import LeaseKeeper
from bot.runtime.process import ProcessIdentity
from bot.store import Store
from bot.store.processes import BACK_S, SHARED_LEASE_S
from tests.support.claims import claimed_by

Open = Callable[..., Awaitable[Store]]


async def started(open_store: Open, name: str) -> Store:
    store = await open_store()
    store.name_process(name)
    return store


async def test_what_the_dead_had_is_taken_over_under_their_name(open_store: Open, accepted: Any, clock: Any):
    first, second = await started(open_store, "w1"), await started(open_store, "w2")
    await accepted(first)
    await first.leases.hold("p1", 20)
    await claimed_by(first, "p1")
    await second.leases.hold("p2", 60)
    clock.now += 21
    assert (await second.leases.hold("p2", 60)).may_take_over
    [taken] = await second.leases.take_over("p2")
    assert (taken.process, taken.jobs, taken.silent_s) == ("w1", 1, 21.0)
    assert not (await second.leases.hold("p2", 60)).may_take_over


def test_an_identity_names_its_host():
    own = ProcessIdentity.of()
    assert own.name.endswith(f"@{own.host}")
    assert own.name != ProcessIdentity.of().name
    assert own.facts == {"process": own.name, "version": own.version}


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
