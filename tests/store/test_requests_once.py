"""A database in which two jobs have one request of Cannon Studio, from before that was impossible."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.models import Books, JobState
from bot.store import RequestOfAnother, Store


async def test_a_request_is_known_to_be_another_jobs_and_is_stored_for_no_second(store: Store, accepted: Any) -> None:
    _, (job,) = await accepted(store)
    _, (other,) = await accepted(store)
    await store.jobs.change(job, JobState.QUEUED, remote_id="req_1")
    with pytest.raises(RequestOfAnother):
        await store.jobs.change(other, JobState.QUEUED, remote_id="req_1")
    assert await store.jobs.get(other.guild_id, other.id) == other
    _, (practised,) = await accepted(store, books=Books.PRACTICE)
    assert await store.jobs.change(practised, JobState.QUEUED, remote_id="req_1"), "the sandbox's requests are others"
