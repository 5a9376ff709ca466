from __future__ import annotations

import sqlite3
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import Job, JobState, LedgerKind
from bot.domain.money.spend_request import Draw, Verdict
from bot.store import Spending, Store

GUILD, AUTHOR = 700, 42


async def give(store: Store, amount: str, *, expires_at: float | None = None, member_id: int = AUTHOR) -> int:
    made = await store.grants.add(GUILD, member_id, Decimal(amount), note="for you", by_id=1, expires_at=expires_at)
    return made.id


async def take(store: Store, made: Any, held: str, *parts: tuple[int, str]) -> Job:
    """Accept a job of which grants pay these parts."""
    card = made.card(GUILD)
    draws = tuple(Draw(item=0, grant_id=grant_id, credits=Decimal(part)) for grant_id, part in parts)
    verdict = Verdict(states=(JobState.SUBMITTING,), draws=draws)
    return (await store.cards.accept(card, [made.job(card, 0, held)], lambda _: verdict))[1][0]


async def left(store: Store) -> dict[int, Decimal]:
    return {grant.id: grant.left for grant in await store.grants.of_member(GUILD, AUTHOR, used_up=True)}


async def spent(store: Store) -> tuple[Decimal, Decimal]:
    """What counts for the member's limits, and for the server's."""

    def look(books: Spending) -> tuple[Decimal, Decimal]:
        return (
            books.spent(0, member=True, operation="", channel_id=0),
            books.spent(0, member=False, operation="", channel_id=0),
        )

    found: tuple[Decimal, Decimal] = await store.spending.view(GUILD, AUTHOR, look)
    return found


async def test_a_grant_comes_back_as_it_was_given_and_is_in_the_ledger(store: Store, clock: Any) -> None:
    made = await store.grants.add(GUILD, AUTHOR, Decimal("12.5"), note="Well done", by_id=7, expires_at=clock.now + 9)
    assert (made.member_id, made.credits, made.left, made.note) == (
        AUTHOR,
        Decimal("12.5"),
        Decimal("12.5"),
        "Well done",
    )
    assert (made.granted_by, made.granted_at, made.expires_at) == (7, clock.now, clock.now + 9)
    assert await store.grants.of_member(GUILD, AUTHOR) == [made]
    [row] = await store.ledger.rows(GUILD)
    assert (row.kind, row.credits, row.member_id, row.job_id) == (LedgerKind.GRANT, Decimal("12.5"), AUTHOR, None)
    assert (await store.ledger.balance(GUILD)).held == 0


async def test_grants_come_soonest_to_expire_first_and_those_for_good_last(store: Store, clock: Any) -> None:
    for_good = await give(store, "1")
    late = await give(store, "1", expires_at=clock.now + 50)
    soon = await give(store, "1", expires_at=clock.now + 5)
    same = await give(store, "1", expires_at=clock.now + 5)
    await give(store, "1", member_id=AUTHOR + 1)
    assert [grant.id for grant in await store.grants.of_member(GUILD, AUTHOR)] == [soon, same, late, for_good]
    clock.now += 5
    assert [grant.id for grant in await store.grants.of_member(GUILD, AUTHOR)] == [late, for_good]
    assert len(await store.grants.of_member(GUILD, AUTHOR, used_up=True)) == 4


async def test_a_used_up_grant_is_not_offered_again(store: Store, made: Any) -> None:
    grant_id = await give(store, "5")
    await take(store, made, "5", (grant_id, "5"))
    assert await store.grants.of_member(GUILD, AUTHOR) == []
    assert await left(store) == {grant_id: 0}


async def test_what_a_grant_pays_is_not_on_the_members_limits_but_on_the_servers(store: Store, made: Any) -> None:
    grant_id = await give(store, "20")
    await take(store, made, "12", (grant_id, "5"))
    assert await spent(store) == (7, 12)
    assert await left(store) == {grant_id: 15}


async def test_a_released_job_gives_its_grants_back(store: Store, made: Any) -> None:
    one, two = await give(store, "5"), await give(store, "5")
    job = await take(store, made, "10", (one, "5"), (two, "3"))
    assert await left(store) == {one: 0, two: 2}
    await store.jobs.change(job, JobState.FAILED, release=True)
    assert await left(store) == {one: 5, two: 5}
    assert await spent(store) == (0, 0)


@pytest.mark.parametrize(
    ("cost", "kept", "counted"),
    [
        ("0", (5, 5), 0),
        ("3", (2, 5), 0),
        ("6.5", (0, Decimal("3.5")), 0),
        ("10", (0, 2), 2),
        ("30", (0, 2), 22),  # an overshoot is the member's own
    ],
)
async def test_grants_pay_the_true_cost_and_keep_the_rest(
    store: Store, made: Any, cost: str, kept: tuple[Decimal, Decimal], counted: Decimal
) -> None:
    one, two = await give(store, "5", expires_at=2e9), await give(store, "5")
    job = await take(store, made, "10", (two, "3"), (one, "5"))
    await store.jobs.change(job, JobState.DELIVERED, settle=Decimal(cost))
    assert await left(store) == {one: kept[0], two: kept[1]}
    assert await spent(store) == (counted, Decimal(cost))


async def test_many_jobs_share_a_grant(store: Store, made: Any) -> None:
    grant_id = await give(store, "10")
    jobs = [await take(store, made, "4", (grant_id, "3")) for _ in range(3)]
    await store.jobs.change(jobs[0], JobState.FAILED, release=True)
    await store.jobs.change(jobs[1], JobState.DELIVERED, settle=Decimal(1))
    assert await left(store) == {grant_id: 6}


async def test_a_decision_sees_what_is_left_now(store: Store, made: Any, clock: Any) -> None:
    grant_id = await give(store, "10")
    await give(store, "10", expires_at=clock.now)
    await take(store, made, "4", (grant_id, "4"))
    seen: list[Any] = []
    card = made.card(GUILD)
    await store.cards.accept(card, [made.job(card)], lambda books: seen.extend(books.grants()))
    assert [(grant.id, grant.left) for grant in seen] == [(grant_id, 6)]


@pytest.mark.parametrize("amount", ["0", "-1", "1000000000"])
async def test_a_grant_of_nothing_or_too_much_is_refused(store: Store, amount: str) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        await give(store, amount)
    assert await store.ledger.rows(GUILD) == []


async def test_a_draw_that_makes_no_sense_takes_the_card_with_it(store: Store, made: Any) -> None:
    grant_id = await give(store, "5")
    elsewhere = await store.grants.add(GUILD + 1, AUTHOR, Decimal(5), note="", by_id=1, expires_at=None)
    for parts in ([(grant_id, "0")], [(99, "1")], [(elsewhere.id, "1")], [(grant_id, "1"), (grant_id, "1")]):
        with pytest.raises(sqlite3.IntegrityError):
            await take(store, made, "10", *parts)
    assert await store.job_lists.counts(GUILD) == {}
    assert await left(store) == {grant_id: 5}
