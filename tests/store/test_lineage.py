"""Lists of jobs, and the lineage of a job: what it was made from and what was made from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.domain.models import Card, Job, JobState
from bot.generation.visible_jobs import VisibleJobs
from bot.store import Store
from tests.support.stored import delivered
from tests.support.viewers import seeing

GUILD, AUTHOR, OTHER = 700, 42, 43
Accept = Callable[..., Awaitable[tuple[Card, tuple[Job, ...]]]]


# ---------------------------------------------------------------------- lists


async def test_a_list_has_pages_newest_first(store: Store, accepted: Accept):
    ids = [(await accepted(store))[1][0].id for _ in range(7)]
    pages = [await store.job_lists.page(GUILD, limit=3, offset=offset) for offset in (0, 3, 6)]
    assert [each.job.id for page in pages for each in page] == ids[::-1]


async def test_a_list_is_narrowed_to_a_member_and_to_states(store: Store, accepted: Accept):
    _, (mine,) = await accepted(store)
    _, (theirs,) = await accepted(store, author_id=OTHER)
    done = await delivered(store, theirs)

    async def page(**narrowed: Any) -> list[Job]:
        return [each.job for each in await store.job_lists.page(GUILD, limit=10, **narrowed)]

    assert await page(author_id=AUTHOR) == [mine]
    assert await page(states=[JobState.DELIVERED]) == [done]
    assert await page(author_id=OTHER, states=[JobState.DELIVERED]) == [done]
    assert await page(author_id=AUTHOR, states=[JobState.DELIVERED]) == []


# ---------------------------------------------------------------------- lineage


async def test_a_lineage_is_the_same_from_each_of_its_jobs(store: Store, accepted: Accept):
    _, (root,) = await accepted(store)
    _, (left,) = await accepted(store, parent_id=root.id)
    _, (right,) = await accepted(store, parent_id=root.id)
    _, (grandchild,) = await accepted(store, parent_id=left.id)
    await accepted(store)
    expected = [root.id, left.id, right.id, grandchild.id]
    for job in (root, left, right, grandchild):
        assert [each.id for each in (await VisibleJobs(store).family(seeing(GUILD, AUTHOR), job.id)).jobs] == expected


async def test_jobs_of_one_card_share_the_lineage_of_what_the_card_was_made_from(
    store: Store, made: Any, accepted: Accept
):
    _, (root,) = await accepted(store)
    card = made.card()
    first = made.job(card, 0, parent_id=root.id)
    second = made.job(card, 1, parent_id=root.id, state=JobState.WAITING, after_ids=(first.id,))
    await store.cards.accept(card, [first, second], lambda _: None)
    assert [job.id for job in (await VisibleJobs(store).family(seeing(GUILD, OTHER), second.id)).jobs] == [
        root.id,
        first.id,
        second.id,
    ]


async def test_a_private_job_is_in_nobody_elses_lineage(store: Store, made: Any, accepted: Accept):
    _, (root,) = await accepted(store)
    card = made.card(private=True)
    secret = made.job(card, 0, parent_id=root.id)
    await store.cards.accept(card, [secret], lambda _: None)
    _, (child,) = await accepted(store, parent_id=secret.id)
    assert len((await VisibleJobs(store).family(seeing(GUILD, AUTHOR), root.id)).jobs) == 3
    assert [job.id for job in (await VisibleJobs(store).family(seeing(GUILD, OTHER), root.id)).jobs] == [root.id]
    of_child = await VisibleJobs(store).family(seeing(GUILD, OTHER), child.id)
    assert ([job.id for job in of_child.jobs], of_child.is_cut) == ([child.id], True)
    assert (await VisibleJobs(store).family(seeing(GUILD, OTHER), secret.id)).jobs == ()


async def test_a_parent_that_no_longer_exists_ends_the_lineage(store: Store, accepted: Accept):
    _, (job,) = await accepted(store, parent_id="0000000000")
    assert [each.id for each in (await VisibleJobs(store).family(seeing(GUILD, AUTHOR), job.id)).jobs] == [job.id]
    assert (await VisibleJobs(store).family(seeing(GUILD, AUTHOR), "0000000000")).jobs == ()


async def test_jobs_that_came_from_each_other_are_shown_once_each(store: Store, accepted: Accept):
    _, (job,) = await accepted(store, parent_id="J000000004")
    _, (other,) = await accepted(store, parent_id=job.id)
    assert other.id == "J000000004"
    assert [each.id for each in (await VisibleJobs(store).family(seeing(GUILD, AUTHOR), job.id)).jobs] == [
        job.id,
        other.id,
    ]


@pytest.mark.sqlite_only("SQLite's plans")
async def test_a_lineage_is_found_by_an_index(store: Store):
    from bot.store.jobs import job_lists as lineage

    values = {"guild_id": GUILD, "ids": '["x"]', "limit": 9}
    plan = await store._database.read(
        lambda db: [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {lineage._CHILDREN}", values)]
    )
    assert any("jobs_origin" in line for line in plan), plan
