"""The index of words: what it finds, who is kept apart by it, and that it forgets."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from bot.domain.models import JobState, MediaKind
from bot.store import Store
from bot.store.engine import text_index
from bot.store.engine.connection import damage, damage_of_tables
from bot.store.engine.text_index import match_of
from bot.store.jobs.rows import job_in
from tests.store.conftest import AUTHOR, GUILD

RARE = "龘靐齉"
"""A sequence that is in no other text: as the first of its kind it is in the index in full."""


async def found(store: Store, *words: str, guild_id: int = GUILD) -> list[str]:
    return [each.job_id for each in await store.job_lists.search(guild_id, words)]


async def indexed(store: Store, match: str | None) -> int:
    """Return how many rows the index itself gives."""
    return await store._database.read(
        lambda db: db.execute("SELECT count(*) FROM job_grams WHERE job_grams MATCH ?", (match,)).fetchone()[0]
    )


def in_index(path: Path, text: str) -> bool:
    """Whether the index's own blocks have the text, be it marked as removed."""
    db = sqlite3.connect(path)
    try:
        blocks = db.execute("SELECT block FROM job_grams_data").fetchall()
    finally:
        db.close()
    return any(text.encode() in bytes(block) for (block,) in blocks)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("a Red Fox", ["red", "FOX"]),
        ("a Red Fox", ["fox", "d"]),
        ('say "hello" to 100% of_them', ['"hello"', "100%"]),
        ("Östlich der Sonne", ["ÖSTLICH", "onn"]),
        ("日本語の狐", ["本語の"]),
        ("fox AND NOT hound", ["AND", "NOT"]),
        ("x" * 6000, ["x" * 6000]),
    ],
)
async def test_words_are_found_in_any_case_and_whatever_they_are(
    store: Store, accepted: Any, prompt: str, words: list[str]
) -> None:
    _, (job,) = await accepted(store, input={"prompt": prompt})
    await accepted(store, input={"prompt": "something else"})
    assert await found(store, *words) == [job.id]


@pytest.mark.sqlite_only("about FTS5: postgresql/test_trigram_index.py has PostgreSQL's")
async def test_sequences_in_another_order_are_no_word(store: Store, accepted: Any) -> None:
    await accepted(store, input={"prompt": "abcxx bcde"})
    assert await indexed(store, match_of(GUILD, ["abcde"])) == 1
    assert await found(store, "abcde") == []
    assert await indexed(store, match_of(GUILD, ["abcdf"])) == 0


@pytest.mark.sqlite_only("about FTS5: postgresql/test_trigram_index.py has PostgreSQL's")
async def test_the_index_gives_a_guilds_own_rows_alone(store: Store, accepted: Any) -> None:
    other = GUILD + text_index._PRIVATE_USES**text_index.GRAM_CHARS  # of the same name in the index
    jobs = {guild_id: (await accepted(store, guild_id=guild_id))[1][0] for guild_id in (GUILD, GUILD + 1, other)}
    assert await indexed(store, match_of(GUILD + 1, ["fox"])) == 1
    assert await indexed(store, match_of(GUILD, ["fox"])) == 2
    for guild_id, job in jobs.items():
        assert await found(store, "fox", guild_id=guild_id) == [job.id]


@pytest.mark.sqlite_only("about FTS5: postgresql/test_trigram_index.py has PostgreSQL's")
async def test_words_that_change_are_found_and_those_before_no_more(store: Store, accepted: Any) -> None:
    _, (job,) = await accepted(store, input={"prompt": "a fox"})
    await store.jobs.change(job, JobState.SUBMITTING, input={"prompt": "a hound"})
    assert await found(store, "hound") == [job.id]
    assert await found(store, "fox") == []
    assert await indexed(store, match_of(GUILD, ["fox"])) == 0


@pytest.mark.sqlite_only("about FTS5: postgresql/test_trigram_index.py has PostgreSQL's")
async def test_what_is_erased_is_neither_found_nor_left_in_the_index(store: Store, accepted: Any, path: Path) -> None:
    _, (job,) = await accepted(store, input={"prompt": f"a {RARE}"})
    for number in range(30):
        await accepted(store, input={"prompt": f"a fox {number}"}, author_id=AUTHOR + 1)
    await store.cancellation.cancel(GUILD, job.id, "cancelled")
    assert await found(store, RARE) == [job.id]
    assert in_index(path, RARE)
    await store.privacy.erase(GUILD, AUTHOR)
    assert await found(store, RARE) == []
    assert await found(store, job.id) == [job.id]
    assert not in_index(path, RARE)
    assert len(await found(store, "fox")) == 30


@pytest.mark.sqlite_only("about FTS5: postgresql/test_trigram_index.py has PostgreSQL's")
async def test_a_large_database_forgets_too(store: Store, accepted: Any, path: Path) -> None:
    _, (job,) = await accepted(store, input={"prompt": f"a {RARE}"})
    await store.cancellation.cancel(GUILD, job.id, "cancelled")
    await store._database.write(lambda db: db.execute("UPDATE jobs SET input = '{}', erased_at = 1"))
    assert await store.scrub(at_most_bytes=0)
    assert not in_index(path, RARE)


@pytest.mark.sqlite_only("about FTS5: postgresql/test_trigram_index.py has PostgreSQL's")
async def test_an_sqlite_without_it_neither_needs_nor_keeps_it_and_the_next_with_it_fills_it(
    open_store: Any, made: Any, accepted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await open_store()
    _, (old,) = await accepted(first, input={"prompt": "a fox of old"})
    await first.close()

    with monkeypatch.context() as patched:
        patched.setattr(text_index, "_can_index", lambda _db: False)
        without = await open_store()
        _, (new,) = await accepted(without, input={"prompt": "a fox of today"})
        await without.jobs.change(old, JobState.SUBMITTING, input={"prompt": "a hound of old"})
        assert await found(without, "fox") == [new.id]
        assert await found(without, "hound") == [old.id]
        assert await without.scrub()
        await without.close()

    again = await open_store()
    assert await indexed(again, match_of(GUILD, ["fox"])) == 1
    assert await found(again, "fox") == [new.id]
    assert await found(again, "old", "hound") == [old.id]


async def test_a_result_is_found_by_its_operation_too(store: Store, accepted: Any) -> None:
    await accepted(store, operation="video.generate")
    assert await store.job_lists.results(GUILD, kinds=list(MediaKind), words=["video"]) == []
    await store._database.write(
        lambda db: db.execute(
            "UPDATE jobs SET media = ?", ('[{"kind": "video", "url": "https://a.test", "key": "k"}]',)
        )
    )
    (job_id,) = await found(store, "video", "fox")
    job = await store._database.read(lambda db: job_in(db, GUILD, job_id))
    assert job is not None
    assert job.operation == "video.generate"


@pytest.mark.parametrize("words", [[], ["a"], ["ab", "c"], ["a\0b"]])
def test_words_that_are_too_short_have_no_query(words: list[str]) -> None:
    assert match_of(GUILD, words) is None


async def test_a_file_is_not_called_damaged_because_another_connection_merged_the_index(
    store: Store, accepted: Any
) -> None:
    """FTS5 merges sixteen segments into one; a connection that checked before still knew of the sixteen."""
    for _ in range(40):
        await accepted(store)
        assert await store.check() == []


async def test_a_start_leaves_the_index_of_words_to_the_check_of_the_file(
    open_store: Any, accepted: Any, path: Path
) -> None:
    """To compare the index with itself is half of a check. A start looks at what the money is in."""
    store = await open_store(path)
    for _ in range(20):
        await accepted(store)
    await store.close()
    db = sqlite3.connect(path)
    with db:
        db.execute("UPDATE job_grams_data SET block = zeroblob(length(block)) WHERE id > 100")
    with pytest.raises(sqlite3.DatabaseError, match="malformed"):
        damage(db)
    assert damage_of_tables(db) is None
    db.close()
    assert await (await open_store(path)).job_lists.recent(GUILD)
