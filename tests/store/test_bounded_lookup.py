"""A keystroke costs the same on a server with a long history."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest

from bot.domain.models import JobState, MediaKind
from bot.generation.visible_jobs import VisibleJobs
from bot.store import Store
from bot.store.jobs import job_lists
from tests.store.conftest import AUTHOR, GUILD
from tests.support.viewers import seeing

LOOKED_AT = 2000
"""Of a server's results the newest so many are searched for what a member types."""
MEDIA = json.dumps([{"url": "https://media.test/a.png", "kind": "image", "key": "image_url"}])


async def history(store: Store, accepted: Any, count: int) -> None:
    """Let the server have `count` delivered results, the first of them of a zebra and the last of a quagga."""
    _, (job,) = await accepted(store)

    def fill(db: sqlite3.Connection) -> None:
        row = dict(db.execute("SELECT * FROM jobs WHERE id = ?", (job.id,)).fetchone())
        names = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        for number in range(count):
            prompt = {0: "a zebra", count - 1: "a quagga"}.get(number, f"a fox {number}")
            changed = {
                "id": f"K{number:09}",
                "position": number + 1,
                "state": "delivered",
                "idempotency_key": f"kept-{number}",
                "created_at": row["created_at"] + 1 + number,
                "media": MEDIA,
                "input": json.dumps({"prompt": prompt}),
            }
            values = row | changed
            db.execute(f"INSERT INTO jobs ({names}) VALUES ({marks})", values)

    await store._database.write(fill)


async def found(store: Store, typed: str) -> list[str]:
    jobs = await VisibleJobs(store).results(seeing(GUILD, AUTHOR), kinds=[MediaKind.IMAGE], typed=typed)
    return [job.prompt for job in jobs]


async def test_only_the_newest_results_are_searched(store: Store, accepted: Any) -> None:
    await history(store, accepted, LOOKED_AT + 1)
    assert await found(store, "quagga") == ["a quagga"]
    assert await found(store, "fox 1") != []
    assert await found(store, "zebra") == [], "it is older than what a keystroke may cost"


async def test_all_results_of_a_short_history_are_searched(store: Store, accepted: Any) -> None:
    await history(store, accepted, 50)
    assert await found(store, "zebra") == ["a zebra"]


@pytest.mark.parametrize(("query", "index"), [("_RESULTS", "jobs_results"), ("_OWN", "jobs_member")])
async def test_the_newest_are_found_by_an_index_alone(store: Store, query: str, index: str) -> None:
    names = ("guild_id", "author_id", "kinds", "states", "typed", "exact", "searched", "limit")
    values = dict.fromkeys(names, "[]")
    plan = await store._database.read(
        lambda db: [row["detail"] for row in db.execute(f"EXPLAIN QUERY PLAN {getattr(job_lists, query)}", values)]
    )
    newest = plan[: next(place for place, step in enumerate(plan) if step.startswith("SCAN newest"))]
    assert any(f"INDEX {index} " in step for step in newest), plan
    assert not [step for step in newest if "TEMP B-TREE" in step], plan


async def test_of_a_members_own_jobs_the_newest_are_offered(store: Store, accepted: Any) -> None:
    await history(store, accepted, LOOKED_AT + 1)
    states = [JobState.DELIVERED, JobState.HELD]
    own = await store.job_lists.own(GUILD, AUTHOR, states=states, limit=3)
    assert own[0].prompt == "a quagga"
    assert len(own) == 3
    assert len(await store.job_lists.own(GUILD, AUTHOR, states=states, limit=LOOKED_AT * 2)) == LOOKED_AT
    assert await store.job_lists.own(GUILD, AUTHOR, states=[JobState.FAILED]) == []
