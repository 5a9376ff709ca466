from __future__ import annotations

import datetime as dt
import itertools
import zoneinfo
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.models import JobState, LedgerKind
from bot.store import Store
from bot.store.money import reports
from bot.store.money.reports import START
from tests.support.examples import examples

GUILD, OTHER = 700, 701
DAY_S = 86_400.0


async def pay(
    store: Store, clock: Any, accepted: Any, cost: str, *, at: float, guild_id: int = GUILD, **job: Any
) -> Any:
    clock.now = at
    _, (made,) = await accepted(store, "10", guild_id=guild_id, **job)
    paid = await store.jobs.change(made, JobState.DELIVERED, settle=Decimal(cost))
    assert paid is not None
    return paid


def settled(rows: Any, start: float, end: float) -> Decimal:
    lines = [row.credits for row in rows if row.kind is LedgerKind.SETTLE and start <= row.at < end]
    return sum(lines, Decimal(0))


async def test_holds_releases_and_grants_are_not_spent(store: Store, clock: Any, accepted: Any) -> None:
    clock.now = 5 * DAY_S
    _, (failed, _open) = await accepted(store, "10", "20")
    await store.jobs.change(failed, JobState.FAILED, release=True)
    await store.grants.add(GUILD, 42, Decimal(50), note="", by_id=1, expires_at=None)
    found = await store.reports.totals(GUILD, [(0, 10 * DAY_S)])
    assert (found.total, found.members, found.operations, found.jobs, found.first_at) == (0, (), (), 0, None)


@settings(
    max_examples=examples(quick=8, long=25),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    paid=st.lists(
        st.tuples(
            st.integers(0, 9 * 24),
            st.integers(0, 99_999),
            st.sampled_from([42, 43, 44]),
            st.sampled_from(["image.generate", "video.generate"]),
            st.sampled_from([GUILD, OTHER]),
        ),
        max_size=12,
    ),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia"]),
)
async def test_every_sum_is_the_ledgers_whatever_was_paid_and_in_every_zone(
    open_store: Any, clock: Any, accepted: Any, databases: Any, paid: list[Any], zone: str
) -> None:
    store = await open_store(databases.new(), secret_keys=("x" * 32,))
    first = dt.datetime(2026, 3, 25, tzinfo=zoneinfo.ZoneInfo(zone))  # clocks change within these days
    dates = [first.date() + dt.timedelta(days=day) for day in range(11)]
    starts = [dt.datetime.combine(date, dt.time(), first.tzinfo).timestamp() for date in dates]
    for hours, milli, member, operation, guild_id in sorted(paid):
        await pay(
            store, clock, accepted, str(Decimal(milli) / 1000), at=first.timestamp() + hours * 3600.0,
            guild_id=guild_id, author_id=member, operation=operation,
        )  # fmt: skip
    spans = list(itertools.pairwise(starts))
    found = await store.reports.totals(GUILD, spans)
    rows = await store.ledger.rows(GUILD)
    assert list(found.spans) == [settled(rows, *span) for span in spans]
    assert found.total == settled(rows, starts[0], starts[-1])
    assert found.total == sum((spent for _, spent in found.members), Decimal(0))
    assert found.total == sum((spent for _, spent in found.operations), Decimal(0))
    await store.close()


# ---------------------------------------------------------------------- export


async def everything(next_page: Any, **options: Any) -> list[Any]:
    rows: list[Any] = []
    mark = START
    while mark is not None:
        page = await next_page(GUILD, after=mark, **options)
        assert len(page.rows) <= options.get("limit", 1000)
        rows += page.rows
        mark = page.after
    return rows


@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
async def test_pages_together_have_every_line_once_and_in_order(
    store: Store, clock: Any, accepted: Any, limit: int
) -> None:
    for _ in range(4):
        await pay(store, clock, accepted, "1.5", at=1000.0)  # all at the same moment
        await pay(store, clock, accepted, "99", at=1000.0, guild_id=OTHER)
    rows = await everything(store.reports.ledger_page, limit=limit)
    ledger = await store.ledger.rows(GUILD)
    assert [row["id"] for row in rows] == [line.id for line in reversed(ledger)]
    assert [row["credits"] for row in rows] == [line.credits for line in reversed(ledger)]


async def test_an_export_may_begin_later(store: Store, clock: Any, accepted: Any) -> None:
    await pay(store, clock, accepted, "1", at=1000.0)
    late = await pay(store, clock, accepted, "2", at=3000.0)
    rows = await everything(store.reports.ledger_page, since=2000.0)
    assert {row["job_id"] for row in rows} == {late.id}
    assert [(row["kind"], row["credits"], row["time"]) for row in rows] == [
        ("hold", Decimal(10), "1970-01-01T00:50:00+00:00"),
        ("settle", Decimal(2), "1970-01-01T00:50:00+00:00"),
    ]


@pytest.mark.sqlite_only("SQLite's plans")
@pytest.mark.parametrize("member_id", [None, 3])
async def test_no_export_reads_a_whole_table_or_another_guilds_lines(store: Store, member_id: int | None) -> None:
    values = {"guild_id": 1, "since": 0.0, "page_at": -1.0, "page_id": 0, "limit": 9, "member_id": member_id}
    plan = await store._database.read(
        lambda db: [row["detail"] for row in db.execute(f"EXPLAIN QUERY PLAN {reports._LEDGER}", values)]
    )
    assert not [step for step in plan if step.startswith("SCAN")], plan
    assert "guild_id=?" in plan[0], plan
    assert not [step for step in plan if "TEMP B-TREE" in step], plan
