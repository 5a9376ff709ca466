from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import Job, JobState, LedgerKind, Media, MediaKind
from bot.store import Store

IMAGE = Media(url="https://a/b.png", kind=MediaKind.IMAGE, key="image_url")
HOUR_S = 3600.0


async def given_up(store: Store, accepted: Any, **values: Any) -> Job:
    _, (job,) = await accepted(store, "10", **values)
    ended = await store.jobs.change(
        job,
        JobState.FAILED,
        release=True,
        recheck=True,
        remote_id=f"req_{job.id}",
        submitted_at=store.jobs._clock.wall(),
    )
    assert ended is not None
    return ended


async def kinds(store: Store, job: Job) -> dict[LedgerKind, Decimal]:
    return {row.kind: row.credits for row in await store.ledger.rows(job.guild_id) if row.job_id == job.id}


async def test_a_job_without_a_request_is_never_rechecked(store: Store, accepted: Any) -> None:
    _, (job,) = await accepted(store)
    ended = await store.jobs.change(job, JobState.FAILED, release=True, recheck=True)
    assert ended is not None
    assert ended.recheck_at is None


@pytest.mark.parametrize("to", [JobState.READY, JobState.DELIVERED, JobState.CANCELLED])
async def test_only_what_failed_or_expired_is_rechecked(store: Store, accepted: Any, to: JobState) -> None:
    _, (job,) = await accepted(store)
    with pytest.raises(ValueError, match="rechecked"):
        await store.jobs.change(job, to, recheck=True)


async def test_it_is_due_after_an_hour_and_after_what_it_is_postponed_to(
    store: Store, accepted: Any, clock: Any
) -> None:
    job = await given_up(store, accepted)
    assert await store.rechecks.due(clock.now, limit=9) == []
    clock.now += HOUR_S
    assert await store.rechecks.due(clock.now, limit=9) == [job]
    await store.rechecks.postpone(job, clock.now + 60, counts=True)
    assert await store.rechecks.due(clock.now, limit=9) == []
    [later] = await store.rechecks.due(clock.now + 60, limit=9)
    assert later.rechecks == 1
    await store.rechecks.postpone(job, None, counts=False)
    assert await store.rechecks.due(9e9, limit=9) == []


async def test_a_late_result_is_held_and_booked_once(store: Store, accepted: Any) -> None:
    job = await given_up(store, accepted)
    late = {"output": {"image_url": IMAGE.url}, "media": [IMAGE], "cost": Decimal(12), "sentence": "Late."}
    found = await store.rechecks.found(job, **late)
    assert found is not None
    assert (found.state, found.media, found.cost) == (JobState.HELD, (IMAGE,), 12)
    assert found.recheck_at is not None, "until it is posted"
    assert await kinds(store, job) == {LedgerKind.HOLD: 10, LedgerKind.RELEASE: 10, LedgerKind.ADJUST: 12}
    assert await store.rechecks.found(job, **late) is None
    assert await store.rechecks.billed(job, Decimal(12)) is None
    balance = await store.ledger.balance(job.guild_id)
    assert (balance.spent, balance.held) == (12, 0)
    assert await store.check() == []


async def test_a_late_result_without_a_told_cost_is_booked_as_what_was_last_reserved(
    store: Store, accepted: Any
) -> None:
    _, (job,) = await accepted(store, "10")
    sent = await store.jobs.change(job, JobState.PROCESSING, attempts=1, remote_id="req_1")
    assert sent is not None
    told = await store.jobs.raise_hold(sent, Decimal(30))
    assert told is not None
    late = {"release": True, "recheck": True, "submitted_at": store.jobs._clock.wall(), "cost": None}
    ended = await store.jobs.change(told.job, JobState.FAILED, **late)
    assert ended is not None
    assert await store.rechecks.found(ended, output={}, media=[IMAGE], cost=None, sentence="Late.") is not None
    assert (await kinds(store, job))[LedgerKind.ADJUST] == 30


async def test_what_was_billed_for_nothing_is_booked_and_not_polled_again(store: Store, accepted: Any) -> None:
    job = await given_up(store, accepted)
    booked = await store.rechecks.billed(job, Decimal(3))
    assert booked is not None
    assert (booked.state, booked.cost, booked.recheck_at) == (JobState.FAILED, 3, None)
    assert (await store.ledger.balance(job.guild_id)).spent == 3


async def test_an_adjusted_cost_counts_against_limits_and_in_reports(store: Store, accepted: Any, clock: Any) -> None:
    job = await given_up(store, accepted)
    await store.rechecks.billed(job, Decimal(3))
    spent = await store.spending.view(
        job.guild_id, job.author_id, lambda view: view.spent(0, member=True, operation="", channel_id=0)
    )
    assert spent == 3
    report = await store.reports.totals(job.guild_id, [(0.0, clock.now + 1)])
    assert (report.total, report.jobs) == (3, 1)


async def test_the_key_of_a_job_that_is_rechecked_is_kept(store: Store, accepted: Any, made: Any) -> None:
    key = (await store.keys.set(700, "cs_live_0123456789abcdef", set_by=1, status=made.status())).key
    job = await given_up(store, accepted, guild_id=700, key_id=key.id)
    await store.keys.remove(700)
    assert await store.keys.get(700, key.id) is not None
    await store.rechecks.postpone(job, None, counts=False)
    assert await store.keys.get(700, key.id) is None


async def test_what_is_erased_or_left_is_not_polled_any_more(store: Store, accepted: Any, made: Any) -> None:
    job = await given_up(store, accepted)
    await store.privacy.erase(job.guild_id, job.author_id)
    assert await store.rechecks.due(9e9, limit=9) == []
    other = await given_up(store, accepted)
    await store.cards.erase(other.guild_id, other.card_id)
    assert await store.rechecks.due(9e9, limit=9) == []
    key = (await store.keys.set(700, "cs_live_0123456789abcdef", set_by=1, status=made.status())).key
    third = await given_up(store, accepted, guild_id=700, key_id=key.id)
    await store.absent_guilds.forget(third.guild_id)
    assert await store.rechecks.due(9e9, limit=9) == []


async def test_an_overdue_job_takes_no_place(store: Store, accepted: Any, clock: Any) -> None:
    _, (job,) = await accepted(store)
    slow = await store.jobs.change(job, JobState.PROCESSING, overdue_at=clock.now)
    assert slow is not None
    running = await store.spending.view(job.guild_id, job.author_id, lambda view: view.running_of_guild)
    assert running == 0
    assert (await store.ledger.balance(job.guild_id)).held == 10
