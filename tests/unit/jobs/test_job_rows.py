"""A waiting job's row is read when its turn begins, and kept for the jobs that had their turn last."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

import pytest

from bot.domain.models import Job, JobState
from bot.jobs.follow import claims as job_rows
from bot.jobs.follow.claims import JobRows
from bot.jobs.follow.lanes import Followed
from tests.unit.jobs.test_lanes import followed as whole

LEASE = "lease"


class Jobs:
    """The store's leases: what is asked of it, and what it answers."""

    def __init__(self, *jobs: Job) -> None:
        self.rows = {job.id: job for job in jobs}
        self.asked: list[set[str]] = []
        self.error: Exception | None = None
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def under(self, token: str, job_ids: Collection[str]) -> dict[str, Job]:
        assert token == LEASE
        self.asked.append(set(job_ids))
        await asyncio.sleep(0)
        await self.may_answer.wait()
        if self.error is not None:
            raise self.error
        return {job_id: self.rows[job_id] for job_id in job_ids if job_id in self.rows}


class Store:
    def __init__(self, *jobs: Job) -> None:
        self.leases = Jobs(*jobs)


def waiting(job: Job) -> Followed:
    return Followed(job.id, job.guild_id, "", job.state, due=0.0, active_s=0.0)


@pytest.fixture
def jobs() -> list[Job]:
    return [whole(job_id=f"J{number}", state=JobState.QUEUED).job for number in range(5)]


async def test_turns_that_begin_together_share_one_read(jobs: list[Job]) -> None:
    store: Any = Store(*jobs)
    rows, all_ = JobRows(store), list(map(waiting, jobs))
    assert await asyncio.gather(*(rows.read(each, LEASE) for each in all_)) == [True] * 5
    assert store.leases.asked == [{job.id for job in jobs}]
    assert [each.job for each in all_] == jobs
    assert await rows.read(all_[0], LEASE)
    assert len(store.leases.asked) == 1


async def test_turns_that_begin_while_a_read_goes_on_share_the_next(jobs: list[Job]) -> None:
    store: Any = Store(*jobs)
    store.leases.may_answer = asyncio.Event()
    rows, all_ = JobRows(store), list(map(waiting, jobs))
    turns = [asyncio.create_task(rows.read(all_[0], LEASE))]
    while not store.leases.asked:  # noqa: ASYNC110 - it announces nothing
        await asyncio.sleep(0)
    for each in all_[1:]:  # one after another, as turns do
        turns.append(asyncio.create_task(rows.read(each, LEASE)))
        await asyncio.sleep(0)
    store.leases.may_answer.set()
    assert await asyncio.gather(*turns) == [True] * 5
    assert store.leases.asked == [{jobs[0].id}, {job.id for job in jobs[1:]}]


async def test_a_job_under_another_lease_has_no_row(jobs: list[Job]) -> None:
    store: Any = Store(jobs[0])
    rows, mine, lost = JobRows(store), waiting(jobs[0]), waiting(jobs[1])
    assert await asyncio.gather(rows.read(mine, LEASE), rows.read(lost, LEASE)) == [True, False]
    with pytest.raises(LookupError):
        _ = lost.job


async def test_a_failed_read_fails_each_turn_and_not_the_next(jobs: list[Job]) -> None:
    store: Any = Store(*jobs)
    rows, all_ = JobRows(store), list(map(waiting, jobs))
    store.leases.error = OSError()
    found = await asyncio.gather(*(rows.read(each, LEASE) for each in all_), return_exceptions=True)
    assert [type(each) for each in found] == [OSError] * 5
    store.leases.error = None
    assert await rows.read(all_[0], LEASE)


async def test_a_cancelled_turn_ends_no_other(jobs: list[Job]) -> None:
    store: Any = Store(*jobs)
    rows, all_ = JobRows(store), list(map(waiting, jobs))
    turns = [asyncio.create_task(rows.read(each, LEASE)) for each in all_]
    await asyncio.sleep(0)
    turns[0].cancel()
    assert [type(each) for each in await asyncio.gather(*turns, return_exceptions=True)][1:] == [bool] * 4
    assert all_[4].job == jobs[4]


async def test_the_rows_of_the_last_turns_are_kept(jobs: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_rows, "KEPT", 3)
    store: Any = Store(*jobs)
    rows, all_ = JobRows(store), list(map(waiting, jobs))
    for each in all_:
        await rows.read(each, LEASE)
        rows.keep(each)
    assert [each.row is None for each in all_] == [True, True, False, False, False]
    await rows.read(all_[2], LEASE)  # its turn: it is not among those who may lose their row
    rows.keep(all_[0])
    assert [each.row is None for each in all_[2:]] == [False, False, False]
