"""Words are found on PostgreSQL as on SQLite: by pg_trgm's index where the server has it, else among the newest."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any

import psycopg
import pytest

from bot.domain.models import JobState
from bot.fleet.postgresql import schema as text_index
from bot.fleet.postgresql.schema import patterns_of, prepare
from bot.settings import PostgresUrl
from bot.store import Store
from bot.store.jobs.job_lists import SEARCHED
from tests.store.conftest import GUILD
from tests.store.postgresql.conftest import migrate
from tests.support.postgres import Server

SECRET = "4yHbVvgRtOdSkvq9o4Yf3a4hG6l1W9v0nq8mX2c7d3E="
MORE = """
INSERT INTO jobs (id, card_id, guild_id, position, author_id, operation, input, state, idempotency_key, held_milli,
    basis, attempts, next_at, created_at, output, media)
SELECT 'K' || lpad(number::text, 9, '0'), card_id, guild_id, number, author_id, operation,
    json_build_object('prompt', format({prompt}, number)), 'waiting', 'more ' || number, 0, basis, 0, 0,
    created_at + number, output, media
FROM jobs, generate_series(1, {count}) AS number
"""
"""Gives the only job's card as many others, which come after it."""


@pytest.fixture
def url(postgres_server: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database with a locale: one that knows all letters, or the one that the test names."""
    name, locale = f"words_{id(request)}", getattr(request, "param", "C.UTF-8")
    with postgres_server.connect() as db:
        db.execute(f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY FILE_COPY LOCALE '{locale}'")
    yield postgres_server.dsn(name)
    postgres_server.drop_database(name)


@pytest.fixture
def empty(url: str) -> Iterator[psycopg.Connection]:
    """A connection to such a database with the schema, which no bot has opened."""
    with psycopg.connect(url, autocommit=True) as db:
        migrate(db)
        yield db


@pytest.fixture
async def open_postgres(url: str, clock: Any) -> AsyncIterator[Callable[[], Awaitable[Store]]]:
    opened: list[Store] = []

    async def open_() -> Store:
        opened.append(await Store.open(PostgresUrl(url), clock=clock, secret_keys=[SECRET]))
        return opened[-1]

    yield open_
    for store in opened:
        await store.close()


@pytest.fixture
async def indexed(open_postgres: Callable[[], Awaitable[Store]]) -> Store:
    """A store on PostgreSQL that has the index."""
    store = await open_postgres()
    assert store._database.text_index is not None
    return store


async def found(store: Store, *words: str, guild_id: int = GUILD, **options: Any) -> list[str]:
    return [each.job_id for each in await store.job_lists.search(guild_id, words, **options)]


async def more(store: Store, prompt: str, count: int) -> None:
    """Add jobs with this prompt, in which `%s` is their number, and have the server know how many there are."""
    sql = MORE.format(prompt=f"'{prompt}'", count=count)
    await store._database.write(lambda db: db.execute(sql))
    await store._database.write(lambda db: db.execute("ANALYZE job_texts"))


def plan_of(db: Any, words: Sequence[str]) -> str:
    """Return how the server would find the guild's lines with the words."""
    patterns = patterns_of(words)
    query = text_index._LINES.format(conditions=text_index._HAS * len(patterns))
    rows = db.execute(f"EXPLAIN {query}", [GUILD, *patterns, 10])
    return "\n".join(row[0] for row in rows)


PROMPTS = [
    "a Red Fox",
    'say "hello" to 100% of_them',
    "Östlich der Sonne",
    "日本語の狐",
    "fox AND NOT hound",
    "x" * 6000,
    "ΟΔΟΣ και οδός",
    "Straße nach Süden",
    "back\\slash",
    "ІНШІ літери",
]


SEARCHES = [
    (["red", "FOX"], [0]),
    (["fox", "d"], [4, 0]),
    (["fox", "RED", "d"], [0]),
    (["ox"], [4, 0]),
    (['"hello"', "100%"], [1]),
    (["of_them"], [1]),
    (["ofxthem"], []),
    (["100_"], []),
    (["ÖSTLICH", "onn"], [2]),
    (["本語の"], [3]),
    (["AND", "NOT"], [4]),
    (["x" * 6000], [5]),
    (["x" * 6001], []),
    (["οδος"], [6]),
    (["ΟΔΌΣ"], [6]),
    (["straße", "süd"], [7]),
    (["STRAßE"], [7]),
    (["back\\sl"], [8]),
    (["інші"], [9]),
    (["a\0b"], []),
    (["image.generate", "літ"], [9]),
    (["quagga"], []),
    ([], list(reversed(range(len(PROMPTS))))),
    (["strasse"], []),
]
"""Words, and the places of the prompts that have them, the newest first."""


async def test_both_find_the_same(store: Store, indexed: Store, made: Any) -> None:
    ids = []
    for prompt in PROMPTS:
        card = made.card()
        job = made.job(card, input={"prompt": prompt})
        ids.append(job.id)
        for each in (store, indexed):
            await each.cards.accept(card, [job], lambda _: None)
    for words, places in SEARCHES:
        expected = [ids[place] for place in places]
        assert (words, await found(store, *words)) == (words, expected)
        assert (words, await found(indexed, *words)) == (words, expected)


async def test_a_guild_finds_its_own_and_what_changed_is_found_by_its_new_words(indexed: Store, accepted: Any) -> None:
    _, (job,) = await accepted(indexed, input={"prompt": "a fox"})
    _, (other,) = await accepted(indexed, guild_id=GUILD + 1, input={"prompt": "a fox"})
    assert await found(indexed, "fox") == [job.id]
    assert await found(indexed, "fox", guild_id=GUILD + 1) == [other.id]
    await indexed.jobs.change(job, JobState.SUBMITTING, input={"prompt": "a hound"})
    assert await found(indexed, "fox") == []
    assert await found(indexed, "hound") == [job.id]


# ---------------------------------------------------------------------- where it cannot be


@pytest.mark.parametrize("url", ["C"], indirect=True)
async def test_where_the_locale_knows_no_letters_words_are_found_without_the_index(
    open_postgres: Any, accepted: Any
) -> None:
    store = await open_postgres()
    _, (job,) = await accepted(store, input={"prompt": "Östlich der Sonne ★☆, İ"})
    await more(store, "a fox %s", SEARCHED)
    for word in ("sonne", "ÖSTLICH", "★☆", "ICH"):
        assert (word, await found(store, word)) == (word, [job.id])
    assert await found(store, "westlich") == []


def test_a_server_without_the_extension_breaks_nothing(
    empty: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_index, "_EXTENSION", "pg_trgm_that_is_missing")
    with empty.transaction():
        assert not prepare(empty)
        assert empty.execute("SELECT count(*) FROM job_texts").fetchone() == (0,)


def test_a_role_without_the_right_breaks_nothing_and_uses_what_another_has_made(
    empty: psycopg.Connection,
) -> None:
    role = f"role_{id(empty)}"
    empty.execute(f"CREATE ROLE {role}")
    try:
        empty.execute(f"GRANT SELECT ON job_texts TO {role}")
        empty.execute(f"SET ROLE {role}")
        assert not prepare(empty)
        assert empty.execute("SELECT count(*) FROM job_texts").fetchone() == (0,)
        empty.execute("RESET ROLE")
        assert prepare(empty)
        empty.execute(f"SET ROLE {role}")
        assert prepare(empty)
    finally:
        empty.execute("RESET ROLE")
        empty.execute(f"DROP OWNED BY {role}")
        empty.execute(f"DROP ROLE {role}")


# ---------------------------------------------------------------------- patterns


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], []),
        (["a", "bc"], []),
        (["fox", "d"], ["%fox%"]),
        (["100%"], [r"%100\%%"]),
        (["a_b", "of_them"], [r"%of\_them%"]),
        (["back\\slash"], [r"%back\\slash%"]),
        (["straße"], ["%stra%e%"]),
        (["fo\0x", "red"], ["%red%"]),
        (["fo\ud800x"], []),
        (["!!!"], []),
        (["fox", "fox"], ["%fox%"]),
        (["a" * 100], [f"%{'a' * text_index.PATTERN_CHARS}%"]),
    ],
)
def test_patterns_of_words(words: list[str], expected: list[str]) -> None:
    assert patterns_of(words) == expected
