"""A store whose primary crashes, or dies and is replaced by its standby: what was committed, and what is repeated."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from bot.fleet.host.texts import NO_PROCESS, failover
from bot.fleet.postgresql.connection import PostgresConnection, connected
from bot.fleet.postgresql.server import facts_of_server
from bot.runtime.clock import SystemClock
from bot.settings import PostgresUrl
from bot.store import Store
from bot.store.engine.database import Database
from bot.store.engine.group_commit import CommitUnknown
from bot.store.sql import Connection
from tests.support.cable import Lost, cable_to
from tests.support.postgres import DURABLE, OwnServer, running, standby_of

pytestmark = pytest.mark.long

DATABASE = "bot"
SECRET = "the secret of all processes of this fleet"
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def waits_for_a_slow_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.fleet.postgresql.connection.RECONNECT_S", 120.0)
    monkeypatch.setattr("bot.fleet.postgresql.connection.COMMITS_ARE_KNOWN_S", 120.0)


@pytest.fixture
def primary() -> Iterator[OwnServer]:
    # What is not committed does not reach the disk by itself.
    with running({**DURABLE, "wal_writer_delay": "10s", "autovacuum": "off"}) as server:
        server.new_database(DATABASE, "template0")
        yield server


@pytest.fixture
def standby(primary: OwnServer) -> Iterator[OwnServer]:
    """A synchronous one."""
    with standby_of(primary) as server:
        primary.commit_on_standby()
        yield server


@contextlib.asynccontextmanager
async def opened(address: str) -> AsyncIterator[Database]:
    store = await Store.open(PostgresUrl(address), clock=SystemClock(), secret_keys=[SECRET])
    try:
        yield store._database
    finally:
        await store.close()


class Addition:
    """A write of a row of its own. `midway` is called once, in the first run."""

    def __init__(self, midway: Callable[[], object] = lambda: None) -> None:
        self.name = f"addition {next(_numbers)}"
        self.runs = 0
        self._midway = midway

    def __call__(self, db: Connection) -> None:
        self.runs += 1
        db.execute("INSERT INTO meta (name, value) VALUES (?, 'x')", (self.name,))
        if self.runs == 1:
            self._midway()


async def is_there(database: Database, addition: Addition) -> bool:
    def look(db: Connection) -> bool:
        return db.execute("SELECT 1 FROM meta WHERE name = ?", (addition.name,)).fetchone() is not None

    return await database.read(look)


def of_both(primary: OwnServer, standby: OwnServer) -> str:
    """Return the address of whichever is the primary."""
    return f"postgresql://postgres@/{DATABASE}?host={primary.sockets},{standby.sockets}"


async def fail_over(primary: OwnServer, standby: OwnServer) -> None:
    await asyncio.to_thread(primary.crash)
    await asyncio.to_thread(standby.promote)


async def test_another_transaction_with_the_number_of_a_lost_one_is_not_taken_for_it(primary: OwnServer):
    with cable_to(primary) as cable:
        async with opened(cable.url(DATABASE)) as cut_off, opened(primary.dsn(DATABASE)) as other:
            await cut_off.write(Addition())
            lost = Addition()
            loss = cable.lose(Lost.THE_COMMIT, is_last=True)
            writing = asyncio.create_task(cut_off.write(lost))
            await asyncio.to_thread(loss.happened.wait, 60)
            await asyncio.to_thread(primary.crash)
            await asyncio.to_thread(primary.start)
            following = Addition()
            await other.write(following)
            numbers = [transaction_of(each) for each in (cut_off, other)]
            assert numbers[0] == numbers[1], "the number is used again"
            cable.mend()
            with pytest.raises(CommitUnknown):
                await writing
            assert lost.runs == 1
            assert [await is_there(other, each) for each in (lost, following)] == [False, True]


def transaction_of(database: Database) -> str:
    raw = database._writer._connection
    assert isinstance(raw, PostgresConnection)
    assert raw._transaction is not None
    return raw._transaction[0]


async def test_what_is_committed_is_on_the_new_primary_and_writes_go_on_there(primary: OwnServer, standby: OwnServer):
    async with opened(of_both(primary, standby)) as database:
        before, within, after = Addition(), Addition(primary.crash), Addition()
        assert facts_of_server(PostgresUrl(primary.dsn(DATABASE))) == [failover("on", "standby", 1), NO_PROCESS]
        await database.write(before)
        writing = asyncio.create_task(database.write(within))
        while within.runs == 0:  # noqa: ASYNC110 - of the other thread nothing tells
            await asyncio.sleep(0.01)
        await asyncio.to_thread(standby.promote)
        await writing
        await database.write(after)
        assert "may lose what was promised last" in facts_of_server(PostgresUrl(standby.dsn(DATABASE)))[0], "no standby"
        assert [each.runs for each in (before, within, after)] == [1, 2, 1]
        assert [await is_there(database, each) for each in (before, within, after)] == [True] * 3


async def test_a_commit_that_no_standby_has_is_not_acknowledged_and_is_run_again_on_the_new_primary(
    primary: OwnServer, standby: OwnServer
):
    async with opened(of_both(primary, standby)) as database:
        with standby.connect() as db:  # cut off
            db.execute("ALTER SYSTEM SET primary_conninfo = ''")
            db.execute("SELECT pg_reload_conf()")
        with primary.connect() as db:
            while db.execute("SELECT 1 FROM pg_stat_replication").fetchone() is not None:  # noqa: ASYNC110 - of a server
                await asyncio.sleep(0.05)
            addition = Addition()
            writing = asyncio.create_task(database.write(addition))
            waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            while db.execute(waits).fetchone() is None:  # noqa: ASYNC110 - the same
                await asyncio.sleep(0.05)
        assert not writing.done()
        await fail_over(primary, standby)
        await writing
        assert addition.runs == 2
        assert await is_there(database, addition)


async def test_a_commit_whose_answer_went_down_with_the_primary_is_not_repeated(primary: OwnServer, standby: OwnServer):
    with cable_to(primary) as to_primary, cable_to(standby) as to_standby:
        hosts = f"127.0.0.1:{to_primary.port},127.0.0.1:{to_standby.port}"
        async with opened(f"postgresql://postgres@{hosts}/{DATABASE}") as database:
            addition = Addition()
            loss = to_primary.lose(Lost.ITS_ANSWER, is_last=True)
            writing = asyncio.create_task(database.write(addition))
            await asyncio.to_thread(loss.happened.wait, 60)
            await fail_over(primary, standby)
            with pytest.raises(CommitUnknown):
                await writing
            assert addition.runs == 1
            assert await is_there(database, addition)


async def test_a_standby_alone_is_waited_for_and_not_read(primary: OwnServer, standby: OwnServer):
    async with opened(of_both(primary, standby)) as database:
        addition = Addition()
        await database.write(addition)
        await asyncio.to_thread(primary.crash)
        reading = asyncio.create_task(is_there(database, addition))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(reading), 1.0)
        assert not reading.done()
        await asyncio.to_thread(standby.promote)
        assert await reading


async def test_a_connection_to_a_server_that_has_become_a_standby_is_made_again(primary: OwnServer, standby: OwnServer):
    url = PostgresUrl(of_both(primary, standby))
    with contextlib.closing(PostgresConnection(url)) as db:
        db._raw.close()
        db._raw = connected(PostgresUrl(f"{standby.dsn(DATABASE)}&target_session_attrs=any"))
        db.execute("BEGIN IMMEDIATE")
        assert db.execute("SELECT pg_is_in_recovery()").fetchone()[0] == 0
        db.execute("COMMIT")
