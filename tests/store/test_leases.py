from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import OPEN_STATES, RUNNING_STATES, JobState, Media, MediaKind, WaitsFor
from bot.store import Store
from bot.store.jobs import rows
from tests.support.claims import claimed_by

Open = Callable[..., Awaitable[Store]]


async def writes(store: Store) -> int:
    """How many rows this connection has written so far."""
    return await store._database.write(lambda db: db.total_changes)


async def test_two_stores_never_claim_a_job_twice(open_store: Open, accepted: Any, clock: Any) -> None:
    stores = {"p1": await open_store(), "p2": await open_store()}
    for _ in range(60):
        await accepted(stores["p1"])
    claims = await asyncio.gather(
        *(claimed_by(store, token, limit=7) for _ in range(10) for token, store in stores.items())
    )
    claimed = [(job.id, job.lease) for batch in claims for job in batch]
    assert len(claimed) == 60
    assert len({job_id for job_id, _ in claimed}) == 60
    assert max(len(batch) for batch in claims) == 7


async def test_a_lost_lease_changes_nothing(open_store: Open, accepted: Any, clock: Any) -> None:
    first, second = await open_store(), await open_store()
    _, (job,) = await accepted(first)
    (mine,) = await claimed_by(first, "p1")
    assert await claimed_by(second, "p2") == []
    await second.leases.drop("p1")
    (theirs,) = await claimed_by(second, "p2")
    assert theirs == replace(job, lease="p2")
    assert await first.jobs.change(mine, JobState.DELIVERED, settle=Decimal(9)) is None
    assert (await first.ledger.balance(700)).spent == 0
    assert await first.jobs.change(mine, JobState.FAILED, release=True) is None
    done = await second.jobs.change(theirs, JobState.DELIVERED, settle=Decimal(9))
    assert done is not None
    assert done.lease is None
    assert (await first.ledger.balance(700)).spent == 9


async def test_a_dropped_lease_frees_its_jobs_at_once(store: Store, accepted: Any, clock: Any) -> None:
    _, (job,) = await accepted(store)
    await claimed_by(store, "p1")
    await store.leases.drop("p1")
    assert await store.jobs.get(700, job.id) == job
    assert len(await claimed_by(store, "p2")) == 1


@pytest.mark.sqlite_only("SQLite's count of changes")
async def test_a_claim_that_finds_nothing_writes_nothing(store: Store, accepted: Any, clock: Any) -> None:
    await accepted(store)
    await claimed_by(store, "p1")
    before = await writes(store)
    await claimed_by(store, "p1")
    assert await writes(store) == before


async def test_only_running_jobs_are_claimed_soonest_due_first(store: Store, accepted: Any, clock: Any) -> None:
    for number, state in enumerate(sorted(OPEN_STATES)):
        await accepted(store, state=state, next_at=100.0 - number)
    claimed = await claimed_by(store, "p1")
    assert {job.state for job in claimed} == RUNNING_STATES
    assert [job.next_at for job in claimed] == sorted(job.next_at for job in claimed)


async def test_a_job_that_stops_running_is_nobodys(store: Store, accepted: Any, clock: Any) -> None:
    await accepted(store)
    (mine,) = await claimed_by(store, "p1")
    waiting = await store.jobs.change(mine, JobState.WAITING)
    assert waiting is not None
    assert waiting.lease is None


async def test_a_change_sets_what_it_names_and_keeps_the_rest(store: Store, accepted: Any) -> None:
    _, (job,) = await accepted(store)
    changes: dict[str, Any] = {
        "input": {"prompt": "a hare", "model": "flux"},
        "remote_id": "req_1",
        "attempts": 2,
        "first_attempt_at": 1.0,
        "next_at": 2.0,
        "submitted_at": 3.0,
        "started_at": 4.0,
        "finished_at": 5.0,
        "delivered_at": 6.0,
        "message_id": 2**62,
        "output": {"image_url": "https://a/b.png", "text": "\ud800"},
        "media": (Media(url="https://a/b.png", kind=MediaKind.IMAGE, key="image_url"),),
        "error": "Nothing.",
        "cost": Decimal("1.234"),
        "in_doubt": True,
        "wait_s": 7.0,
        "active_s": 8.0,
        "poll_after_s": 15.0,
        "denied_s": 9.0,
        "blocked_s": 10.0,
        "overdue_at": 11.0,
        "slow_polls": 12,
        "waits_for": WaitsFor.FILE,
        "posting_failed_s": 13.0,
        "unusable": True,
        "faults": 14,
        "lacks": ("prompt",),
    }
    assert set(changes) == rows.CHANGEABLE - {"key_id"}
    changed = await store.jobs.change(job, JobState.READY, **changes)
    assert changed == replace(job, state=JobState.READY, **changes)
    assert await store.jobs.get(job.guild_id, job.id) == changed
    assert await store.jobs.change(changed, JobState.READY) == changed


async def test_a_change_from_an_old_state_loses(store: Store, accepted: Any) -> None:
    _, (job,) = await accepted(store)
    first, second = await asyncio.gather(
        store.jobs.change(job, JobState.QUEUED, remote_id="req_1"),
        store.jobs.change(job, JobState.FAILED, release=True),
    )
    assert (first is None) != (second is None)
    held = (await store.ledger.balance(700)).held
    assert held == (10 if first else 0)


async def test_what_a_job_is_cannot_be_changed(store: Store, accepted: Any) -> None:
    _, (job,) = await accepted(store)
    for name in ("id", "guild_id", "held", "idempotency_key", "lease", "author_id", "nothing"):
        with pytest.raises(TypeError, match=name):
            await store.jobs.change(job, JobState.QUEUED, **{name: "x"})
    for column in ("id", "guild_id", "card_id", "held_milli", "idempotency_key"):
        with pytest.raises(sqlite3.IntegrityError, match="never changes"):
            await store._database.write(lambda db, c=column: db.execute(f"UPDATE jobs SET {c} = {c}"))


async def test_the_books_must_be_closed_at_the_end(store: Store, accepted: Any) -> None:
    _, (job,) = await accepted(store)
    with pytest.raises(ValueError, match="hold open"):
        await store.jobs.change(job, JobState.DELIVERED)
    with pytest.raises(ValueError, match="not both"):
        await store.jobs.change(job, JobState.DELIVERED, settle=Decimal(1), release=True)
    with pytest.raises(ValueError, match="that ends"):
        await store.jobs.change(job, JobState.QUEUED, release=True)
    assert await store.jobs.get(700, job.id) == job
    with pytest.raises(sqlite3.IntegrityError, match="hold is open"):
        await store._database.write(lambda db: db.execute("UPDATE jobs SET state = 'failed'"))


async def test_recent_is_newest_first_and_filtered(store: Store, accepted: Any) -> None:
    made_jobs = [(await accepted(store, author_id=author))[1][0] for author in (1, 2, 1, 2)]
    await store.jobs.change(made_jobs[3], JobState.FAILED, release=True)
    await accepted(store, guild_id=701)
    ids = [job.id for job in made_jobs]
    assert [job.id for job in await store.job_lists.recent(700)] == ids[::-1]
    assert [job.id for job in await store.job_lists.recent(700, limit=2)] == [ids[3], ids[2]]
    assert [job.id for job in await store.job_lists.recent(700, author_id=2)] == [ids[3], ids[1]]
    assert [job.id for job in await store.job_lists.recent(700, author_id=2, states=[JobState.FAILED])] == [ids[3]]
    assert await store.job_lists.recent(700, states=[]) == []


async def test_open_and_held_jobs_are_counted_by_state(store: Store, accepted: Any) -> None:
    _, (failed, held, _) = await accepted(store, "1", "1", "1")
    await store.jobs.change(failed, JobState.FAILED, release=True)
    await store.jobs.change(held, JobState.HELD, settle=Decimal(1))
    await accepted(store, guild_id=701)
    assert await store.job_lists.counts(700) == {JobState.HELD: 1, JobState.SUBMITTING: 1}
    assert await store.job_lists.counts(9) == {}
    assert await store.job_lists.open_total() == 2
