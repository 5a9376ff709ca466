from __future__ import annotations

import asyncio
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from bot.domain.models import END_STATES, OPEN_STATES, Card, Job, JobState, LedgerKind
from bot.errors import Refused, StoreError
from bot.settings import PostgresUrl
from bot.store import Spending, Store
from bot.store.engine.columns import from_milli, to_milli
from tests.store.conftest import HandClock
from tests.support.claims import claimed_by
from tests.support.databases import OnPostgres, on_postgres
from tests.support.examples import examples

Open = Callable[..., Awaitable[Store]]
NO_REPLACE = pytest.mark.sqlite_only("PostgreSQL has no OR REPLACE")


async def run(store: Store, sql: str, *values: object) -> None:
    await store._database.write(lambda db: db.execute(sql, values).rowcount)


async def test_a_settled_job_costs_what_it_truly_cost(store: Store, accepted: Any, clock: Any) -> None:
    card, (job,) = await accepted(store, "10")
    clock.now += 5
    await store.jobs.change(job, JobState.DELIVERED, settle=Decimal("12.345"), cost=Decimal("12.345"))
    sums = await store.ledger.balance(card.guild_id)
    assert (sums.spent, sums.held) == (Decimal("12.345"), 0)
    newest = (await store.ledger.rows(card.guild_id, limit=1))[0]
    assert (newest.kind, newest.credits, newest.job_id, newest.at) == (
        LedgerKind.SETTLE,
        Decimal("12.345"),
        job.id,
        clock.now,
    )
    assert len(await store.ledger.rows(card.guild_id, since=clock.now)) == 1
    assert len(await store.ledger.rows(card.guild_id)) == 2


async def test_a_released_job_costs_nothing(store: Store, accepted: Any) -> None:
    card, (job,) = await accepted(store, "10")
    await store.jobs.change(job, JobState.EXPIRED, release=True)
    sums = await store.ledger.balance(card.guild_id)
    assert (sums.spent, sums.held) == (0, 0)


@pytest.mark.parametrize("first", ["settle", "release"])
@pytest.mark.parametrize("second", ["settle", "release"])
async def test_a_hold_is_closed_once(store: Store, accepted: Any, first: str, second: str) -> None:
    card, (job,) = await accepted(store, "10")
    how: dict[str, dict[str, Any]] = {"settle": {"settle": Decimal(3)}, "release": {"release": True}}
    ended = await store.jobs.change(job, JobState.HELD, **how[first])
    assert ended is not None
    before = await store.ledger.rows(card.guild_id)
    with pytest.raises(StoreError, match="already settled or released"):
        await store.jobs.change(ended, JobState.FAILED, **how[second])
    assert await store.ledger.rows(card.guild_id) == before
    assert await store.jobs.get(card.guild_id, job.id) == ended
    for kind, milli in (("settle", 1), ("release", 10_000), ("hold", 10_000)):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            await run(
                store,
                "INSERT INTO ledger (guild_id, member_id, job_id, kind, credits_milli, at) VALUES (?, 1, ?, ?, ?, 1)",
                card.guild_id, job.id, kind, milli,
            )  # fmt: skip


async def test_a_job_settled_early_may_end_without_more(store: Store, accepted: Any) -> None:
    card, (job,) = await accepted(store, "10")
    ready = await store.jobs.change(job, JobState.READY, settle=Decimal(4))
    assert ready is not None
    sums = await store.ledger.balance(card.guild_id)
    assert (sums.spent, sums.held) == (4, 0)
    held = await store.jobs.change(ready, JobState.HELD)
    assert held is not None
    assert await store.jobs.change(held, JobState.DELIVERED) is not None


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger SET credits_milli = 0",
        "UPDATE ledger SET at = at",
        "DELETE FROM ledger",
        pytest.param(
            "INSERT OR REPLACE INTO ledger SELECT id, guild_id, member_id, job_id, kind, 0, at, practice FROM ledger",
            marks=NO_REPLACE,
        ),
        pytest.param(
            "REPLACE INTO ledger SELECT 99, guild_id, member_id, job_id, kind, credits_milli, at, practice FROM ledger",
            marks=NO_REPLACE,
        ),
        pytest.param("UPDATE OR REPLACE ledger SET kind = 'grant'", marks=NO_REPLACE),
    ],
)
async def test_nothing_changes_a_line_of_the_ledger(store: Store, accepted: Any, sql: str) -> None:
    card, _ = await accepted(store, "10")
    before = await store.ledger.rows(card.guild_id)
    with pytest.raises(sqlite3.IntegrityError, match=r"append-only|what the job holds"):
        await run(store, sql)
    assert await store.ledger.rows(card.guild_id) == before


@pytest.mark.parametrize(
    ("job", "guild_id", "kind", "milli"),
    [
        ("other", 700, "settle", 1),  # no hold
        ("other", 700, "release", 1),
        ("job", 701, "settle", 1),  # another guild's job
        ("job", 700, "release", 9_999),  # not all of it
        ("job", 700, "settle", -1),
        ("job", 700, "settle", 10**12),
        ("job", 700, "gift", 1),
        (None, 700, "settle", 1),
        (None, 700, "hold", 1),
        (None, 0, "grant", 1),
        (None, 700, "grant", -1),
        ("unheld", 700, "hold", 1),  # not what the job says
    ],
)
async def test_a_line_that_makes_no_sense_is_refused(
    store: Store, accepted: Any, made: Any, job: str | None, guild_id: int, kind: str, milli: int
) -> None:
    card, (held,) = await accepted(store, "10")
    ids = {"job": held.id, "other": "J9", "unheld": held.id, None: None}
    with pytest.raises(sqlite3.IntegrityError):
        await run(
            store,
            "INSERT INTO ledger (guild_id, member_id, job_id, kind, credits_milli, at) VALUES (?, 1, ?, ?, ?, 1)",
            guild_id, ids[job], kind, milli,
        )  # fmt: skip
    assert len(await store.ledger.rows(card.guild_id)) == 1


async def test_a_cost_that_a_thousandth_cannot_hold_is_refused(store: Store, accepted: Any) -> None:
    card, (job,) = await accepted(store, "10")
    for wrong in ("0.0001", "NaN", "Infinity"):
        with pytest.raises(ValueError, match="thousandth"):
            await store.jobs.change(job, JobState.DELIVERED, settle=Decimal(wrong))
    with pytest.raises(sqlite3.IntegrityError):
        await store.jobs.change(job, JobState.DELIVERED, settle=Decimal(-1))
    assert await store.jobs.get(card.guild_id, job.id) == job


@pytest.mark.parametrize("milli", [0, 1, 999, 1000, 999_999_999_999])
def test_thousandths_are_exact(milli: int) -> None:
    assert to_milli(from_milli(milli)) == milli


@dataclass
class Known:
    """What the model knows of a job."""

    job: Job
    member: int
    open_hold: Decimal
    spent: Decimal = Decimal(0)
    closed: bool = False


credits_of_a_job = st.integers(0, 50_000).map(from_milli)


class Books(RuleBasedStateMachine):
    """Any sequence of what the store can do, against books kept in a dictionary."""

    jobs = Bundle("jobs")
    GUILDS = (1, 2)
    LIMIT = Decimal(100)

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.known: dict[str, Known] = {}
        self.number = 0
        self.open()

    @property
    def place(self) -> Path | PostgresUrl:
        return Path(self.directory.name) / "bot.db"

    def open(self) -> None:
        self.store = self.runner.run(Store.open(self.place, clock=HandClock(1000.0), secret_keys=("x" * 32,)))

    def teardown(self) -> None:
        self.runner.run(self.store.close())
        self.runner.close()
        self.directory.cleanup()

    def committed(self, guild_id: int) -> Decimal:
        return sum(
            (known.open_hold + known.spent for known in self.known.values() if known.job.guild_id == guild_id),
            Decimal(0),
        )

    @rule(
        target=jobs,
        guild_id=st.sampled_from(GUILDS),
        member=st.integers(1, 3),
        holds=st.lists(credits_of_a_job, min_size=1, max_size=3),
        answered=st.booleans(),
    )
    def accept(self, guild_id: int, member: int, holds: list[Decimal], answered: bool) -> Any:
        self.number += 1
        card = Card(
            id=f"C{self.number}", guild_id=guild_id, channel_id=1, author_id=member, interaction_id=self.number,
            created_at=float(self.number), answered=answered,
        )  # fmt: skip
        jobs = [
            Job(
                id=f"J{self.number}-{position}",
                card_id=card.id,
                guild_id=guild_id,
                position=position,
                author_id=member,
                operation="image.generate",
                input={},
                state=JobState.SUBMITTING,
                key_id=None,
                held=held,
                basis="fixed",
                idempotency_key=f"{self.number}-{position}",
                created_at=1.0,
            )
            for position, held in enumerate(holds)
        ]

        def decide(spending: Spending) -> None:
            assert spending.spent(0, member=False, operation="", channel_id=0) == self.committed(guild_id)
            if spending.spent(0, member=False, operation="", channel_id=0) + sum(holds) > self.LIMIT:
                raise Refused("Over the limit.")

        fits = self.committed(guild_id) + sum(holds) <= self.LIMIT
        try:
            _, stored, is_new = self.runner.run(self.store.cards.accept(card, jobs, decide))
        except Refused:
            assert not fits
            return multiple()
        assert fits
        assert is_new
        assert not self.runner.run(self.store.cards.accept(card, jobs, decide))[2]
        self.known |= {job.id: Known(job, member, job.held) for job in stored}
        return multiple(*(job.id for job in stored))

    @rule(
        job_id=jobs,
        to=st.sampled_from(sorted(JobState)),
        settle=st.none() | credits_of_a_job,
        release=st.booleans(),
        is_stale=st.booleans(),
    )
    def change(self, job_id: str, to: JobState, settle: Decimal | None, release: bool, is_stale: bool) -> None:
        known = self.known[job_id]
        seen = known.job
        if is_stale:
            others = sorted(OPEN_STATES - {seen.state})
            seen = Job(**{name: getattr(seen, name) for name in Job.__slots__} | {"state": others[0]})
        closes = settle is not None or release
        try:
            changed = self.runner.run(self.store.jobs.change(seen, to, settle=settle, release=release))
        except ValueError:
            ends_open = to in END_STATES and not closes and not known.closed
            assert ends_open or (settle is not None and release) or (release and to not in END_STATES)
            return
        except StoreError:
            assert known.closed
            assert closes
            return
        if is_stale:
            assert changed is None
            return
        assert changed is not None
        known.job = changed
        if closes:
            known.closed, known.open_hold, known.spent = True, Decimal(0), settle or Decimal(0)

    @rule(job_id=jobs)
    def drop(self, job_id: str) -> None:
        job = self.known[job_id].job
        self.runner.run(self.store.cards.drop(job.guild_id, job.card_id, "Dropped."))
        for other in self.runner.run(self.store.jobs.of_card(job.guild_id, job.card_id)):
            known = self.known[other.id]
            if other.state is not known.job.state:
                assert not known.job.state.ended
                assert other.state is JobState.CANCELLED
                known.closed, known.open_hold = True, Decimal(0)
            known.job = other

    @rule()
    def claim(self) -> None:
        for job in self.runner.run(claimed_by(self.store, "p1")):
            assert self.known[job.id].job.lease is None
            self.known[job.id].job = job

    @rule()
    def restart(self) -> None:
        self.runner.run(self.store.close())
        self.open()

    @invariant()
    def sums_match(self) -> None:
        for guild_id in self.GUILDS:
            mine = [known for known in self.known.values() if known.job.guild_id == guild_id]
            sums = self.runner.run(self.store.ledger.balance(guild_id))
            assert sums.held == sum(known.open_hold for known in mine)
            assert sums.spent == sum(known.spent for known in mine)
        assert self.runner.run(self.store.check()) == []


TestBooks = Books.TestCase
TestBooks.settings = settings(
    max_examples=examples(quick=3, long=60),
    stateful_step_count=30,
    suppress_health_check=list(HealthCheck),
)


class BooksOnPostgres(OnPostgres, Books):
    """The same on the other database."""


BooksOnPostgres.TestCase.settings = settings(Books.TestCase.settings, max_examples=examples(quick=3, long=10))
TestBooksOnPostgres = on_postgres(BooksOnPostgres.TestCase)

WORKLOAD = """
import asyncio, itertools, pathlib, sys
from decimal import Decimal
from bot.runtime.clock import SystemClock
from bot.domain.models import Card, Job, JobState, new_id
from bot.store import Store

async def one(store):
    card = Card(id=new_id(), guild_id=1, channel_id=1, author_id=1, interaction_id=None, created_at=1.0, answered=True)
    jobs = [
        Job(id=new_id(), card_id=card.id, guild_id=1, position=n, author_id=1, operation="o", input={},
            state=JobState.SUBMITTING, key_id=None, held=Decimal(7), basis="fixed",
            idempotency_key=new_id(), created_at=1.0)
        for n in range(2)
    ]
    _, (first, second), _ = await store.cards.accept(card, jobs, lambda _: None)
    print("accepted", flush=True)
    await store.jobs.change(first, JobState.DELIVERED, settle=Decimal(5))
    print("settled", flush=True)
    await store.jobs.change(second, JobState.FAILED, release=True)

async def main():
    store = await Store.open(pathlib.Path(sys.argv[1]), clock=SystemClock())
    await asyncio.gather(*(worker(store) for _ in range(3)))

async def worker(store):
    while True:
        await one(store)

asyncio.run(main())
"""


@pytest.mark.sqlite_only("the file of a process that is killed")
@pytest.mark.parametrize("kills", [2, pytest.param(5, marks=pytest.mark.long)])
async def test_the_books_survive_kill_at_any_moment(open_store: Open, path: Path, kills: int) -> None:
    # What a process was told is stored must be there after it was killed; the moment is chosen by what it has said.
    source = random.Random(7)
    accepted = settled = 0
    for _ in range(kills):
        lines = source.randrange(1, 60)
        with subprocess.Popen(  # noqa: ASYNC220 - its output is read in a thread
            [sys.executable, "-c", WORKLOAD, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            said = [await asyncio.to_thread(process.stdout.readline) for _ in range(lines)]
            process.kill()
            said += await asyncio.to_thread(process.stdout.readlines)
        accepted += sum(line == "accepted\n" for line in said)
        settled += sum(line == "settled\n" for line in said)
        store = await open_store()
        assert await store.check() == []
        rows = await store.ledger.rows(1)
        sums = await store.ledger.balance(1)
        kinds = [row.kind for row in rows]
        holds, settles, releases = (
            kinds.count(kind) for kind in (LedgerKind.HOLD, LedgerKind.SETTLE, LedgerKind.RELEASE)
        )
        assert holds % 2 == 0
        assert holds >= 2 * accepted > 0
        assert settles >= settled
        assert sums.spent == 5 * settles
        assert sums.held == 7 * (holds - settles - releases)
        await store.close()
