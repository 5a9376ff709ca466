"""Which results members have reported: once each, not too many, and dismissed once."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.store import ReportOutcome, Store

GUILD = 700


async def add(store: Store, job_id: str, member_id: int, most: int = 9) -> ReportOutcome:
    return await store.questions.report(GUILD, job_id, member_id, most_a_day=most, record=lambda _: None)


async def test_of_two_reports_at_once_one_is_taken(store: Store, accepted: Any) -> None:
    _, (job,) = await accepted(store)
    outcomes = await asyncio.gather(*(add(store, job.id, 7) for _ in range(2)))
    assert sorted(outcomes) == [ReportOutcome.BEFORE, ReportOutcome.TAKEN]
    assert await store.questions.is_reported(GUILD, job.id, 7)
    assert not await store.questions.is_reported(GUILD, job.id, 8)


async def test_a_member_reports_as_many_within_a_day_as_they_may(store: Store, accepted: Any, clock: Any) -> None:
    (_, (one,)), (_, (two,)) = await accepted(store), await accepted(store)
    assert await add(store, one.id, 7, most=1) is ReportOutcome.TAKEN
    assert await add(store, two.id, 7, most=1) is ReportOutcome.TOO_MANY
    assert await add(store, two.id, 8, most=1) is ReportOutcome.TAKEN
    clock.now += 24 * 3600 + 1
    assert await add(store, two.id, 7, most=1) is ReportOutcome.TAKEN


async def test_all_open_reports_of_a_result_are_dismissed_once(store: Store, accepted: Any) -> None:
    _, (job,) = await accepted(store)
    for member_id in (7, 8):
        await add(store, job.id, member_id)
    done = [await store.questions.dismiss(GUILD, job.id, by_id=1, record=lambda _: None) for _ in range(2)]
    assert done == [True, False]
