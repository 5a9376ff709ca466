"""A keystroke costs the same on a server with a long history."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from typing import Any

import pytest

from bot.domain.models import JobState, MediaKind
from bot.generation.visible_jobs import VisibleJobs
from bot.store import Store
from bot.store.jobs import job_lists
from tests.store.conftest import AUTHOR, GUILD
from tests.support.viewers import seeing

LOOKED_AT = 5000
"""Of a server's results, or of a member's, the newest so many are searched for what a member types."""
MEDIA = json.dumps([{"url": "https://media.test/a.png", "kind": "image", "key": "image_url"}])


async def history(store: Store, accepted: Any, count: int) -> None:
    """Let the server have `count` delivered results, the first of them of a zebra and the last of a quagga."""
    _, (job,) = await accepted(store)

    def fill(db: sqlite3.Connection) -> None:
        row = dict(db.execute("SELECT * FROM jobs WHERE id = ?", (job.id,)).fetchone())
        row.pop("rowid", None)  # on PostgreSQL it is a column
        names = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        rows = [
            row
            | {
                "id": f"K{number:09}",
                "position": number + 1,
                "state": "delivered",
                "idempotency_key": f"kept-{number}",
                "created_at": row["created_at"] + 1 + number,
                "media": MEDIA,
                "input": json.dumps({"prompt": {0: "a zebra", count - 1: "a quagga"}.get(number, f"a fox {number}")}),
            }
            for number in range(count)
        ]
        db.executemany(f"INSERT INTO jobs ({names}) VALUES ({marks})", rows)

    await store._database.write(fill)


async def found(store: Store, typed: str) -> list[str]:
    jobs = await VisibleJobs(store).results(seeing(GUILD, AUTHOR), kinds=[MediaKind.IMAGE], typed=typed)
    return [job.prompt for job in jobs]


async def posted(store: Store, *words: str) -> set[str]:
    return {each.job_id for each in await store.job_lists.search(GUILD, words, author_id=AUTHOR, posted=True)}


async def test_posted_results_are_in_a_message_for_everybody_and_neither_private_nor_erased(
    store: Store, accepted: Any
) -> None:
    await history(store, accepted, 3)
    card_id = (await store.job_lists.found(GUILD, ["K000000000"]))[0].card_id

    async def change(query: str) -> None:
        await store._database.write(lambda db: db.execute(query))

    everything = {"K000000000", "K000000001", "K000000002"}
    await change("UPDATE cards SET message_id = 5")
    assert await posted(store) == everything
    assert await posted(store, "zebra") == {"K000000000"}
    await change("UPDATE jobs SET state = 'ready' WHERE id = 'K000000001'")
    await change("UPDATE jobs SET erased_at = 1 WHERE id = 'K000000002'")
    assert await posted(store) == {"K000000000"}
    await change("UPDATE cards SET private = 1")
    assert await posted(store) == set()
    await change("UPDATE cards SET private = 0")
    assert await posted(store) == {"K000000000"}
    await store.cards.take_down(GUILD, card_id)
    assert await posted(store) == set()


async def test_the_newest_are_searched(store: Store, accepted: Any) -> None:
    await history(store, accepted, LOOKED_AT + 1)
    assert await found(store, "QUAGGA a") == ["a quagga"]
    assert await found(store, "qu") == ["a quagga"]
    assert len(await found(store, "fox 1")) == 25
    assert await found(store, "fox quagga") == []
    assert await found(store, "zebra") == [], "it is older than what a keystroke may cost"
    assert await store.job_lists.search(GUILD, ["zebra"]) == []


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("a Red Fox", ["red", "FOX"]),
        ("a Red Fox", ["fox", "d"]),
        ('say "hello" to 100% of_them\\', ['"hello"', "100%", "of_t", "m\\"]),
        ("Östlich der Straße", ["ÖSTLICH", "STRASSE"]),
        ("日本語の狐", ["本語の"]),
        ("x" * 6000, ["x" * 6000]),
    ],
)
async def test_words_are_found_in_any_case_and_whatever_they_are(
    store: Store, accepted: Any, prompt: str, words: list[str]
) -> None:
    _, (job,) = await accepted(store, input={"prompt": prompt})
    await accepted(store, input={"prompt": "something else of theirs"})
    assert [each.job_id for each in await store.job_lists.search(GUILD, words)] == [job.id]


async def test_words_that_change_or_are_erased_are_found_no_more(store: Store, accepted: Any) -> None:
    _, (job,) = await accepted(store, input={"prompt": "a fox"})
    await store.jobs.change(job, JobState.SUBMITTING, input={"prompt": "a hound"})
    assert await store.job_lists.search(GUILD, ["fox"]) == []
    assert [each.job_id for each in await store.job_lists.search(GUILD, ["hound"])] == [job.id]
    await store.cancellation.cancel(GUILD, job.id, "cancelled")
    await store.privacy.erase(GUILD, AUTHOR)
    assert await store.job_lists.search(GUILD, ["hound"]) == []


async def plan_of(store: Store, query: str) -> list[str]:
    names = (
        "guild_id",
        "author_id",
        "kinds",
        "states",
        "numbers",
        "limit",
        "offset",
        "with_secret",
        "searched",
        "pattern",
    )
    values = dict.fromkeys(names, "[]")
    return await store._database.read(
        lambda db: [row["detail"] for row in db.execute(f"EXPLAIN QUERY PLAN {query}", values)]
    )


@pytest.mark.sqlite_only("SQLite's plans")
@pytest.mark.parametrize(
    ("query", "index"),
    [
        (job_lists._NEWEST, "job_texts_newest"),
        (job_lists._NEWEST_OF_MEMBER, "jobs_member"),
        (job_lists._NEWEST_RESULTS, "jobs_results"),
        (job_lists._newest(None, None), "jobs_recent"),
        (job_lists._newest(AUTHOR, None), "jobs_member"),
        (job_lists._newest(AUTHOR, [JobState.DELIVERED]), "jobs_member"),
    ],
)
async def test_the_newest_are_found_by_an_index_alone(store: Store, query: str, index: str) -> None:
    plan = await plan_of(store, query)
    assert any(index in step for step in plan), plan
    assert not [step for step in plan if "TEMP B-TREE" in step], plan


async def test_a_members_own_jobs_are_searched(store: Store, accepted: Any) -> None:
    await history(store, accepted, LOOKED_AT + 1)

    async def found_ids(*words: str, states: Collection[JobState] | None = None) -> list[str]:
        found = await store.job_lists.search(GUILD, words, author_id=AUTHOR, states=states)
        return [each.job_id for each in found]

    assert await found_ids("QUAGGA") == [f"K{LOOKED_AT:09}"]
    assert await found_ids("image.generate", "fox", "1999") == ["K000001999"]
    assert await found_ids("k000000777") == ["K000000777"]
    assert await found_ids("zebra") == [], "their newest so many"
    assert len(await found_ids("fox", states=[JobState.DELIVERED])) == LOOKED_AT - 1
    assert await found_ids("fox", states=[JobState.FAILED]) == []
    assert await store.job_lists.search(GUILD, ["fox"], author_id=AUTHOR + 1) == []
