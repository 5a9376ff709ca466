"""Budgets of calls that processes share: three stores on one file are three processes."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.shards import fair_share
from bot.fleet.rows import IN_USE_S, SHARE_S, RateBudgets
from bot.store import Store
from tests.store.conftest import HandClock

Open = Callable[..., Awaitable[Store]]
TOTAL = 45
BUDGET = "discord"


@given(st.lists(st.floats(0, 500), min_size=1, max_size=TOTAL), st.integers(TOTAL, 60))
def test_fair_shares_use_the_budget_and_nobody_lacks_what_another_has_to_spare(wants: list[float], total: int):
    wanted = {f"p{number}": want for number, want in enumerate(wants)}
    shares = {name: fair_share(wanted, name, total) for name in wanted}
    assert sum(shares.values()) <= total
    assert min(shares.values()) >= 1
    short = [name for name, want in wanted.items() if shares[name] < want]
    assert all(shares[name] >= max(shares.values()) - 1 for name in short), "who lacks has as much as anybody"
    if short:
        assert sum(shares.values()) > total - len(wants), "and nothing is left over"


async def test_a_busy_process_gets_what_an_idle_one_does_not_use(open_store: Open, clock: Any) -> None:
    first, second = await open_store(), await open_store()
    assert await first.rows(RateBudgets).acquire(BUDGET, "a", wanted=0, total=TOTAL) == 2
    assert await second.rows(RateBudgets).acquire(BUDGET, "b", wanted=500, total=TOTAL) == TOTAL - 2


async def test_what_one_gives_up_another_gets_when_it_can_no_longer_be_in_use(open_store: Open, clock: Any) -> None:
    first, second = await open_store(), await open_store()
    assert await first.rows(RateBudgets).acquire(BUDGET, "a", wanted=500, total=TOTAL) == TOTAL
    assert await second.rows(RateBudgets).acquire(BUDGET, "b", wanted=500, total=TOTAL) == 0
    assert await first.rows(RateBudgets).acquire(BUDGET, "a", wanted=500, total=TOTAL) == 22
    assert await second.rows(RateBudgets).acquire(BUDGET, "b", wanted=500, total=TOTAL) == 0
    clock.now += IN_USE_S
    assert await second.rows(RateBudgets).acquire(BUDGET, "b", wanted=500, total=TOTAL) == 23


async def test_the_part_of_a_dead_process_is_free_again(open_store: Open, clock: Any) -> None:
    first, second = await open_store(), await open_store()
    await first.rows(RateBudgets).acquire(BUDGET, "a", wanted=500, total=TOTAL)
    clock.now += SHARE_S
    assert await second.rows(RateBudgets).acquire(BUDGET, "b", wanted=500, total=TOTAL) == 0, (
        "its last calls are not long ago"
    )
    clock.now += IN_USE_S
    assert await second.rows(RateBudgets).acquire(BUDGET, "b", wanted=500, total=TOTAL) == TOTAL


async def test_a_process_that_ends_gives_its_part_up_soon(store: Store, clock: Any) -> None:
    await store.rows(RateBudgets).acquire(BUDGET, "a", wanted=500, total=TOTAL)
    await store.rows(RateBudgets).give_up(BUDGET, "a")
    clock.now += IN_USE_S
    assert await store.rows(RateBudgets).acquire(BUDGET, "b", wanted=500, total=TOTAL) == TOTAL


async def test_budgets_are_apart(store: Store) -> None:
    assert await store.rows(RateBudgets).acquire(BUDGET, "a", wanted=500, total=TOTAL) == TOTAL
    assert await store.rows(RateBudgets).acquire("other", "b", wanted=500, total=TOTAL) == TOTAL


STEP = st.tuples(st.sampled_from("abc"), st.sampled_from((0.0, 3.0, 20.0, 500.0)), st.floats(0, 5))


@given(st.lists(STEP, max_size=25))
def test_what_all_may_make_never_exceeds_the_budget(steps: list[tuple[str, float, float]]):
    async def play() -> None:
        clock = HandClock()
        with tempfile.TemporaryDirectory() as folder:
            store = await Store.open(Path(folder) / "bot.db", clock=clock)
            parts: dict[str, list[tuple[float, int]]] = {name: [] for name in "abc"}
            try:
                for name, wanted, pause_s in steps:
                    parts[name].append(
                        (clock.now, await store.rows(RateBudgets).acquire(BUDGET, name, wanted=wanted, total=TOTAL))
                    )
                    # Whatever a process was granted and may still use, or has used in the last moments.
                    assert sum(most_in_use(parts[each], clock.now) for each in parts) <= TOTAL
                    clock.now += pause_s
            finally:
                await store.close()

    asyncio.run(play())


def most_in_use(granted: list[tuple[float, int]], now: float) -> int:
    """The largest part that was a process's at some time in the last moments, from what it was told and when."""
    most = 0
    for place, (at, calls) in enumerate(granted):
        until = granted[place + 1][0] if place + 1 < len(granted) else at + SHARE_S
        if min(until, at + SHARE_S) + IN_USE_S > now:
            most = max(most, calls)
    return most
