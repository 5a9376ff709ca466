"""A random number takes the place of a member who had their data deleted, once no limit counts by their own."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.domain.money.spend_request import Draw, Verdict
from bot.domain.server.events import EventState, ServerEvent
from bot.domain.server.guild_rules import Limit, Period, Rules, Scope
from bot.store import Record, Store
from bot.store.guild import gone
from tests.store.conftest import GUILD, HandClock, Made
from tests.store.test_guild_isolation import TABLES

MEMBER, OTHER = 123_456_789_012_345_678, 123_456_789_012_345_679
DAY_S = 86_400.0
MONTH_S = 32 * DAY_S


@pytest.fixture
def done(store: Store, made: Made, clock: HandClock) -> Callable[..., Any]:
    """Has a member pay for jobs of one card that are done."""

    async def pay(*costs: str, member_id: int = MEMBER) -> Any:
        card = made.card(GUILD, author_id=member_id, role_ids=(7,))
        jobs = [made.job(card, position, "10") for position, _ in enumerate(costs)]
        _, stored, _ = await store.cards.accept(card, jobs, lambda _: None)
        await store.cards.mark_answered(GUILD, card.id, 900, 55)
        ended = []
        for job, cost in zip(stored, costs, strict=True):
            ready = await store.jobs.change(job, JobState.READY)
            assert ready is not None
            ended.append(await store.jobs.change(ready, JobState.DELIVERED, settle=Decimal(cost), message_id=9))
        clock.now += 1
        return ended[0]

    return pay


async def spent_since(store: Store, since: float) -> Decimal:
    found: Decimal = await store.spending.view(
        GUILD, MEMBER, lambda spending: spending.spent(since, member=True, operation="", channel_id=0)
    )
    return found


async def named(store: Store, member_id: int = MEMBER) -> set[str]:
    """Return the tables with rows that name the member in any way."""
    return await store._database.read(
        lambda db: {
            table
            for table in TABLES
            for row in db.execute(f"SELECT * FROM {table}").fetchall()
            if str(member_id) in repr(tuple(row))
        }
    )


async def test_it_takes_it_everywhere_when_the_month_has_ended(
    store: Store, clock: HandClock, done: Callable[..., Any]
):
    job = await done("4", "3")
    others = await done("2", member_id=OTHER)
    await store.grants.add(GUILD, MEMBER, Decimal(5), note="", by_id=MEMBER, expires_at=clock.now + 9)
    await store.questions.report(GUILD, others.id, MEMBER, most_a_day=9, record=lambda _: None)
    await store.blocks.add(GUILD, MEMBER, until=clock.now + 9, reason="", by_id=MEMBER)
    await store.alerts.note(GUILD, f"reaction:{MEMBER}", until=clock.now + 9)
    text = f"<@{MEMBER}> canceled <@{OTHER}>'s job."
    about = {"member": MEMBER, "members": [str(MEMBER), OTHER]}
    await store.decisions.add(GUILD, lambda _: Record(by_id=MEMBER, kind="cancel", text=text, about=about))
    books = await store.ledger.rows(GUILD)
    await store.privacy.erase(GUILD, MEMBER)
    assert await store.former_members.replace_due() == 0
    assert await store.ledger.rows(GUILD) == books

    clock.now += MONTH_S
    assert await store.former_members.replace_due() == 2
    assert await named(store) == set()
    report = await store.reports.totals(GUILD, [(0, clock.now)])
    [(number, spent), (other, _)] = report.members
    assert (spent, other) == (Decimal(7), OTHER)
    assert number < 0
    line, *_ = await store.decisions.all(GUILD)
    assert (line.by_id, line.text) == (number, text.replace(str(MEMBER), str(number)))
    assert line.about == {"member": number, "members": [str(number), OTHER]}
    kept = await store.jobs.get(GUILD, job.id)
    card = await store.cards.get(GUILD, job.card_id)
    assert kept is not None
    assert card is not None
    assert (kept.author_id, card.author_id, card.role_ids) == (number, number, ())
    assert [replace(row, member_id=0) for row in await store.ledger.rows(GUILD)] == [
        replace(row, member_id=0) for row in books
    ]
    assert await store.check() == []


async def test_deleting_data_is_no_way_to_refill_a_limit(store: Store, clock: HandClock, done: Callable[..., Any]):
    since = Period.MONTH.start(clock.now, Rules().zone)
    await done("4")
    await store.privacy.erase(GUILD, MEMBER)
    await store.former_members.replace_due()
    assert await spent_since(store, since) == 4
    await store.limits.set(GUILD, Limit(scope=Scope.EVERYONE, period=Period.TOTAL, credits=Decimal(5)), by_id=1)
    clock.now += 400 * DAY_S
    await store.former_members.replace_due()
    assert await spent_since(store, 0) == 4, "this limit counts for ever"


async def test_deleting_data_over_a_month_s_end_is_no_way_to_refill_the_cap_of_a_purse(
    store: Store, made: Made, clock: HandClock
):
    event = ServerEvent(
        id="E1", guild_id=GUILD, channel_id=55, theme="Cats", purse=Decimal(100), cap=Decimal(30),
        prizes=(), made_by=1, begins_at=clock.now,
        ends_at=clock.now + 2 * MONTH_S,
    )  # fmt: skip
    begun = await store.events.add(event, record=lambda _: None)
    assert begun is not None
    await store.events.join(GUILD, "E1", MEMBER)
    card = made.card(GUILD, author_id=MEMBER)
    draw = Draw(item=0, grant_id=begun.grant_id, credits=Decimal(30))
    verdict = Verdict(states=(JobState.SUBMITTING,), draws=(draw,))
    _, (job,), _ = await store.cards.accept(card, [made.job(card, 0, "30")], lambda _: verdict)
    await store.jobs.change(job, JobState.DELIVERED, settle=Decimal(30))
    clock.now += 1
    await store.privacy.erase(GUILD, MEMBER)
    clock.now += MONTH_S
    await store.former_members.replace_due()
    assert (await store.events.use(begun, MEMBER)).of_member == 30
    clock.now = event.ends_at
    assert await store.events.end(begun, EventState.ENDED, (), record=lambda _: None) is not None
    clock.now += MONTH_S
    await store.former_members.replace_due()
    assert "jobs" not in await named(store)


async def test_what_came_after_the_request_and_what_still_applies_keep_their_member(
    store: Store, clock: HandClock, done: Callable[..., Any]
):
    await done("4")
    await store.grants.add(GUILD, MEMBER, Decimal(5), note="", by_id=1, expires_at=clock.now + 2 * MONTH_S)
    await store.blocks.add(GUILD, MEMBER, until=None, reason="", by_id=1)
    await store.privacy.erase(GUILD, MEMBER)
    clock.now += DAY_S
    later = await done("6")
    clock.now += MONTH_S
    await store.former_members.replace_due()
    assert [each.left for each in await store.grants.of_member(GUILD, MEMBER)] == [5]
    assert await store.blocks.active(GUILD, MEMBER) is not None
    assert {row.job_id for row in await store.ledger.rows(GUILD) if row.member_id == MEMBER} == {later.id}
    clock.now += MONTH_S
    await store.blocks.remove(GUILD, MEMBER)
    await store.former_members.replace_due()
    assert await named(store) == {"jobs", "cards", "ledger", "running_totals"}, "of the later job"


async def test_many_jobs_get_one_number_in_several_turns(
    store: Store, clock: HandClock, done: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(gone, "BATCH", 2)
    for _ in range(5):
        await done("1")
    await store.privacy.erase(GUILD, MEMBER)
    clock.now += MONTH_S
    assert [await store.former_members.replace_due() for _ in range(4)] == [2, 2, 1, 0]
    assert len({row.member_id for row in await store.ledger.rows(GUILD)}) == 1
    assert await named(store) == set()


async def test_of_a_server_that_is_gone_all_members_are_replaced_at_once(
    store: Store, clock: HandClock, done: Callable[..., Any]
):
    await done("4")
    await done("2", member_id=OTHER)
    await store.grants.add(GUILD, MEMBER, Decimal(5), note="", by_id=OTHER, expires_at=None)
    await store.retention.give_up(GUILD)
    await store.retention.erase_some(GUILD, clock.now, lambda _: False)
    assert await store.retention.clear_out(GUILD, clock.now) == 0
    assert await store.former_members.replace_due() == 2
    assert await named(store) | await named(store, OTHER) == set()
    assert len({row.member_id for row in await store.ledger.rows(GUILD)}) == 2


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger SET credits_milli = 0",
        "UPDATE ledger SET member_id = -1",
        f"UPDATE ledger SET member_id = {OTHER}",
        "UPDATE ledger SET member_id = (SELECT number FROM former_members), credits_milli = credits_milli + 1",
        "UPDATE decisions SET text = 'nothing'",
    ],
)
async def test_nothing_else_of_the_books_and_the_record_can_be_changed(
    store: Store, done: Callable[..., Any], change: str
):
    await done("4")
    await store.decisions.add(GUILD, lambda _: Record(by_id=OTHER, kind="block", text="a line", about={}))
    await store.privacy.erase(GUILD, MEMBER)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        await store._database.write(lambda db: db.execute(change).rowcount)
