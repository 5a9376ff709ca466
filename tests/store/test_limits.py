from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import Card, Job, JobState
from bot.domain.money.costs import ListedPrice
from bot.domain.server.guild_rules import Block, Limit, Payer, Period, Rules, Scope
from bot.store import Spending, Store

GUILD, AUTHOR = 700, 42
Open = Callable[..., Awaitable[Store]]


def limit(credits_: str = "10", **values: Any) -> Limit:
    return Limit(**({"scope": Scope.EVERYONE, "period": Period.DAY, "credits": Decimal(credits_)} | values))


async def spent(
    store: Store, *, since: float = 0, member: bool = False, operation: str = "", channel_id: int = 0
) -> Any:
    def look(books: Spending) -> Decimal:
        return books.spent(since, member=member, operation=operation, channel_id=channel_id)

    return await store.spending.view(GUILD, AUTHOR, look)


async def place(store: Store, made: Any, held: str, **values: Any) -> tuple[Card, Job]:
    of_job = {name: values.pop(name) for name in ("operation", "state") if name in values}
    card = made.card(GUILD, **values)
    _, (job,), _ = await store.cards.accept(card, [made.job(card, 0, held, **of_job)], lambda _: None)
    return card, job


# ---------------------------------------------------------------------- limits


async def test_a_limit_comes_back_as_it_was_set_and_a_new_one_for_the_same_replaces_it(
    store: Store, clock: Any
) -> None:
    first = await store.limits.set(GUILD, limit("10.001"), by_id=7)
    assert first == replace(limit("10.001"), id=first.id, set_by=7, set_at=clock.now)
    clock.now += 5
    again = await store.limits.set(GUILD, limit("20"), by_id=8)
    assert (again.id, again.credits, again.set_by, again.set_at) == (first.id, 20, 8, clock.now)
    assert await store.limits.all(GUILD) == (again,)


async def test_limits_for_other_things_are_kept_separately_in_the_order_they_were_set(store: Store) -> None:
    others = [
        limit(),
        limit(period=Period.TOTAL),
        limit(operation="image.generate"),
        limit(channel_id=5),
        limit(scope=Scope.SERVER),
        limit(scope=Scope.ROLE, scope_id=1),
        limit(scope=Scope.ROLE, scope_id=2),
        limit(scope=Scope.MEMBER, scope_id=2),
    ]
    made = [await store.limits.set(GUILD, each, by_id=1) for each in others]
    assert list(await store.limits.all(GUILD)) == made
    assert len({each.id for each in made}) == len(others)
    assert await store.limits.all(GUILD + 1) == ()


async def test_a_removed_limit_is_gone_and_its_id_is_not_given_again(store: Store) -> None:
    made = await store.limits.set(GUILD, limit(), by_id=1)
    assert await store.limits.remove(GUILD + 1, made.id) is None
    assert await store.limits.remove(GUILD, made.id) == made
    assert await store.limits.remove(GUILD, made.id) is None
    assert await store.limits.all(GUILD) == ()
    assert (await store.limits.set(GUILD, limit(), by_id=1)).id > made.id


@pytest.mark.parametrize(
    "wrong",
    [
        limit("-1"),
        limit("1000000000"),
        limit(scope=Scope.ROLE),
        limit(scope=Scope.MEMBER),
        limit(scope_id=5),
        limit(scope=Scope.SERVER, scope_id=5),
    ],
)
async def test_a_limit_that_makes_no_sense_is_refused(store: Store, wrong: Limit) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        await store.limits.set(GUILD, wrong, by_id=1)
    assert await store.limits.all(GUILD) == ()


async def test_a_decision_sees_the_limits_rules_and_block_of_its_own_moment(store: Store, made: Any) -> None:
    set_ = await store.limits.set(GUILD, limit(), by_id=1)
    await store.settings.change(GUILD, lambda rules: replace(rules, paused=True))
    await store.blocks.add(GUILD, AUTHOR, until=5.0, reason="Spam", by_id=1)
    seen: list[Spending] = []
    card = made.card(GUILD)
    await store.cards.accept(card, [made.job(card)], seen.append)
    assert (seen[0].limits, seen[0].rules.paused) == ((set_,), True)
    assert seen[0].block is not None
    assert seen[0].block.reason == "Spam"
    # Its moment is the one from which its jobs count: a midnight between the two must not fall through.
    assert seen[0].now == card.created_at


# ---------------------------------------------------------------------- what counts for them


async def test_a_hold_a_true_cost_and_a_refund_count_as_they_should(store: Store, made: Any) -> None:
    _, over = await place(store, made, "10")
    _, under = await place(store, made, "10")
    _, freed = await place(store, made, "10")
    assert await spent(store) == 30
    await store.jobs.change(over, JobState.DELIVERED, settle=Decimal("12.5"))
    await store.jobs.change(under, JobState.READY, settle=Decimal("0.001"))
    await store.jobs.change(freed, JobState.FAILED, release=True)
    assert await spent(store) == Decimal("12.501")


async def test_spending_is_distinguished_by_member_operation_channel_and_time(
    store: Store, made: Any, clock: Any
) -> None:
    await place(store, made, "1")
    await place(store, made, "2", author_id=43)
    await place(store, made, "4", operation="video.generate")
    await place(store, made, "8", channel_id=56)
    clock.now += 100
    await place(store, made, "16")
    assert await spent(store) == 31
    assert await spent(store, member=True) == 29
    assert await spent(store, operation="video.generate") == 4
    assert await spent(store, channel_id=56) == 8
    assert await spent(store, since=clock.now) == 16
    assert await spent(store, member=True, operation="image.generate", channel_id=55, since=clock.now - 50) == 16
    assert await spent(store, channel_id=57) == 0


async def test_a_channels_spending_has_its_threads_and_a_categorys_all_that_is_in_it(store: Store, made: Any) -> None:
    await place(store, made, "1", channel_id=55, parent_channel_id=500)  # a channel in a category
    await place(store, made, "2", channel_id=550, parent_channel_id=55, category_id=500)  # a thread of it
    await place(store, made, "4", channel_id=56, parent_channel_id=500)
    for member in (False, True):
        sums = [await spent(store, member=member, channel_id=channel) for channel in (55, 550, 56, 500)]
        assert sums == [3, 2, 4, 7]


async def test_a_job_counts_from_exactly_the_first_moment_of_its_period(store: Store, made: Any) -> None:
    await place(store, made, "1", created_at=999.999)
    await place(store, made, "2", created_at=1000.0)
    assert await spent(store, since=1000.0) == 2


# ---------------------------------------------------------------------- rules, blocks, prices


async def test_rules_are_the_defaults_until_they_are_changed_and_survive_a_restart(open_store: Open) -> None:
    store = await open_store()
    assert await store.settings.get(GUILD) == Rules()
    changed = (
        await store.settings.change(GUILD, lambda rules: replace(rules, words=("b", "a"), rerun_payer=Payer.OFF))
    ).after
    await store.close()
    again = await open_store()
    assert await again.settings.get(GUILD) == changed == Rules(words=("b", "a"), rerun_payer=Payer.OFF)
    assert await again.settings.get(GUILD + 1) == Rules()


async def test_two_changes_at_once_lose_neither(open_store: Open) -> None:
    stores = [await open_store(), await open_store()]

    async def add(number: int) -> None:
        await stores[number % 2].settings.change(
            GUILD, lambda rules: replace(rules, allowed_channels=rules.allowed_channels | {number})
        )

    await asyncio.gather(*(add(number) for number in range(20)))
    assert (await stores[0].settings.get(GUILD)).allowed_channels == set(range(20))


async def test_a_change_that_fails_changes_nothing(store: Store) -> None:
    await store.settings.change(GUILD, lambda rules: replace(rules, ping=False))

    def fail(rules: Rules) -> Rules:
        raise KeyError("no such channel")

    with pytest.raises(KeyError):
        await store.settings.change(GUILD, fail)
    assert await store.settings.get(GUILD) == Rules(ping=False)


async def test_a_block_applies_until_its_time_and_survives_a_restart(open_store: Open, clock: Any) -> None:
    store = await open_store()
    began = clock.now
    await store.blocks.add(GUILD, AUTHOR, until=None, reason="Spam", by_id=1)
    await store.blocks.add(GUILD, AUTHOR, until=began + 10, reason="Less spam", by_id=2)
    await store.close()
    again = await open_store()
    expected = Block(member_id=AUTHOR, until=began + 10, reason="Less spam", by_id=2, at=began)
    assert await again.blocks.active(GUILD, AUTHOR) == expected
    assert await again.blocks.active(GUILD + 1, AUTHOR) is None
    clock.now = began + 10
    assert await again.blocks.active(GUILD, AUTHOR) is None
    assert await again.blocks.remove(GUILD, AUTHOR) is False  # it applies no longer
    clock.now = began
    assert await again.blocks.active(GUILD, AUTHOR) is None
    await again.blocks.add(GUILD, AUTHOR, until=None, reason="Spam", by_id=1)
    assert await again.blocks.remove(GUILD, AUTHOR) is True
    assert await again.blocks.remove(GUILD, AUTHOR) is False


async def test_prices_are_set_replaced_and_taken_away(store: Store) -> None:
    await store.prices.set(GUILD, "image.generate", "", Decimal(5))
    await store.prices.set(GUILD, "image.generate", "flux", Decimal("7.5"))
    await store.prices.set(GUILD, "image.generate", "", Decimal(6))
    flux = ListedPrice(credits=Decimal("7.5"))
    assert await store.prices.all(GUILD) == {
        ("image.generate", ""): ListedPrice(credits=Decimal(6)),
        ("image.generate", "flux"): flux,
    }
    await store.prices.set(GUILD, "image.generate", "", None)
    await store.prices.set(GUILD, "nothing", "", None)
    assert await store.prices.all(GUILD) == {("image.generate", "flux"): flux}
