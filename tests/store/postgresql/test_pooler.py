"""A store behind a real PgBouncer: with sessions of its own, and with sessions that it shares."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace

import psycopg
import pytest

from bot.errors import RESTART_CANNOT_HELP, StoreError
from bot.fleet.postgresql.connection import PostgresConnection
from bot.fleet.postgresql.database import OnServer
from bot.fleet.postgresql.dialect import IDLE_IN_TRANSACTION_S, LOCK_S
from bot.runtime.clock import SystemClock
from bot.settings import PostgresUrl
from bot.store import Store
from bot.store.sql import Connection
from tests.support.pgbouncer import Pooler, pooling
from tests.support.postgres import Server

pytestmark = pytest.mark.long

GUILD = 700
SECRET = "the secret of all processes of this fleet"
SESSIONS = 3
"""Fewer than two stores have connections."""

Open = Callable[[PostgresUrl], Awaitable[Store]]


@pytest.fixture(scope="module")
def sharing(postgres_server: Server) -> Iterator[Pooler]:
    """A pooler with transaction pooling."""
    with pooling(postgres_server, "transaction", size=SESSIONS) as pooler:
        yield pooler


@pytest.fixture(scope="module")
def lending(postgres_server: Server) -> Iterator[Pooler]:
    """A pooler with session pooling."""
    with pooling(postgres_server, "session") as pooler:
        yield pooler


@pytest.fixture
def name(empty_postgres_database: str) -> str:
    """The name of the database."""
    return psycopg.conninfo.conninfo_to_dict(empty_postgres_database)["dbname"]


@pytest.fixture(params=["transaction", "session"])
def url(request: pytest.FixtureRequest, empty_postgres_database: str, name: str) -> PostgresUrl:
    """The address of the database through either."""
    if request.param == "session":
        return PostgresUrl(request.getfixturevalue("lending").url(name))
    return PostgresUrl(request.getfixturevalue("sharing").url(name), PostgresUrl(empty_postgres_database))


@pytest.fixture
async def open_store() -> AsyncIterator[Open]:
    """Opens stores, which close after the test."""
    async with contextlib.AsyncExitStack() as stack:

        async def open_(url: PostgresUrl) -> Store:
            store = await Store.open(url, clock=SystemClock(), secret_keys=[SECRET])
            stack.push_async_callback(store.close)
            return store

        yield open_


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await holds():  # noqa: ASYNC110 - of what is asked nothing tells when it has changed
            await asyncio.sleep(0.01)


async def test_a_store_sees_what_it_and_another_have_written(open_store: Open, url: PostgresUrl):
    first, second = await open_store(url), await open_store(url)
    for paused in (True, False, True):
        assert (await second.settings.get(GUILD)).paused is not paused
        await first.settings.change(GUILD, lambda rules, paused=paused: replace(rules, paused=paused))
        assert (await first.settings.get(GUILD)).paused is paused, "who wrote it sees it at once"

        async def is_seen(paused: bool = paused) -> bool:
            return (await second.settings.get(GUILD)).paused is paused

        await until(is_seen)


async def test_one_store_leads_and_all_hear_signals(open_store: Open, url: PostgresUrl):
    first, second = await open_store(url), await open_store(url)
    async with asyncio.timeout(60):
        await first.rows(OnServer).database.leadership.wait()
    waiting = asyncio.create_task(second.rows(OnServer).database.leadership.wait())
    heard: asyncio.Queue[int] = asyncio.Queue()
    for number, store in enumerate((first, second)):
        store.rows(OnServer).database.signals.listen("news", lambda number=number: heard.put_nowait(number))
    first.rows(OnServer).database.signals.send("news")
    async with asyncio.timeout(60):
        assert {await heard.get(), await heard.get()} == {0, 1}
    assert not second.rows(OnServer).database.leadership.is_leader
    await first.close()
    async with asyncio.timeout(60):
        await waiting


async def test_many_writes_of_two_stores_share_few_sessions(
    open_store: Open, sharing: Pooler, name: str, empty_postgres_database: str
):
    url = PostgresUrl(sharing.url(name), PostgresUrl(empty_postgres_database))
    stores = [await open_store(url) for _ in range(2)]

    def add(db: Connection) -> None:
        db.execute(
            "INSERT INTO meta (name, value) VALUES ('sum', '1') ON CONFLICT (name) "
            "DO UPDATE SET value = CAST(meta.value AS INTEGER) + 1"
        )

    def total(db: Connection) -> int:
        return int(db.execute("SELECT value FROM meta WHERE name = 'sum'").fetchone()[0])

    for _ in range(20):  # a statement that comes again would be prepared
        await asyncio.gather(*(store._database.write(add) for store in stores))
        await asyncio.gather(*(store._database.read(total) for store in stores))
    assert {await store._database.read(total) for store in stores} == {40}
    assert sharing.sessions(name) <= SESSIONS


async def test_each_transaction_has_its_limits_and_leaves_none_to_the_next_client(url: PostgresUrl, sharing: Pooler):
    del sharing
    settings = ("idle_in_transaction_session_timeout", "lock_timeout", "jit", "transaction_isolation")

    def shown(db: PostgresConnection | psycopg.Connection) -> list[str]:
        return [db.execute(f"SHOW {each}").fetchone()[0] for each in settings]  # type: ignore[index]

    with contextlib.closing(PostgresConnection(url)) as db:
        for begin, isolation in (("BEGIN IMMEDIATE", "read committed"), ("BEGIN", "repeatable read")):
            db.execute(begin)
            assert shown(db) == [f"{IDLE_IN_TRANSACTION_S}s", f"{LOCK_S}s", "off", isolation]
            db.execute("COMMIT")
    with psycopg.connect(url.get_secret_value(), autocommit=True) as other:
        assert shown(other)[:2] == ["0", "0"]


async def test_a_write_is_repeated_when_the_servers_session_ends(
    open_store: Open, url: PostgresUrl, postgres_server: Server
):
    database = (await open_store(url))._database
    runs = 0

    def write(db: Connection) -> None:
        nonlocal runs
        runs += 1
        db.execute("INSERT INTO meta (name, value) VALUES ('once', '1')")
        if runs == 1:
            [process] = db.execute("SELECT pg_backend_pid()").fetchone()
            with postgres_server.connect() as administrator:
                administrator.execute("SELECT pg_terminate_backend(%s, 10000)", [process])

    await database.write(write)
    assert runs == 2
    assert (
        await database.read(lambda db: db.execute("SELECT count(*) FROM meta WHERE name = 'once'").fetchone()[0]) == 1
    )


@pytest.mark.parametrize("direct", [None, "another database", "the pooler"])
async def test_shared_sessions_without_a_direct_address_are_refused_in_a_sentence(
    sharing: Pooler,
    postgres_server: Server,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    direct: str | None,
):
    monkeypatch.setattr("bot.fleet.postgresql.listener.TRIED_S", 1.0)
    address = sharing.url(name)
    directs = {"another database": postgres_server.dsn(), "the pooler": address}
    url = PostgresUrl(address, None if direct is None else PostgresUrl(directs[direct]))
    with pytest.raises(StoreError) as refused:
        await Store.open(url, clock=SystemClock(), secret_keys=[SECRET])
    assert refused.value.exit_code == RESTART_CANNOT_HELP
    said = (
        "Set DATABASE_DIRECT to the address of PostgreSQL itself"
        if direct is None
        else "is not heard at DATABASE_DIRECT"
    )
    assert said in refused.value.sentence
    assert await asyncio.to_thread(Store.check_server, url, [SECRET]) == [refused.value.sentence]
    with postgres_server.connect(name) as db:
        assert db.execute("SELECT to_regclass('meta')").fetchone() == (None,), "nothing was changed"
