"""Which process has which shard: never two, and a lost session has none."""

from __future__ import annotations

from collections.abc import AsyncIterator

import psycopg
import pytest

from bot.errors import StoreError
from bot.fleet.postgresql.database import OnServer
from bot.fleet.postgresql.listener import AnnouncementListener
from bot.fleet.postgresql.server import facts_of_server
from bot.fleet.postgresql.shard_locks import ShardLocks
from bot.runtime.clock import SystemClock
from bot.settings import PostgresUrl
from bot.store import Store

SHARDS = 5
NONE: frozenset[int] = frozenset()


@pytest.fixture
async def processes(empty_postgres_database: str) -> AsyncIterator[list[AnnouncementListener]]:
    url, keys = PostgresUrl(empty_postgres_database), ["k" * 44]
    stores = [await Store.open(url, clock=SystemClock(), secret_keys=keys) for _ in range(3)]
    yield [store.rows(OnServer).database.locks for store in stores]
    for store in stores:
        await store.close()


@pytest.fixture
def locks(processes: list[AnnouncementListener]) -> list[ShardLocks]:
    return [ShardLocks(each) for each in processes]


async def settled(*processes: ShardLocks) -> list[frozenset[int]]:
    """Let each do what it is told until nothing changes; return what each has."""
    held = dict.fromkeys(processes, NONE)
    for _ in range(4):
        for each in processes:
            found = await each.keep(held[each], SHARDS, among=1)
            given = frozenset(sorted(found.ids)[: found.surplus])
            await each.release(given)
            held[each] = found.ids - given
    return list(held.values())


async def test_shares_are_even_and_no_shard_is_two_processes(locks: list[ShardLocks]):
    first, second, third = locks
    assert await first.join(wanted=None, recommended=SHARDS) == SHARDS
    assert await settled(first) == [frozenset(range(SHARDS))]
    assert (await second.keep(NONE, SHARDS, among=1)).ids == NONE, "nothing is taken from a living process"
    held = await settled(*locks)
    assert sorted(map(len, held)) == [1, 2, 2]
    assert NONE.union(*held) == frozenset(range(SHARDS))
    assert await settled(*locks) == held, "then nothing moves"
    await first.leave()
    assert sorted(map(len, await settled(second, third))) == [2, 3]


async def test_a_check_says_who_has_which_shard(locks: list[ShardLocks], empty_postgres_database: str):
    first, second, _ = locks
    await first.join(wanted=2, recommended=2)
    await first.keep(NONE, 2, among=1)
    await second.keep(NONE, 2, among=1)
    failover, *processes = facts_of_server(PostgresUrl(empty_postgres_database))
    assert "no commit waits for a standby (0 connected, synchronous_commit is on" in failover
    assert sorted(each.partition(" has ")[2] or each.rpartition(" waits ")[2] for each in processes) == [
        "for a shard.",
        "shards 0, 1.",
    ]


async def test_the_first_process_decides_how_many_shards_there_are(locks: list[ShardLocks]):
    first, second, third = locks
    assert await first.join(wanted=None, recommended=4) == 4
    assert await second.join(wanted=None, recommended=9) == 4
    assert await third.join(wanted=6, recommended=9) == 4, "refused: others run with 4"
    assert (await first.keep(NONE, 4, among=1)).processes == 2, "who is refused is no member"
    await first.leave()
    await second.leave()
    assert await third.join(wanted=6, recommended=9) == 6
    assert (await second.keep(NONE, 4, among=1)).shard_count == 6, "and who comes back is told"


async def test_a_lost_session_has_nothing_and_takes_its_own_alone_at_first(
    locks: list[ShardLocks], processes: list[AnnouncementListener], empty_postgres_database: str
):
    first, second, _ = locks
    own, others = await settled(first, second)
    session = first.session
    with psycopg.connect(empty_postgres_database, autocommit=True) as db:
        pid = await processes[0].ask(lambda raw: raw.info.backend_pid)
        db.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
    assert (await second.keep(others, SHARDS, among=2)).ids == others
    found = None
    while found is None:
        try:
            found = await first.keep(own, SHARDS, among=2)
        except StoreError:  # it was lost with the session
            assert first.session != session
    assert (found.ids, found.session) == (own, first.session)
    assert found.session != session
