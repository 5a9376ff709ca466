"""Writes of several processes on one database: those of one scope follow each other, others overlap, and none deadlock.

Each store here has connections and a writer's thread of its own, as a process has.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, NoReturn, Self

import psycopg
import pytest

from bot.domain.jobs.durations import Durations
from bot.domain.models import Card, Job, JobState, new_id
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.errors import Refused
from bot.fleet.postgresql.connection import PostgresConnection
from bot.runtime.clock import SystemClock
from bot.settings import PostgresUrl
from bot.store import Store
from bot.store.engine.repository import set_meta
from bot.store.jobs.ending import end_unsent
from bot.store.jobs.rows import job_in
from bot.store.sql import EVERYTHING, HOST, Connection, WriteScope, of_guild
from tests.support.totals import differing

pytestmark = [pytest.mark.long, pytest.mark.quiet]

SECRET = "the secret of all processes of this fleet"
ONE, OTHER = 700, 701
HANGS_S = 60.0


@pytest.fixture
async def stores(postgres_database: str) -> AsyncIterator[Sequence[Store]]:
    """Four stores on one database."""
    async with contextlib.AsyncExitStack() as stack:
        made = []
        for _ in range(4):
            made.append(await Store.open(PostgresUrl(postgres_database), clock=SystemClock(), secret_keys=[SECRET]))
            stack.push_async_callback(made[-1].close)
        yield made


@pytest.fixture
def asked(postgres_database: str) -> Iterator[psycopg.Connection]:
    """A connection that looks at the server."""
    with psycopg.connect(postgres_database, autocommit=True) as db:
        yield db


@pytest.fixture
def errors(monkeypatch: pytest.MonkeyPatch) -> Counter[str | None]:
    """The server's errors by SQLSTATE, also those after which a write was repeated."""
    seen: Counter[str | None] = Counter()
    raise_ = PostgresConnection._raise

    def noted(connection: PostgresConnection, error: psycopg.Error) -> NoReturn:
        seen[error.sqlstate] += 1
        raise_(connection, error)

    monkeypatch.setattr(PostgresConnection, "_raise", noted)
    return seen


def until_one_waits(db: psycopg.Connection, kind: str = "advisory") -> None:
    """Return once a session of the database waits for a lock of this kind. Blocks."""
    query = (
        "SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE datname = current_database() AND locktype = %s AND NOT granted"
    )
    until = time.monotonic() + HANGS_S
    while db.execute(query, [kind]).fetchone() is None:
        assert time.monotonic() < until


class Held:
    """A write that has begun and does not end before it is let go."""

    def __init__(self, store: Store, scope: WriteScope, within: Callable[[Connection], Any] = lambda _db: None) -> None:
        self._began, self._goes_on = threading.Event(), threading.Event()
        self._within = within
        self._task = asyncio.ensure_future(store._database.write(self._hold, scope))

    def _hold(self, db: Connection) -> Any:
        result = self._within(db)
        self._began.set()
        while not self._goes_on.wait(0.5):  # the server ends a session that is idle in a transaction
            db.execute("SELECT 1")
        return result

    async def __aenter__(self) -> Self:
        assert await asyncio.to_thread(self._began.wait, HANGS_S)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.let_go()

    async def let_go(self) -> Any:
        self._goes_on.set()
        return await self._task


def note(name: str) -> Callable[[Connection], None]:
    return lambda db: set_meta(db, name, "written")


async def test_a_write_of_one_server_does_not_wait_for_one_of_another(stores: Sequence[Store]) -> None:
    async with Held(stores[0], of_guild(ONE)), asyncio.timeout(HANGS_S):
        await stores[1].limits.set(OTHER, limit(5), by_id=1)
        await stores[1].settings.change(OTHER, lambda rules: replace(rules, paused=True))
    async with Held(stores[0], HOST), asyncio.timeout(HANGS_S):
        await stores[1].limits.set(OTHER, limit(6), by_id=1)
    async with Held(stores[0], of_guild(ONE, host=True)), asyncio.timeout(HANGS_S):
        await stores[1].limits.set(OTHER, limit(7), by_id=1)
    assert [each.credits for each in await stores[2].limits.all(OTHER)] == [7]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (of_guild(ONE), of_guild(ONE)),
        (HOST, HOST),
        (of_guild(ONE, host=True), of_guild(ONE)),
        (of_guild(ONE, host=True), of_guild(OTHER, host=True)),
        (EVERYTHING, of_guild(ONE)),
        (EVERYTHING, HOST),
        (of_guild(ONE), EVERYTHING),
        (HOST, EVERYTHING),
        (EVERYTHING, EVERYTHING),
    ],
)
async def test_writes_that_share_something_follow_each_other(
    stores: Sequence[Store], asked: psycopg.Connection, first: WriteScope, second: WriteScope
) -> None:
    def seen(db: Connection) -> bool:
        return db.execute("SELECT 1 FROM meta WHERE name = 'first'").fetchone() is not None

    async with Held(stores[0], first, note("first")):
        following = asyncio.ensure_future(stores[1]._database.write(seen, second))
        await asyncio.to_thread(until_one_waits, asked)
        assert not following.done()
    assert await following


async def test_a_group_passes_over_what_another_process_writes_and_keeps_the_order_of_each_server(
    stores: Sequence[Store],
) -> None:
    """While it has locks itself, it waits for no other: it comes back to that write with nothing in its hands."""
    order: list[str] = []

    def write(name: str, guild_id: int) -> asyncio.Future[None]:
        return asyncio.ensure_future(stores[1]._database.write(lambda _db: order.append(name), of_guild(guild_id)))

    async with Held(stores[0], of_guild(OTHER)):
        async with Held(stores[1], of_guild(ONE)):  # what is requested meanwhile waits together
            own = [write("one", ONE)]
            passed = [write("other, first", OTHER), write("other, second", OTHER)]
            own += [write("one again", ONE), write("third", 702)]
            await asyncio.sleep(0)
        async with asyncio.timeout(HANGS_S):
            await asyncio.gather(*own)
        assert order == ["one", "one again", "third"]
        assert not any(each.done() for each in passed)
    await asyncio.gather(*passed)
    assert order[3:] == ["other, first", "other, second"]


def adding(names: Sequence[str]) -> Callable[[Connection], None]:
    """Add one to each number by reading and writing it, which is right only if no other does meanwhile."""

    def add(db: Connection) -> None:
        for name in names:
            row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
            set_meta(db, name, str(1 + (0 if row is None else int(row[0]))))

    return add


async def test_random_scopes_of_four_processes_lose_no_change_and_never_deadlock(
    stores: Sequence[Store], asked: psycopg.Connection, errors: Counter[str | None]
) -> None:
    rng = random.Random(34)
    guilds = range(ONE, ONE + 5)
    expected = dict.fromkeys([*map(str, guilds), "host"], 0)
    writes = []
    for number in range(600):
        guild_id = rng.choice(guilds)
        scope, names = rng.choices(
            [
                (of_guild(guild_id), [str(guild_id)]),
                (of_guild(guild_id, host=True), [str(guild_id), "host"]),
                (HOST, ["host"]),
                (EVERYTHING, list(expected)),
            ],
            weights=[60, 20, 15, 5],
        )[0]
        for name in names:
            expected[name] += 1
        writes.append(stores[number % len(stores)]._database.write(adding(names), scope))
    async with asyncio.timeout(10 * HANGS_S):
        await asyncio.gather(*writes)
    found = asked.execute("SELECT name, value FROM meta WHERE name = ANY (%s)", [list(expected)]).fetchall()
    assert {name: int(value) for name, value in found} == expected
    assert errors == {}


# ---------------------------------------------------------------------- the product's own writes


def limit(credits_: int, scope: Scope = Scope.SERVER) -> Limit:
    return Limit(scope=scope, scope_id=0, period=Period.MONTH, credits=Decimal(credits_))


def card_with_job(guild_id: int, number: int, *, key_id: int | None) -> tuple[Card, Job]:
    now = SystemClock().wall()
    card = Card(
        id=new_id(), guild_id=guild_id, channel_id=55, author_id=42, interaction_id=10**18 + number, token=None,
        token_expires_at=0, created_at=now,
    )  # fmt: skip
    job = Job(
        id=new_id(), card_id=card.id, guild_id=guild_id, position=0, author_id=42, operation="image.generate",
        input={"prompt": "a fox"}, state=JobState.SUBMITTING, idempotency_key=new_id(), key_id=key_id,
        held=Decimal(10), basis="fixed", created_at=now,
    )  # fmt: skip
    return card, job


async def accepted(store: Store, guild_id: int, number: int, *, key_id: int | None = None) -> Job:
    card, job = card_with_job(guild_id, number, key_id=key_id)
    await store.cards.accept(card, [job], lambda _: None)
    await store.cards.mark_answered(guild_id, card.id, 10**18 + number, 55)
    return job


async def ended(store: Store, job: Job, rng: random.Random) -> None:
    """Let a job go its way: cancelled by its author, or claimed by whichever process comes first."""
    if rng.random() < 0.3:
        await store.cancellation.cancel(job.guild_id, job.id, "no longer wanted")
        return
    stored = await store.jobs.get(job.guild_id, job.id)
    if stored is None or stored.state.ended:
        return
    learned = Durations.prior("image").to_json()
    await store.histograms.set({(job.operation, f"model {rng.randrange(3)}", ""): learned for _ in range(2)})
    if (ready := await store.jobs.change(stored, JobState.READY)) is not None:
        await store.jobs.advance(ready, JobState.DELIVERED, settle=Decimal(7))


async def test_books_stay_equal_while_four_processes_accept_claim_cancel_and_settle(
    stores: Sequence[Store], asked: psycopg.Connection, errors: Counter[str | None]
) -> None:
    rng = random.Random(7)
    guilds, tokens = range(ONE, ONE + 6), [new_id() for _ in stores]
    for store in stores:
        store.limit_host_key([limit(120, Scope.HOST_TOTAL)])

    async def follow(number: int) -> None:
        place = number % len(stores)
        store, token = stores[place], tokens[place]
        try:
            job = await accepted(store, guilds[number % len(guilds)], number)
        except Refused:
            return
        await store.leases.claim(token, limit=3)
        await ended(stores[rng.randrange(len(stores))], job, rng)
        await store.queue.start_waiting(job.guild_id)

    async with asyncio.timeout(10 * HANGS_S):
        await asyncio.gather(*map(follow, range(160)))
    assert errors == {}
    assert await differing(stores[0]) == []
    assert await stores[0].check() == []
    ended_jobs = "SELECT count(*) FROM jobs WHERE lease IS NOT NULL AND state IN ('cancelled', 'delivered')"
    assert asked.execute(ended_jobs).fetchall() == [(0,)]


async def test_a_job_that_is_claimed_while_it_is_cancelled_ends_without_a_lease(stores: Sequence[Store]) -> None:
    job = await accepted(stores[0], ONE, 1)
    token = new_id()
    loop, runs = asyncio.get_running_loop(), []

    def cancel(db: Connection) -> Job:
        found = job_in(db, ONE, job.id)
        assert found is not None
        runs.append(found.lease)
        if len(runs) == 1:
            claim = stores[1].leases.claim(token, limit=10)
            assert [each.id for each in asyncio.run_coroutine_threadsafe(claim, loop).result(HANGS_S)] == [job.id]
        return end_unsent(db, found, JobState.CANCELLED, "no longer wanted", 0)

    await stores[0]._database.write(cancel, of_guild(ONE))
    assert runs == [None, token]
    stored = await stores[0].jobs.get(ONE, job.id)
    assert stored is not None
    assert (stored.state, stored.lease) == (JobState.CANCELLED, None)


async def test_a_claim_waits_for_no_server_and_leaves_what_one_changes_just_now(stores: Sequence[Store]) -> None:
    changed, free = [await accepted(stores[0], ONE, number) for number in (1, 2)]
    token = new_id()

    def touch(db: Connection) -> None:
        db.execute("UPDATE jobs SET next_at = 0 WHERE id = ?", (changed.id,))

    async with Held(stores[0], of_guild(ONE), touch), asyncio.timeout(HANGS_S):
        assert [each.id for each in await stores[1].leases.claim(token, limit=10)] == [free.id]
        assert await stores[1].leases.claim(token, limit=10) == []
    assert [each.id for each in await stores[1].leases.claim(token, limit=10)] == [changed.id]


async def test_the_hosts_limit_over_two_servers_spends_no_credit_too_much(stores: Sequence[Store]) -> None:
    for store in stores:
        store.limit_host_key([limit(55, Scope.HOST_TOTAL)])

    async def take(number: int) -> bool:
        store, guild_id = stores[number % len(stores)], ONE + number % 7
        card, job = card_with_job(guild_id, number, key_id=None)

        def decide(known: Any) -> None:
            if known.spent_on_host_key(0, everywhere=True) + job.held > known.host_limits[0].credits:
                raise Refused("too much")

        with contextlib.suppress(Refused):
            await store.cards.accept(card, [job], decide)
            return True
        return False

    async with asyncio.timeout(10 * HANGS_S):
        won = await asyncio.gather(*map(take, range(40)))
    assert sum(won) == 5
