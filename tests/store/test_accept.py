from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest

from bot.domain.models import JobState, LedgerKind, Media, MediaKind
from bot.domain.money.spend_request import Verdict
from bot.errors import Refused
from bot.store import Spending, Store
from tests.support.claims import claimed_by

Open = Callable[..., Awaitable[Store]]


def allow(_: Spending) -> None:
    """Let everything be."""


async def test_card_and_jobs_come_back_as_they_were_stored(store: Store, made: Any) -> None:
    card = made.card(private=True, locale="de")
    jobs = [
        made.job(
            card, 1, "0.001", input=MappingProxyType({"prompt": "nul \x00, half \ud800", "many": ("a", "b"), "n": 1.5}),
        ),
        made.job(
            card, 0, "999999999.999", state=JobState.WAITING, parent_id="J0", next_at=7.5, output={"a": [1]},
            media=(Media(url="https://a/b", kind=MediaKind.VIDEO, key="video_url"),),
        ),
    ]  # fmt: skip
    stored = await store.cards.accept(card, jobs, allow)
    verdict = Verdict(states=(JobState.SUBMITTING, JobState.WAITING))
    expected = (card, (jobs[1], replace(jobs[0], input=dict(jobs[0].input) | {"many": ["a", "b"]})), verdict)
    assert stored == expected
    assert await store.cards.with_jobs(card.guild_id, card.id) == expected[:2]
    assert await store.cards.get(card.guild_id, card.id) == card
    assert await store.jobs.of_card(card.guild_id, card.id) == expected[1]
    assert await store.jobs.get(card.guild_id, jobs[1].id) == jobs[1]
    with pytest.raises(TypeError):
        stored[1][0].input["prompt"] = "other"  # type: ignore[index]  # that it cannot be done is the test


async def test_each_job_gets_one_hold(store: Store, accepted: Any, clock: Any) -> None:
    card, jobs = await accepted(store, "10", "2.5")
    rows = await store.ledger.rows(card.guild_id)
    assert [(row.job_id, row.kind, row.credits, row.member_id, row.at) for row in rows] == [
        (jobs[1].id, LedgerKind.HOLD, Decimal("2.5"), card.author_id, clock.now),
        (jobs[0].id, LedgerKind.HOLD, Decimal(10), card.author_id, clock.now),
    ]
    assert (await store.ledger.balance(card.guild_id)).held == Decimal("12.5")


async def test_a_refusal_stores_nothing(store: Store, made: Any) -> None:
    card = made.card()

    def refuse(_: Spending) -> None:
        raise Refused("Not today.")

    with pytest.raises(Refused, match="Not today"):
        await store.cards.accept(card, [made.job(card)], refuse)
    assert await store.cards.get(card.guild_id, card.id) is None
    assert await store.ledger.rows(card.guild_id) == []


async def test_a_job_that_cannot_be_stored_takes_its_card_with_it(store: Store, made: Any) -> None:
    card = made.card()
    jobs = [made.job(card, 0), made.job(card, 0)]
    with pytest.raises(sqlite3.IntegrityError):
        await store.cards.accept(card, jobs, allow)
    assert await store.cards.get(card.guild_id, card.id) is None
    assert await store.ledger.rows(card.guild_id) == []


async def test_wrong_jobs_are_refused(store: Store, made: Any) -> None:
    card, other = made.card(1), made.card(2)
    key = made.job(card)
    for jobs in (
        [],
        [made.job(other)],
        [replace(made.job(card), guild_id=2)],
        [made.job(card, state=JobState.DELIVERED)],
        [made.job(card, lease="mine")],
        [made.job(card, held="0.0001")],
        [made.job(card, held="NaN")],
        [made.job(card, held="-1")],
        [made.job(card, input={"n": float("nan")})],
        [key, replace(made.job(card, 1), idempotency_key=key.idempotency_key)],
    ):
        with pytest.raises((ValueError, sqlite3.IntegrityError)):
            await store.cards.accept(card, jobs, allow)
    assert await store.cards.get(1, card.id) is None


async def test_one_interaction_in_parallel_gives_one_card(open_store: Open, made: Any) -> None:
    stores = [await open_store(), await open_store()]
    decisions: list[Spending] = []

    async def one(number: int) -> tuple[str, str, bool]:
        card = made.card(interaction_id=77)
        stored, jobs, verdict = await stores[number % 2].cards.accept(card, [made.job(card)], decisions.append)
        return stored.id, jobs[0].id, verdict is not None

    answers = await asyncio.gather(*(one(number) for number in range(20)))
    assert len({answer[:2] for answer in answers}) == 1
    assert sum(is_new for _, _, is_new in answers) == 1
    assert len(decisions) == 1
    assert len(await stores[0].ledger.rows(700)) == 1


async def test_cards_without_an_interaction_are_never_duplicates(store: Store, made: Any) -> None:
    for _ in range(2):
        card = made.card(interaction_id=None)
        assert (await store.cards.accept(card, [made.job(card)], allow))[2]


async def test_of_fifty_at_once_exactly_as_many_win_as_fit(open_store: Open, made: Any) -> None:
    stores = [await open_store(), await open_store()]
    budget = Decimal(100)

    def fits(spending: Spending) -> None:
        if spending.spent(0, member=False, operation="", channel_id=0) + 15 > budget:
            raise Refused("The server has no credits left.")

    async def one(number: int) -> bool:
        card = made.card(author_id=number + 1)
        try:
            jobs = [made.job(card, 0, "7"), made.job(card, 1, "8")]
            return (await stores[number % 2].cards.accept(card, jobs, fits))[2] is not None
        except Refused:
            return False

    won = await asyncio.gather(*(one(number) for number in range(50)))
    assert sum(won) == 6
    assert (await stores[0].ledger.balance(700)).held == 90


async def test_the_last_credits_go_to_exactly_one_of_fifty(store: Store, made: Any) -> None:
    def once(spending: Spending) -> None:
        if spending.held_of_guild:
            raise Refused("Nothing left.")

    async def one() -> None:
        card = made.card()
        await store.cards.accept(card, [made.job(card)], once)

    outcomes = await asyncio.gather(*(one() for _ in range(50)), return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 49


async def test_a_decision_sees_the_books_as_they_are(store: Store, made: Any, accepted: Any, clock: Any) -> None:
    _, (old, freed) = await accepted(store, "10", "20")
    await store.jobs.change(old, JobState.DELIVERED, settle=Decimal(4))
    await store.jobs.change(freed, JobState.FAILED, release=True)
    clock.now += 100
    await accepted(store, "1")
    await accepted(store, "2", author_id=8)
    await accepted(store, "5", state=JobState.WAITING)
    await accepted(store, "1000", guild_id=701)
    seen: dict[str, object] = {}

    def look(spending: Spending) -> None:
        seen.update(
            member=spending.running_of_member,
            guild=spending.running_of_guild,
            held=spending.held_of_guild,
            ever=spending.spent(0, member=False, operation="", channel_id=0),
            mine=spending.spent(0, member=True, operation="", channel_id=0),
            lately=spending.spent(clock.now, member=False, operation="", channel_id=0),
        )

    card = made.card()
    await store.cards.accept(card, [made.job(card)], look)
    assert seen == {"member": 1, "guild": 2, "held": 8, "ever": 12, "mine": 10, "lately": 8}


async def test_a_job_counts_in_the_period_in_which_it_was_accepted(
    store: Store, made: Any, accepted: Any, clock: Any
) -> None:
    _, (job,) = await accepted(store, "10")
    midnight = clock.now + 1
    clock.now += 1000
    await store.jobs.change(job, JobState.DELIVERED, settle=Decimal(3))
    seen: list[Decimal] = []
    card = made.card()
    await store.cards.accept(
        card,
        [made.job(card)],
        lambda books: seen.extend(
            books.spent(since, member=False, operation="", channel_id=0) for since in (midnight, midnight - 2)
        ),
    )
    assert seen == [0, 3]


async def test_cancelled_callers_leave_whole_cards_or_none(store: Store, made: Any) -> None:
    cards = []
    for number in range(75):
        card = made.card()
        cards.append(card)
        jobs = [made.job(card, position) for position in range(3)]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(store.cards.accept(card, jobs, allow), timeout=2 ** (number % 15) * 0.0001)
    found = [await store.cards.with_jobs(card.guild_id, card.id) for card in cards]
    stored = [pair[1] for pair in found if pair]
    assert stored
    assert all(len(jobs) == 3 for jobs in stored)
    assert (await store.ledger.balance(700)).held == 30 * len(stored)
    assert await store.check() == []


async def test_only_answered_cards_are_claimed(store: Store, accepted: Any, clock: Any) -> None:
    card, (job,) = await accepted(store, answered=False)
    assert await claimed_by(store, "p1") == []
    assert [unanswered.id for unanswered in await store.cards.unanswered()] == [card.id]
    await store.cards.mark_answered(card.guild_id, card.id, 901, 902)
    assert await store.cards.unanswered() == []
    kept = await store.cards.get(card.guild_id, card.id)
    assert kept is not None
    assert (kept.answered, kept.message_id, kept.message_channel_id, kept.token) == (True, 901, 902, card.token)
    assert [claimed.id for claimed in await claimed_by(store, "p1")] == [job.id]


async def test_unanswered_cards_come_oldest_first_and_capped(store: Store, accepted: Any) -> None:
    cards = [(await accepted(store, answered=False))[0] for _ in range(3)]
    assert [card.id for card in await store.cards.unanswered(limit=2)] == [card.id for card in cards[:2]]
    assert (await store.cards.unanswered())[0].token == cards[0].token


async def test_a_moved_card_loses_its_token(store: Store, accepted: Any) -> None:
    card, _ = await accepted(store)
    await store.cards.move(card.guild_id, card.id, message_id=31, channel_id=32)
    moved = await store.cards.get(card.guild_id, card.id)
    assert moved is not None
    assert (moved.message_id, moved.message_channel_id, moved.token, moved.token_expires_at) == (31, 32, None, 0)


async def test_a_dropped_card_cancels_and_releases_what_was_never_sent(store: Store, accepted: Any, clock: Any) -> None:
    card, jobs = await accepted(store, "1", "2", "4", answered=False)
    sent = await store.jobs.change(jobs[2], JobState.SUBMITTING, attempts=1)
    assert sent is not None
    assert await store.cards.drop(card.guild_id, card.id, "Discord lost the answer.") == 2
    now = await store.jobs.of_card(card.guild_id, card.id)
    assert [job.state for job in now] == [JobState.CANCELLED, JobState.CANCELLED, JobState.SUBMITTING]
    assert (now[0].error, now[0].finished_at) == ("Discord lost the answer.", clock.now)
    assert (await store.ledger.balance(card.guild_id)).held == 4
    assert await store.cards.unanswered() == []
    assert await store.cards.drop(card.guild_id, card.id, "Again.") == 0
    assert await store.jobs.change(jobs[0], JobState.QUEUED) is None


async def test_a_card_that_was_answered_after_all_is_not_dropped(store: Store, accepted: Any) -> None:
    card, (job,) = await accepted(store)
    assert await store.cards.drop(card.guild_id, card.id, "Too late.") == 0
    assert await store.jobs.get(card.guild_id, job.id) == job
