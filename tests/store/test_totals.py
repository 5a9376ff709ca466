"""The running totals: what the ledger adds up to, whatever was done."""

from __future__ import annotations

import datetime as dt
import itertools
import sqlite3
import zoneinfo
from collections.abc import Awaitable, Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.models import JobState, LedgerKind
from bot.store import Store
from bot.store.money.totals import (
    HOST_ID,
    Totalled,
    booked,
    charged,
    first_spent_at,
    spent,
    spent_by_member,
    spent_by_operation,
)
from tests.store.conftest import GUILD, HandClock
from tests.support.totals import differing

Open = Callable[..., Awaitable[Store]]
OTHER = 701
DAY_S, HOUR_S = 86_400.0, 3600.0
MEMBERS, OPERATIONS, CHANNELS = (41, 42), ("image.generate", "video.generate"), (55, 56)


async def run(store: Store, sql: str, *values: object) -> int:
    changed: int = await store._database.write(lambda db: db.execute(sql, values).rowcount)
    return changed


async def accept(store: Store, made: Any, at: float, held: str = "10", *, guild_id: int = GUILD, **card: Any) -> Any:
    values = {name: card.pop(name) for name in ("operation", "key_id") if name in card}
    new = made.card(guild_id, created_at=at, answered=True, **card)
    _, (job,), _ = await store.cards.accept(new, [made.job(new, 0, held, **values)], lambda _: None)
    return job


# ---------------------------------------------------------------------- what is read

acts = st.lists(
    st.tuples(
        st.floats(0, 70, allow_nan=False),
        st.sampled_from(MEMBERS),
        st.sampled_from(OPERATIONS),
        st.sampled_from(CHANNELS),
        st.sampled_from([GUILD, OTHER]),
        st.sampled_from(["open", "settled", "released", "adjusted", "granted", "raised"]),
        st.integers(0, 9_999),
    ),
    min_size=1,
    max_size=9,
)
periods = st.lists(st.floats(0, 75, allow_nan=False), min_size=2, max_size=5).map(sorted)


async def play(store: Store, made: Any, clock: HandClock, act: tuple[Any, ...]) -> None:
    hours, member, operation, channel, guild_id, end, milli = act
    clock.now = max(clock.now, hours * HOUR_S)
    cost = Decimal(milli) / 1000
    where = {"author_id": member, "channel_id": channel, "category_id": 5, "guild_id": guild_id}
    job = await accept(store, made, hours * HOUR_S, operation=operation, **where)
    clock.now += milli
    if end == "raised":
        await store.jobs.raise_hold(job, cost + 10)
    if end == "granted":
        grant = await store.grants.add(guild_id, member, cost + 1, note="", by_id=1, expires_at=None)
        query = "INSERT INTO draws (guild_id, job_id, grant_id, credits_milli) VALUES (?, ?, ?, ?)"
        await run(store, query, guild_id, job.id, grant.id, milli + 1)
    if end in {"settled", "granted"}:
        await store.jobs.change(job, JobState.DELIVERED, settle=cost)
    if end in {"released", "adjusted"}:
        ended = await store.jobs.change(job, JobState.FAILED, release=True)
        if end == "adjusted":
            await run(store, "UPDATE jobs SET recheck_at = 1, remote_id = id WHERE id = ?", ended.id)
            assert await store.rechecks.billed(ended, cost) is not None


def milli(rows: Iterable[Sequence[Any]]) -> Decimal:
    return sum((Decimal(int(row[0])) for row in rows), Decimal(0)) / 1000


def every_sum(db: Any, since: float, until: float | None) -> None:
    """Compare each way of reading a period with the ledger's own rows."""
    end = 1e18 if until is None else until
    for guild_id, member, operation, channel in itertools.product(
        (GUILD, OTHER), (0, *MEMBERS), ("", *OPERATIONS), (0, *CHANNELS, 5)
    ):
        rows = db.execute(
            "SELECT charged_milli - (CASE WHEN ? = 0 THEN 0 ELSE drawn_milli END) FROM job_charges"
            " JOIN cards ON cards.id = card_id WHERE job_charges.guild_id = ? AND at >= ? AND at < ?"
            " AND (? = 0 OR member_id = ?) AND (? = '' OR operation = ?) AND (? = 0 OR ? IN (channel_id, category_id))",
            (member, guild_id, since, end, member, member, operation, operation, channel, channel),
        ).fetchall()
        of = Totalled(guild_id=guild_id, member_id=member, operation=operation, channel_id=channel)
        assert charged(db, of, since, until) == milli(rows), of
    for guild_id in (GUILD, OTHER):
        query = "SELECT charged_milli FROM job_charges WHERE key_id IS NULL AND at >= ? AND at < ? AND guild_id = ?"
        rows = db.execute(query, (since, end, guild_id)).fetchall()
        assert charged(db, Totalled(guild_id=HOST_ID, member_id=guild_id), since, until) == milli(rows)
        every_cost(db, guild_id, since, until)


def every_cost(db: Any, guild_id: int, since: float, until: float | None) -> None:
    lines = db.execute(
        "SELECT credits_milli, ledger.member_id, operation, kind FROM ledger JOIN jobs ON jobs.id = job_id"
        " WHERE ledger.guild_id = ? AND kind IN ('settle', 'adjust') AND at >= ? AND at < ?",
        (guild_id, since, 1e18 if until is None else until),
    ).fetchall()
    every = Totalled(guild_id=guild_id)
    assert (spent(db, every, since, until).credits, spent(db, every, since, until).jobs) == (milli(lines), len(lines))
    by_member = spent_by_member(db, every, since, until)
    assert by_member.keys() == {line[1] for line in lines}
    for member in MEMBERS:
        of, mine = Totalled(guild_id=guild_id, member_id=member), [line for line in lines if line[1] == member]
        found = by_member.get(member)
        assert spent(db, of, since, until).credits == milli(mine) == (Decimal(0) if found is None else found.credits)
        assert {key: each.credits for key, each in spent_by_operation(db, of, since, until).items()} == {
            operation: milli(line for line in mine if line[2] == operation) for operation in {line[2] for line in mine}
        }


@settings(
    max_examples=40 if settings.get_current_profile_name() == "long" else 6,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(acts=acts, moments=periods)
async def test_every_sum_of_every_period_is_the_ledgers(
    open_store: Open, databases: Any, made: Any, clock: HandClock, acts: list[Any], moments: list[float]
) -> None:
    store = await open_store(databases.new(), secret_keys=("x" * 32,))
    clock.now = 0.0
    for act in sorted(acts):
        await play(store, made, clock, act)
        assert await differing(store) == []
    pairs = [*itertools.combinations([hours * HOUR_S for hours in moments], 2), (moments[0] * HOUR_S, None)]
    for pair in pairs:
        await store._database.read(lambda db, pair=pair: every_sum(db, *pair))
    await store.close()


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu"])
async def test_a_day_of_any_zone_begins_at_its_midnight(store: Store, made: Any, zone: str) -> None:
    midnight = dt.datetime(2026, 3, 29, tzinfo=zoneinfo.ZoneInfo(zone)).timestamp()
    for at, held in ((midnight - 0.001, "1"), (midnight, "2"), (midnight + 23 * HOUR_S - 0.5, "4")):
        await accept(store, made, at, held)
    found = await store._database.read(
        lambda db: (
            charged(db, Totalled(guild_id=GUILD), midnight),
            charged(db, Totalled(guild_id=GUILD), 0, midnight),
            charged(db, Totalled(guild_id=GUILD, member_id=42), midnight, midnight + 23 * HOUR_S),
        )
    )
    assert found == (6, 1, 6)


async def test_a_job_is_paid_for_once_by_its_first_cost(store: Store, made: Any, clock: HandClock) -> None:
    clock.now = 5 * DAY_S
    job = await accept(store, made, clock.now)
    settled = await store.jobs.change(job, JobState.FAILED, settle=Decimal(3))
    assert settled is not None
    clock.now += DAY_S
    await run(store, "UPDATE jobs SET recheck_at = 1, remote_id = id WHERE id = ?", job.id)
    await store.rechecks.billed(settled, Decimal(2))
    every = Totalled(guild_id=GUILD)
    first, second, at = await store._database.read(
        lambda db: (
            spent(db, every, 0, 6 * DAY_S),
            spent(db, every, 6 * DAY_S),
            first_spent_at(db, every),
        )
    )
    assert [(each.credits, each.jobs) for each in (first, second)] == [(3, 1), (2, 0)]
    assert at == 5 * DAY_S
    sums = await store._database.read(lambda db: booked(db, GUILD, practice=False))
    assert (sums[LedgerKind.HOLD], sums[LedgerKind.SETTLE], sums[LedgerKind.ADJUST]) == (10, 3, 2)


async def test_another_key_takes_the_charge_from_the_hosts(store: Store, made: Any) -> None:
    key = (await store.keys.set(GUILD, "cs_live_abcdefgh", set_by=1, status=made.status())).key
    job = await accept(store, made, 1.0)
    host = Totalled(guild_id=HOST_ID)
    assert await store._database.read(lambda db: charged(db, host, 0)) == 10
    await store.jobs.change(job, JobState.QUEUED, key_id=key.id)
    assert await store._database.read(lambda db: charged(db, host, 0)) == 0
    sums = await store._database.read(lambda db: booked(db, GUILD, practice=False, key_id=key.id))
    assert sums[LedgerKind.HOLD] == 10
    assert await differing(store) == []


# ---------------------------------------------------------------------- how much is read


async def steps_of(store: Store, read: Callable[[Any], object]) -> int:
    """Return how many hundreds of steps SQLite's machine takes for it."""

    def count(db: sqlite3.Connection) -> int:
        steps = 0

        def step() -> None:
            nonlocal steps
            steps += 1

        db.set_progress_handler(step, 100)
        try:
            read(db)
        finally:
            db.set_progress_handler(None, 0)
        return steps

    counted: int = await store._database.read(count)  # type: ignore[arg-type]  # it is SQLite's own
    return counted


@pytest.mark.sqlite_only("SQLite's steps")
@pytest.mark.parametrize("member_id", [0, 42])
async def test_a_month_takes_no_longer_with_more_jobs_a_day(store: Store, made: Any, member_id: int) -> None:
    of = Totalled(guild_id=GUILD, member_id=member_id)
    steps = []
    for _ in range(2):
        for day in range(30):
            await accept(store, made, day * DAY_S + HOUR_S)
        steps.append(await steps_of(store, lambda db: charged(db, of, 0.0, 30 * DAY_S)))
        for day in range(30):
            for _ in range(5):
                await accept(store, made, day * DAY_S + HOUR_S + 1)
    assert steps[1] <= steps[0] + 1


@pytest.mark.sqlite_only("SQLite's plans")
async def test_no_sum_reads_a_whole_table_or_another_guilds_rows(store: Store) -> None:
    asked: list[str] = []

    def read(db: Any) -> None:
        db.set_trace_callback(asked.append)
        for member, operation, channel in itertools.product((0, 42), ("", "image.generate"), (0, 55)):
            of = Totalled(guild_id=GUILD, member_id=member, operation=operation, channel_id=channel)
            charged(db, of, 7.0, 9 * DAY_S + 7)
        for of in (Totalled(guild_id=GUILD), Totalled(guild_id=GUILD, member_id=42)):
            spent(db, of, 7.0, 9 * DAY_S + 7)
            spent_by_member(db, of, 7.0, 9 * DAY_S + 7)
            spent_by_operation(db, of, 7.0, 9 * DAY_S + 7)
            first_spent_at(db, of)
        charged(db, Totalled(guild_id=HOST_ID), 7.0, 9 * DAY_S + 7)
        charged(db, Totalled(guild_id=HOST_ID, member_id=GUILD), 7.0, 9 * DAY_S + 7)
        db.set_trace_callback(None)
        for query in asked:
            plan = [row["detail"] for row in db.execute(f"EXPLAIN QUERY PLAN {query}")]
            assert not [step for step in plan if step.startswith("SCAN")], (query, plan)
            of_host = "key_id IS NULL" in query
            assert "at>" in plan[0] or "since>" in plan[0], (query, plan)
            assert "guild_id=?" in plan[0] or (of_host and "created_at>" in plan[0]), (query, plan)

    await store._database.read(read)
    assert len(asked) > 30


# ---------------------------------------------------------------------- compared and set right

WRONG = {
    "a server's hour": "UPDATE running_totals SET charged_milli = charged_milli + 5"
    " WHERE guild_id = 700 AND member_id = 0 AND operation = ''",
    "a server's detail": "DELETE FROM running_totals WHERE guild_id = 700 AND member_id = 0 AND operation <> ''",
    "a member's day": "UPDATE running_totals SET spent_milli = 1, paid_jobs = 9"
    " WHERE guild_id = 700 AND member_id <> 0 AND operation = ''",
    "a member's detail": "UPDATE running_totals SET drawn_milli = 1"
    " WHERE guild_id = 700 AND member_id <> 0 AND operation <> ''",
    "a row of no job": "INSERT INTO running_totals VALUES (700, 1, 9, 86400, 'image.generate', 1, 2, 3, 4, 5, 6, 7)",
    "a row of no guild": "INSERT INTO running_totals VALUES (999, 0, 0, 86400, '', 0, 0, 0, 4, 5, 6, 7)",
    "no row at all": "DELETE FROM running_totals",
    "lines": "UPDATE ledger_totals SET credits_milli = credits_milli + 1 WHERE kind = 'hold'",
    "no lines at all": "DELETE FROM ledger_totals",
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_totals_that_are_wrong_are_found(store: Store, made: Any, wrong: str) -> None:
    for day in range(1, 6):
        job = await accept(store, made, day * DAY_S)
        await store.jobs.change(job, JobState.DELIVERED, settle=Decimal(day))
    assert await store.check() == []
    assert await run(store, WRONG[wrong])
    assert any("running totals" in problem for problem in await store.check())
    await store.close()  # else the fixture finds it, too
