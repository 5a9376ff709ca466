"""Which jobs a process of several has: those of its shards, until it gives them up or its session is lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest
import structlog

from bot.errors import DatabaseFailing, StoreError
from bot.fleet.claims import CLAIM_AGAIN_S, FleetClaims
from bot.fleet.postgresql import listener
from bot.fleet.postgresql.database import OnServer
from bot.fleet.postgresql.shard_locks import BACK_S, ShardLocks
from bot.jobs.follow.agenda import Agenda
from bot.jobs.worker import Worker as JobWorker
from bot.settings import PostgresUrl
from bot.store import Store

GUILDS = (700, 1 << 22)
"""A server of each of two shards."""
NONE: frozenset[int] = frozenset()


class Process:
    """The claims and locks of a process."""

    def __init__(self, store: Store, clock: Any) -> None:
        self.store, self.clock, self.agenda = store, clock, Agenda(clock)
        self.announced = 0
        self.claims = FleetClaims(store, self.agenda, clock, claimed=lambda _: None, announce_free=self._announce)
        self.session = store.rows(OnServer).database.locks
        self.locks = ShardLocks(self.session)
        self.held = NONE

    def _announce(self) -> None:
        self.announced += 1

    async def shards(self) -> None:
        """Take what is free, and give up what is too much."""
        found = await self.locks.keep(self.held, len(GUILDS), among=1)
        given = frozenset(sorted(found.ids)[: found.surplus])
        await self.locks.release(given)
        self.held = found.ids - given

    async def round(self) -> None:
        """Renew, and claim as after a signal."""
        self.claims.due = self.agenda.claim_due = 0.0
        await self.turn()
        for each in self.agenda.jobs.values():
            self.agenda.set_due(each, 60.0)

    async def turn(self) -> None:
        await self.claims.renew()
        await self.claims.claim()

    async def lose_session(self, database: str) -> None:
        session, pid = self.session.session, await self.session.ask(lambda raw: raw.info.backend_pid)
        with psycopg.connect(database, autocommit=True) as db:
            db.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
        while self.session.session in {0, session}:  # noqa: ASYNC110 - of another thread
            await asyncio.sleep(0.01)

    @property
    def guilds(self) -> list[int]:
        return sorted(each.guild_id for each in self.agenda.jobs.values())


@pytest.fixture
async def processes(empty_postgres_database: str, clock: Any, accepted: Any) -> AsyncIterator[list[Process]]:
    """Two processes; the first has both shards, and follows a job of each."""
    url, keys = PostgresUrl(empty_postgres_database), ["k" * 44]
    stores = [await Store.open(url, clock=clock, secret_keys=keys) for _ in range(2)]
    first, second = both = [Process(each, clock) for each in stores]
    stores[0].name_process("first")
    await first.shards()
    for guild_id in GUILDS:
        await accepted(stores[0], guild_id=guild_id)
    await first.round()
    assert first.guilds == sorted(GUILDS)
    await second.round()
    assert second.guilds == []
    yield both
    for store in stores:
        await store.close()


async def test_jobs_go_with_their_shard_once_their_turns_have_ended(processes: list[Process], accepted: Any):
    first, second = processes
    busy = next(each for each in first.agenda.jobs.values() if each.guild_id == GUILDS[0])
    await second.shards()
    await first.shards()
    await second.shards()
    assert (first.held, second.held) == ({1}, {0})
    busy.busy = True
    await first.round()
    await second.round()
    assert (first.guilds, second.guilds) == (sorted(GUILDS), []), "its turn is waited for"
    busy.busy = False
    await first.round()
    await second.round()
    assert (first.guilds, second.guilds) == ([GUILDS[1]], [GUILDS[0]])
    for guild_id in GUILDS:
        await accepted(first.store, guild_id=guild_id)
    await first.round()
    await second.round()
    assert (first.guilds, second.guilds) == ([GUILDS[1]] * 2, [GUILDS[0]] * 2), "so does what is new"


async def test_what_the_dead_had_is_taken_over_with_its_shards(processes: list[Process], empty_postgres_database: str):
    first, second = processes
    [mine, _] = (await first.store.leases.under(first.claims.lease, list(first.agenda.jobs))).values()
    await first.lose_session(empty_postgres_database)
    with structlog.testing.capture_logs() as lines:
        await second.round()
    assert [(each["event"], each["jobs"]) for each in lines] == [("worker.took_over", 2)]
    assert (second.guilds, second.announced) == ([], 1), "it has no shard yet"
    await second.shards()
    await second.round()
    assert second.guilds == sorted(GUILDS)
    assert await first.store.jobs.change(mine, mine.state, next_at=1.0) is None, "who wakes up changes nothing"
    await first.round()
    assert first.guilds == [], "nor follows it any more"


async def test_who_lost_its_own_session_takes_nothing_over_at_first(
    processes: list[Process], empty_postgres_database: str
):
    """The sessions of all may have been lost: then each has to find its own jobs again."""
    first, second = processes
    await first.lose_session(empty_postgres_database)
    await second.lose_session(empty_postgres_database)
    try:
        await second.round()
    except StoreError:  # it was lost with the session
        await second.round()
    ids = list(first.agenda.jobs)
    assert len(await first.store.leases.under(first.claims.lease, ids)) == 2, "it can still come back"
    second.clock.now += BACK_S
    await second.round()
    assert await first.store.leases.under(first.claims.lease, ids) == {}


async def test_jobs_of_a_dead_token_are_found_whenever_they_come(
    processes: list[Process], empty_postgres_database: str
):
    first, second = processes
    await second.round()
    dead = "UPDATE jobs SET lease = 'gone'"
    for _ in range(2):
        with psycopg.connect(empty_postgres_database, autocommit=True) as db:
            assert db.execute(dead).rowcount == len(GUILDS)
        await second.round()
        assert await first.store.leases.under("gone", list(first.agenda.jobs)) == {}


async def test_a_session_that_answers_nothing_is_ended_and_replaced(
    processes: list[Process], monkeypatch: pytest.MonkeyPatch
):
    first, _ = processes
    monkeypatch.setattr(listener, "ASKED_S", 0.1)
    before = first.session.session
    with pytest.raises(StoreError):
        await first.session.ask(lambda raw: raw.execute("SELECT pg_sleep(600)"))
    async with asyncio.timeout(10):
        while first.session.session in {0, before}:  # noqa: ASYNC110 - of another thread
            await asyncio.sleep(0.01)
    assert await first.session.ask(lambda raw: raw.info.backend_pid) == first.session.process


async def test_a_process_writes_nothing_once_its_session_is_lost_though_it_has_not_noticed(
    processes: list[Process], empty_postgres_database: str
):
    """As one that wakes from a pause: its shards are another's by then."""
    first, _ = processes
    sleeps, wakes, pid = threading.Event(), threading.Event(), first.session.process
    asleep = asyncio.ensure_future(first.session.ask(lambda _: (sleeps.set(), wakes.wait(10))))
    await asyncio.to_thread(sleeps.wait, 10)
    with psycopg.connect(empty_postgres_database, autocommit=True) as db:
        db.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
    assert first.session.process == pid
    with pytest.raises(DatabaseFailing):
        await first.store.meta.set("late", "x")
    assert await first.store.meta.get("late") is None
    wakes.set()
    await asyncio.wait([asleep])
    asleep.exception()
    async with asyncio.timeout(10):
        while first.session.process in {0, pid}:  # noqa: ASYNC110 - of another thread
            await asyncio.sleep(0.01)
    await first.store.meta.set("late", "x")


async def test_one_that_stops_leaves_what_has_no_turn_and_keeps_the_rest(processes: list[Process]):
    first, second = processes
    busy = next(each for each in first.agenda.jobs.values() if each.guild_id == GUILDS[0])
    busy.busy = True
    await first.locks.leave()
    await second.shards()
    await first.claims.leave()
    await second.round()
    assert (first.guilds, second.guilds) == ([GUILDS[0]], [GUILDS[1]])
    busy.busy = False
    await first.claims.leave()
    await second.round()
    assert (first.guilds, second.guilds) == ([], sorted(GUILDS))


async def test_what_a_claim_passes_over_is_claimed_a_moment_later(processes: list[Process], accepted: Any):
    """It passes over what another transaction changes, and no signal follows."""
    first, _ = processes
    await first.turn()
    await accepted(first.store)
    await first.turn()
    assert len(first.guilds) == 2, "not at once"
    first.clock.now += CLAIM_AGAIN_S
    await first.turn()
    assert len(first.guilds) == 3
    await accepted(first.store)
    first.clock.now += CLAIM_AGAIN_S
    await first.turn()
    assert len(first.guilds) == 3, "once only"


async def test_turns_may_end_while_a_worker_that_stops_hands_its_jobs_over(clock: Any):
    turns = {asyncio.create_task(asyncio.sleep(0))}
    calls: list[str] = []

    class Handing:
        async def leave(self) -> None:
            await asyncio.gather(*turns)
            turns.clear()
            calls.append("leave")

        async def drop(self) -> None:
            calls.append("drop")

    stopping = SimpleNamespace(_turns=turns, agenda=Agenda(clock), claims=Handing())
    await JobWorker.stop(cast("JobWorker", stopping))
    assert calls == ["leave", "drop"]
