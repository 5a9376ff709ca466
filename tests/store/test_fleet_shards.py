"""When a shard of a fleet may identify: two stores on one file are two processes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.domain.shards import DAY_S, StartLimitReport
from bot.fleet.rows import SPACING_S, SessionStarts
from bot.store import Store

Open = Callable[..., Awaitable[Store]]
SHARDS = 8


async def note(store: Store, *, remaining: int = 1000, concurrency: int = 1, reset_after_s: float = DAY_S) -> None:
    await store.rows(SessionStarts).note_limit(
        StartLimitReport(
            total=1000, remaining=remaining, reset_after_s=reset_after_s, max_concurrency=concurrency, age_s=0.5
        )
    )


async def reserved(store: Store, shard_id: int) -> float:
    turn = await store.rows(SessionStarts).reserve_identify(shard_id, SHARDS, at_most_s=30.0)
    assert turn.is_reserved
    return turn.wait_s


async def test_identifies_of_a_bucket_are_apart_over_all_processes(open_store: Open) -> None:
    first, second = await open_store(), await open_store()
    await note(first, concurrency=2)
    evens = [(first, 0), (first, 2), (second, 4), (second, 6)]
    assert [await reserved(*each) for each in evens] == pytest.approx([SPACING_S * number for number in range(4)])
    assert await second.rows(SessionStarts).identify_wait_s(0, SHARDS) == pytest.approx(4 * SPACING_S)
    assert await reserved(first, 1) == 0, "the other bucket is free"


async def test_a_time_that_is_far_away_is_not_reserved(store: Store) -> None:
    for _ in range(2):
        await reserved(store, 0)
    turn = await store.rows(SessionStarts).reserve_identify(0, SHARDS, at_most_s=SPACING_S)
    assert (turn.is_reserved, turn.wait_s, turn.left) == (False, 2 * SPACING_S, 998)


async def test_a_tenth_of_the_days_identifies_is_left_alone(store: Store, clock: Any) -> None:
    starts = store.rows(SessionStarts)
    await note(store, remaining=102, reset_after_s=3600)
    await reserved(store, 0)
    assert await starts.identifies_left() == 101
    await reserved(store, 1)
    assert await starts.identifies_left() == 100
    assert await starts.identify_wait_s(2, SHARDS) == 3600, "the rest is left until Discord counts from zero again"
    clock.now += 3600
    assert await reserved(store, 2) == 0
    assert await starts.identifies_left() == 999


async def test_what_discord_has_counted_itself_is_not_counted_twice(store: Store, clock: Any) -> None:
    await reserved(store, 0)
    clock.now += 10
    await note(store, remaining=700)
    assert await store.rows(SessionStarts).identifies_left() == 700
