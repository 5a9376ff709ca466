"""What is lost between a store and its PostgreSQL: a connection, a commit, its answer, the server, the leader."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import psycopg
import pytest

from bot.errors import DatabaseFailing
from bot.fleet.postgresql import listener
from bot.fleet.postgresql.connection import PostgresConnection
from bot.fleet.postgresql.database import OnServer, PostgresDatabase
from bot.fleet.postgresql.dialect import IDLE_IN_TRANSACTION_S
from bot.runtime.clock import SystemClock
from bot.settings import PostgresUrl
from bot.store import Record, Store
from bot.store.engine.database import Database
from bot.store.engine.group_commit import CommitUnknown
from bot.store.sql import Connection
from tests.support.cable import Cable, Lost, cable_to
from tests.support.machine import slowness
from tests.support.postgres import DURABLE, OwnServer, Server, running

pytestmark = [pytest.mark.long, pytest.mark.quiet]

GUILD = 700
SECRET = "the secret of all processes of this fleet"
LEADS_AGAIN_S = 15.0
OTHERS_WRITE_S = 3.0
LINE = Record(by_id=7, kind="pause", text="paused new jobs.")
_numbers = itertools.count(1)


class Addition:
    """A write that adds one to a row, and counts how often it was run. `midway` is called once, in the first run."""

    def __init__(self, midway: Callable[[], object] = lambda: None) -> None:
        self.name = f"addition {next(_numbers)}"
        self.runs = 0
        self._midway = midway

    def __call__(self, db: Connection) -> int:
        self.runs += 1
        db.execute(
            "INSERT INTO meta (name, value) VALUES (?, '1') ON CONFLICT (name) DO UPDATE SET value = meta.value || '1'",
            (self.name,),
        )
        if self.runs == 1:
            self._midway()
        return len(db.execute("SELECT value FROM meta WHERE name = ?", (self.name,)).fetchone()[0])


async def times(database: Database, addition: Addition) -> int:
    """Return how often it is in the database."""

    def look(db: Connection) -> int:
        row = db.execute("SELECT value FROM meta WHERE name = ?", (addition.name,)).fetchone()
        return 0 if row is None else len(row[0])

    return await database.read(look)


def shared(store: Store) -> PostgresDatabase:
    return store.rows(OnServer).database


Open = Callable[..., Awaitable[Store]]


@pytest.fixture
def cable(postgres_server: Server) -> Iterator[Cable]:
    with cable_to(postgres_server) as made:
        yield made


@pytest.fixture
def name(empty_postgres_database: str) -> str:
    """The name of the database."""
    return psycopg.conninfo.conninfo_to_dict(empty_postgres_database)["dbname"]


@pytest.fixture
async def open_store(empty_postgres_database: str) -> AsyncIterator[Open]:
    """Opens stores, which close after the test: on the database itself or, through a cable, on its address."""
    async with contextlib.AsyncExitStack() as stack:

        async def open_(url: str = empty_postgres_database) -> Store:
            store = await Store.open(PostgresUrl(url), clock=SystemClock(), secret_keys=[SECRET])
            stack.push_async_callback(store.close)
            return store

        yield open_


@pytest.fixture
async def database(open_store: Open, cable: Cable, name: str) -> Database:
    """The database of a store behind the cable."""
    return (await open_store(cable.url(name)))._database


def backend_of(database: Database) -> int:
    """Return the server's process of the writer's connection."""
    raw = database._writer._connection
    assert isinstance(raw, PostgresConnection)
    return int(raw._raw.info.backend_pid)


def terminate(server: Server, process: int) -> None:
    with server.connect() as db:
        assert db.execute("SELECT pg_terminate_backend(%s, 10000)", [process]).fetchone() == (True,)


# ---------------------------------------------------------------------- a commit


@pytest.mark.parametrize("together", [1, 5])
@pytest.mark.parametrize("earlier", [0, 1, 4], ids=lambda count: f"after {count} others")
@pytest.mark.parametrize("lost", Lost)
async def test_a_commit_that_is_lost_or_whose_answer_is_has_its_effect_once(
    database: Database, cable: Cable, lost: Lost, earlier: int, together: int
):
    for _ in range(earlier):  # psycopg prepares a statement that comes again
        await database.write(Addition())
    additions = [Addition() for _ in range(together)]
    loss = cable.lose(lost)
    assert await asyncio.gather(*map(database.write, additions)) == [1] * together
    assert loss.happened.is_set()
    assert [await times(database, each) for each in additions] == [1] * together
    runs = {each.runs for each in additions}  # a group is closed after a few thousandths of a second
    assert runs == {1} if lost is Lost.ITS_ANSWER else {2} <= runs <= {1, 2}


@pytest.mark.parametrize("together", [1, 5])
async def test_a_commit_of_which_nobody_can_tell_whether_it_took_place_is_not_repeated(
    database: Database, cable: Cable, monkeypatch: pytest.MonkeyPatch, together: int
):
    monkeypatch.setattr("bot.fleet.postgresql.connection.COMMITS_ARE_KNOWN_S", 0.5)
    monkeypatch.setattr(database._group_commit, "_group_s", 60.0)
    additions = [Addition() for _ in range(together)]
    loss = cable.lose(Lost.ITS_ANSWER, is_last=True)
    outcomes = await asyncio.gather(*map(database.write, additions), return_exceptions=True)
    assert loss.happened.is_set()
    assert {type(each) for each in outcomes} == {CommitUnknown}
    assert "Check whether your change is there." in str(outcomes[0])
    cable.mend()
    assert [await times(database, each) for each in additions] == [1] * together
    assert [each.runs for each in additions] == [1] * together


async def test_a_connection_that_is_lost_between_two_transactions_is_made_again(database: Database, cable: Cable):
    cable.reset()
    addition = Addition()
    assert await database.write(addition) == 1
    assert await times(database, addition) == 1


# ---------------------------------------------------------------------- within a transaction


@pytest.mark.parametrize("together", [1, 3])
async def test_a_transaction_whose_connection_the_server_ends_is_repeated(
    database: Database, postgres_server: Server, together: int
):
    victim = Addition(lambda: terminate(postgres_server, backend_of(database)))
    additions = [Addition(), victim, Addition()][-together:] if together > 1 else [victim]
    assert await asyncio.gather(*map(database.write, additions)) == [1] * together
    assert victim.runs == 2
    assert [await times(database, each) for each in additions] == [1] * together


async def test_what_fails_each_time_fails_and_leaves_nothing(database: Database, postgres_server: Server):
    addition = Addition()

    def fails(db: Connection) -> None:
        addition(db)
        terminate(postgres_server, backend_of(database))
        db.execute("SELECT 1")

    with pytest.raises(DatabaseFailing):
        await database.write(fails)
    assert addition.runs == 3
    assert await times(database, addition) == 0


async def test_a_reading_transaction_is_repeated_too(database: Database, postgres_server: Server):
    runs = itertools.count(1)

    def look(db: Connection) -> int:
        number = next(runs)
        if number == 1:
            terminate(postgres_server, db.execute("SELECT pg_backend_pid()").fetchone()[0])
        db.execute("SELECT 1")
        return number

    assert await database.read(look) == 2


@pytest.mark.parametrize("way", ["read", "write"])
async def test_a_statement_from_before_a_newer_versions_migration_is_repeated(
    database: Database, postgres_server: Server, name: str, way: str
):
    """A rolling upgrade: the newer process adds a column while this one has its statements prepared."""

    def look(db: Connection) -> int:
        return len(db.execute("SELECT * FROM meta").fetchone().keys())

    call = getattr(database, way)
    columns = [await call(look) for _ in range(5)][-1]  # psycopg prepares a statement that comes again
    with postgres_server.connect(name) as newer:
        newer.execute("ALTER TABLE meta ADD COLUMN newer text")
    assert await call(look) == columns + 1


# ---------------------------------------------------------------------- the server


@pytest.fixture(scope="module")
def own_server() -> Iterator[OwnServer]:
    """A server that writes what it commits through to the disk."""
    with running(DURABLE) as server:
        yield server


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_a_restart_of_the_server_is_waited_for_and_loses_nothing(
    own_server: OwnServer, open_store: Open, monkeypatch: pytest.MonkeyPatch, end: str
):
    monkeypatch.setattr("bot.fleet.postgresql.connection.RECONNECT_S", 60.0)  # a busy machine starts it late
    url = own_server.new_database(f"restarted_{end}", "template0")
    database = (await open_store(url))._database

    def restart() -> None:
        getattr(own_server, end)()
        own_server.start()

    before, within, after = Addition(), Addition(restart), Addition()
    await database.write(before)
    await asyncio.to_thread(restart)
    assert await times(database, before) == 1
    assert await database.write(within) == 1
    assert within.runs == 2
    await asyncio.to_thread(getattr(own_server, end))
    waiting = asyncio.create_task(database.write(after))
    await asyncio.to_thread(own_server.start)
    assert await waiting == 1
    assert [await times(database, each) for each in (before, within, after)] == [1, 1, 1]


async def test_a_server_that_does_not_come_back_is_waited_for_once_and_not_by_each_write(
    database: Database, cable: Cable, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bot.fleet.postgresql.connection.RECONNECT_S", 3.0)
    cable.unplug()
    began = time.monotonic()
    with pytest.raises(DatabaseFailing):
        await database.write(Addition())
    outcomes = await asyncio.gather(*(database.write(Addition()) for _ in range(20)), return_exceptions=True)
    assert {type(each) for each in outcomes} == {DatabaseFailing}
    assert 2.0 < time.monotonic() - began < 2 * 3.0 * slowness()
    cable.mend()

    async def is_written() -> bool:
        with contextlib.suppress(DatabaseFailing):
            return await database.write(Addition()) == 1
        return False

    await until(is_written, 60)


# ---------------------------------------------------------------------- a process that stands still


async def test_a_process_that_is_paused_in_a_transaction_keeps_no_other_from_writing(
    database: Database, open_store: Open
):
    others = (await open_store())._database
    is_within, goes_on = threading.Event(), threading.Event()

    def pause() -> None:
        is_within.set()
        assert goes_on.wait(60)

    paused = Addition(pause)
    writing = asyncio.create_task(database.write(paused))
    await asyncio.to_thread(is_within.wait)
    began = time.monotonic()
    assert await others.write(Addition()) == 1
    took_s = time.monotonic() - began
    goes_on.set()
    assert await writing == 1
    assert (paused.runs, await times(others, paused)) == (2, 1)
    assert IDLE_IN_TRANSACTION_S / 2 < took_s < OTHERS_WRITE_S * slowness(), "it had the lock, and not for long"


async def test_a_process_that_is_cut_off_in_a_transaction_keeps_no_other_from_writing(
    database: Database, open_store: Open, cable: Cable
):
    others = (await open_store())._database
    is_cut = threading.Event()

    def cut() -> None:
        cable.partition()
        is_cut.set()

    cut_off = Addition(cut)
    writing = asyncio.create_task(database.write(cut_off))
    await asyncio.to_thread(is_cut.wait)
    began = time.monotonic()
    assert await others.write(Addition()) == 1
    assert time.monotonic() - began < OTHERS_WRITE_S * slowness()
    assert not writing.done()
    cable.mend()
    assert await writing == 1
    assert (cut_off.runs, await times(others, cut_off)) == (2, 1)


# ---------------------------------------------------------------------- what the others hear


async def until(holds: Callable[[], Awaitable[bool]], seconds: float) -> None:
    """Return once it holds."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - of what is asked nothing tells when it has changed
            await asyncio.sleep(0.01)


async def test_signals_are_heard_by_all_processes_the_sender_included(open_store: Open):
    stores = [await open_store() for _ in range(3)]
    heard: asyncio.Queue[tuple[int, tuple[str, ...]]] = asyncio.Queue()
    for number, store in enumerate(stores):
        shared(store).signals.listen("news", lambda *words, number=number: heard.put_nowait((number, words)))
    shared(stores[1]).signals.send("news", "a", "böse 🦊 'word'")
    async with asyncio.timeout(60):
        got = {await heard.get() for _ in stores}
    assert got == {(number, ("a", "böse 🦊 'word'")) for number in range(3)}
    assert heard.empty()


async def test_a_signal_is_not_lost_with_the_senders_connection(open_store: Open, cable: Cable, name: str):
    sender, hearer = await open_store(cable.url(name)), await open_store()
    heard = asyncio.Event()
    shared(hearer).signals.listen("news", heard.set)
    cable.reset()
    shared(sender).signals.send("news")
    async with asyncio.timeout(60):
        await heard.wait()


async def test_who_could_not_hear_signals_for_a_while_is_told_so(open_store: Open, cable: Cable, name: str):
    hearer = await open_store(cable.url(name))
    missed = asyncio.Event()
    shared(hearer).signals.listen_to_gaps(missed.set)
    cable.reset()
    async with asyncio.timeout(60):
        await missed.wait()


async def test_a_process_that_cannot_hear_the_others_is_not_well_although_it_can_write(
    open_store: Open, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
):
    store = await open_store()
    failed = asyncio.Event()
    note_failure = store.pulse.note_failure

    def refused(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("too many connections")

    monkeypatch.setattr(store._database._listener, "_failing", lambda error: (note_failure(error), failed.set()))
    with monkeypatch.context() as patched:
        patched.setattr(listener, "connected", refused)
        terminate(postgres_server, store._database._listener._raw.info.backend_pid)
        await asyncio.wait_for(failed.wait(), LEADS_AGAIN_S)
        assert await store._database.write(Addition()) == 1
        with pytest.raises(DatabaseFailing, match="can't be reached"):
            await store.probe()
        assert store.pulse.failure is not None

    async def works() -> bool:
        with contextlib.suppress(DatabaseFailing):
            await store.probe()
        return store.pulse.failure is None

    await until(works, LEADS_AGAIN_S)
