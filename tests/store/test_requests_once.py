"""A database in which two jobs have one request of Cannon Studio, from before that was impossible."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from bot.domain.models import Books, JobState
from bot.store import RequestOfAnother, Store
from bot.store.engine.schema import migrations, statements


async def test_a_request_is_known_to_be_another_jobs_and_is_stored_for_no_second(store: Store, accepted: Any) -> None:
    _, (job,) = await accepted(store)
    _, (other,) = await accepted(store)
    await store.jobs.change(job, JobState.QUEUED, remote_id="req_1")
    with pytest.raises(RequestOfAnother):
        await store.jobs.change(other, JobState.QUEUED, remote_id="req_1")
    assert await store.jobs.get(other.guild_id, other.id) == other
    _, (practised,) = await accepted(store, books=Books.PRACTICE)
    assert await store.jobs.change(practised, JobState.QUEUED, remote_id="req_1"), "the sandbox's requests are others"


@pytest.mark.sqlite_only("the file of a version before; PostgreSQL's migration is the same statement")
async def test_the_later_of_two_jobs_with_one_request_is_in_doubt_after_the_migration(
    open_store: Any, accepted: Any, path: Path
) -> None:
    store = await open_store()
    _, (one,) = await accepted(store)
    _, (two,) = await accepted(store)
    await store.close()
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("DROP INDEX jobs_request")
    for job, state, at in ((one, "processing", 1.0), (two, "ready", 2.0)):
        db.execute(
            "UPDATE jobs SET remote_id = 'req_1', state = ?, submitted_at = ?, output = '{\"a\": 1}' WHERE id = ?",
            (state, at, job.id),
        )
    for statement in statements(migrations()[33].sql):
        db.execute(statement)
    db.close()
    migrated = await open_store()
    first, later = [await migrated.jobs.get(job.guild_id, job.id) for job in (one, two)]
    assert first is not None
    assert (first.state, first.remote_id, first.output) == (JobState.PROCESSING, "req_1", {"a": 1})
    assert later is not None
    assert (later.state, later.remote_id, later.in_doubt, later.output) == (JobState.SUBMITTING, None, True, {})
    assert await migrated.check() == []
