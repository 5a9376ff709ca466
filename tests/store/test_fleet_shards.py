"""Which process of a fleet holds which shard, and when one may identify: two stores on one file are two processes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.domain.shards import DAY_S, StartLimitReport
from bot.fleet.rows import SPACING_S, Fleet
from bot.store import Store
from bot.store.processes import SHARED_LEASE_S as LEASE_S

Open = Callable[..., Awaitable[Store]]


async def members(store: Store, *names: str, count: int = 8) -> None:
    for name in names:
        assert await store.rows(Fleet).join(name, wanted=None, recommended=count) == count


async def settle(store: Store, *names: str) -> dict[str, frozenset[int]]:
    """Let each process do what it is told until nothing changes; return what each holds."""
    held: dict[str, frozenset[int]] = {}
    for _ in range(4):
        for name in names:
            told = await store.rows(Fleet).keep(name)
            given = frozenset(sorted(told.ids)[: told.surplus])
            await store.rows(Fleet).release(name, given)
            held[name] = told.ids - given
    return held


async def test_one_process_gets_all_shards_and_two_half_each(open_store: Open) -> None:
    first, second = await open_store(), await open_store()
    await members(first, "a")
    assert (await first.rows(Fleet).keep("a")).ids == frozenset(range(8))
    await members(second, "b")
    assert (await second.rows(Fleet).keep("b")).ids == frozenset(), "nothing is taken from a living process"
    told = await first.rows(Fleet).keep("a")
    assert (told.surplus, told.gateways) == (4, 2)
    await first.rows(Fleet).release("a", {4, 5, 6, 7})
    assert (await second.rows(Fleet).keep("b")).ids == {4, 5, 6, 7}
    assert (await first.rows(Fleet).keep("a")).surplus == 0
    assert await first.rows(Fleet).holders() == {0: "a", 1: "a", 2: "a", 3: "a", 4: "b", 5: "b", 6: "b", 7: "b"}


@pytest.mark.parametrize(("processes", "shards"), [(3, 8), (3, 2), (5, 16), (2, 5), (4, 1)])
async def test_shares_become_even_and_then_nothing_moves(store: Store, processes: int, shards: int) -> None:
    names = [f"p{number}" for number in range(processes)]
    for number in range(1, processes + 1):
        await members(store, names[number - 1], count=shards)
        held = await settle(store, *names[:number])
        sizes = [len(ids) for ids in held.values()]
        assert sum(sizes) == shards
        assert max(sizes) - min(sizes) <= 1
        assert await settle(store, *names[:number]) == held
    await store.rows(Fleet).leave(names[0])
    held = await settle(store, *names[1:])
    assert sum(len(ids) for ids in held.values()) == shards


async def test_a_dead_process_loses_its_shards_once_its_lease_ends_and_not_before(open_store: Open, clock: Any) -> None:
    first, second = await open_store(), await open_store()
    await members(first, "a", "b")
    await settle(first, "a", "b")
    clock.now += LEASE_S - 1
    assert len((await second.rows(Fleet).keep("b")).ids) == 4
    clock.now += 1
    taken = await second.rows(Fleet).keep("b")
    assert taken.ids == frozenset(range(8))
    assert [(each.process, each.shards) for each in taken.taken_over] == [("a", 4)]
    assert taken.taken_over[0].silent_s == pytest.approx(LEASE_S, abs=1)
    assert (await second.rows(Fleet).keep("b")).taken_over == ()
    back = await first.rows(Fleet).keep("a")
    assert (back.was_lost, back.ids) == (True, frozenset())


async def test_a_lease_that_has_expired_can_be_renewed_if_nobody_was_first(store: Store, clock: Any) -> None:
    await members(store, "a")
    await store.rows(Fleet).keep("a")
    clock.now += 10 * LEASE_S
    assert await store.rows(Fleet).holders() == {}
    told = await store.rows(Fleet).keep("a")
    assert (told.was_lost, told.ids) == (False, frozenset(range(8)))


async def test_a_process_that_leaves_frees_its_shards_at_once(store: Store) -> None:
    await members(store, "a", "b")
    await settle(store, "a", "b")
    await store.rows(Fleet).leave("a")
    assert (await store.rows(Fleet).keep("b")).ids == frozenset(range(8))


async def test_only_ones_own_shards_are_released(store: Store) -> None:
    await members(store, "a", "b")
    await store.rows(Fleet).keep("a")
    await store.rows(Fleet).release("b", {0, 1, 2})
    assert set((await store.rows(Fleet).holders()).values()) == {"a"}
    assert len(await store.rows(Fleet).holders()) == 4


# ---------------------------------------------------------------------- how many


async def test_the_first_process_decides_how_many_shards_there_are(open_store: Open, clock: Any) -> None:
    first, second = await open_store(), await open_store()
    assert await first.rows(Fleet).join("a", wanted=None, recommended=4) == 4
    assert await second.rows(Fleet).join("b", wanted=None, recommended=9) == 4
    assert await second.rows(Fleet).join("c", wanted=6, recommended=9) == 4, "refused: others run with 4"
    assert (await second.rows(Fleet).keep("b")).gateways == 2, "who is refused is no member"
    clock.now += LEASE_S
    assert await second.rows(Fleet).join("c", wanted=6, recommended=9) == 6
    assert (await second.rows(Fleet).keep("c")).ids == frozenset(range(6))
    assert (await first.rows(Fleet).keep("a")).shard_count == 6, "and who comes back is told"
    assert await second.rows(Fleet).join("d", wanted=None, recommended=9) == 6


# ---------------------------------------------------------------------- identifies


async def note(store: Store, *, remaining: int = 1000, concurrency: int = 1, reset_after_s: float = DAY_S) -> None:
    await store.rows(Fleet).note_limit(
        StartLimitReport(
            total=1000, remaining=remaining, reset_after_s=reset_after_s, max_concurrency=concurrency, age_s=0.5
        )
    )


async def reserved(store: Store, process: str, shard_id: int) -> float:
    turn = await store.rows(Fleet).reserve_identify(process, shard_id, at_most_s=30.0)
    assert turn is not None
    assert turn.is_reserved
    return turn.wait_s


async def test_identifies_of_a_bucket_are_apart_over_all_processes(open_store: Open) -> None:
    first, second = await open_store(), await open_store()
    await members(first, "a", "b")
    held = await settle(first, "a", "b")
    await note(first, concurrency=2)
    ours, theirs = sorted(held["a"]), sorted(held["b"])
    evens = [(first, "a", each) for each in ours if each % 2 == 0] + [
        (second, "b", each) for each in theirs if each % 2 == 0
    ]
    assert [await reserved(*each) for each in evens] == pytest.approx([SPACING_S * number for number in range(4)])
    assert await second.rows(Fleet).identify_wait_s(evens[0][2]) == pytest.approx(4 * SPACING_S)
    odd = next(each for each in ours if each % 2)
    assert await reserved(first, "a", odd) == 0, "the other bucket is free"


async def test_who_does_not_hold_a_shard_must_not_identify_it(store: Store, clock: Any) -> None:
    await members(store, "a", "b")
    await store.rows(Fleet).keep("a")
    assert await store.rows(Fleet).reserve_identify("b", 0, at_most_s=30) is None
    clock.now += LEASE_S
    assert await store.rows(Fleet).reserve_identify("a", 0, at_most_s=30) is None, "the lease has expired"


async def test_a_time_that_is_far_away_is_not_reserved(store: Store) -> None:
    await members(store, "a")
    await store.rows(Fleet).keep("a")
    for _ in range(2):
        await reserved(store, "a", 0)
    turn = await store.rows(Fleet).reserve_identify("a", 0, at_most_s=SPACING_S)
    assert turn is not None
    assert (turn.is_reserved, turn.wait_s, turn.left) == (False, 2 * SPACING_S, 998)


async def test_a_tenth_of_the_days_identifies_is_left_alone(store: Store, clock: Any) -> None:
    await members(store, "a", count=16)
    await store.rows(Fleet).keep("a")
    await note(store, remaining=102, reset_after_s=3600)
    await reserved(store, "a", 0)
    assert await store.rows(Fleet).identifies_left() == 101
    await reserved(store, "a", 1)
    assert await store.rows(Fleet).identifies_left() == 100
    assert await store.rows(Fleet).identify_wait_s(2) == 3600, "the rest is left until Discord counts from zero again"
    clock.now += 3600
    await store.rows(Fleet).keep("a")
    assert await reserved(store, "a", 2) == 0
    assert await store.rows(Fleet).identifies_left() == 999


async def test_what_discord_has_counted_itself_is_not_counted_twice(store: Store, clock: Any) -> None:
    await members(store, "a")
    await store.rows(Fleet).keep("a")
    await reserved(store, "a", 0)
    clock.now += 10
    await note(store, remaining=700)
    assert await store.rows(Fleet).identifies_left() == 700
