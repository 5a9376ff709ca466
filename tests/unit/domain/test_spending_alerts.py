from __future__ import annotations

from decimal import Decimal

import pytest

from bot.domain.money.account import NEVER_REPEATED, of_balance, of_hour, of_limits
from bot.domain.money.spend_request import Headroom, Spender, SpendItem, SpendRequest
from bot.domain.server.guild_rules import Limit, Period, Scope

NOW = 1_767_268_800.0


def wish(*asked: tuple[str, int]) -> SpendRequest:
    items = [SpendItem(operation=name, title=name, credits=Decimal(amount), exact=True) for name, amount in asked]
    spender = Spender(member_id=7, role_ids=frozenset(), channel_ids=frozenset(), age_restricted=False)
    return SpendRequest.of(spender, items)


def room(credits_: int, left: float, **changes) -> Headroom:
    values = {"scope": Scope.EVERYONE, "period": Period.WEEK, "id": 3, "credits": Decimal(credits_)}
    return Headroom(limit=Limit(**values | changes), left=Decimal(str(left)), refills_at=NOW + 60)


@pytest.mark.parametrize(
    ("left", "cost", "level"),
    [(100, 79, None), (100, 80, 80), (21, 0, None), (20, 0, 80), (100, 99, 80), (100, 100, 100), (-5, 0, 100)],
)
def test_a_limit_is_reported_from_80_per_cent_on_and_when_it_is_used_up(left, cost, level):
    found = of_limits([room(100, left)], wish(("image.generate", cost)), taken=True)
    assert [alert.name.rpartition(":")[2] for alert in found] == ([] if level is None else [str(level)])


def test_a_wish_that_was_refused_does_not_count():
    assert of_limits([room(100, 30)], wish(("image.generate", 60)), taken=False) == []


def test_only_what_the_limit_is_about_counts():
    both = wish(("image.generate", 10), ("video.generate", 80))
    assert of_limits([room(100, 100, operation="image.generate")], both, taken=True) == []
    [alert] = of_limits([room(100, 100, operation="video.generate")], both, taken=True)
    assert "has used 80% of a limit of 100 credits a week for `video.generate`" in alert.text


def test_a_limit_of_nothing_is_never_near():
    assert of_limits([room(0, 0)], wish(("image.generate", 5)), taken=True) == []


def test_full_covers_near_so_that_near_is_not_reported_after_it():
    [near] = of_limits([room(100, 15)], wish(), taken=True)
    [full] = of_limits([room(100, 0)], wish(), taken=True)
    assert full.covers == (near.name,)
    assert near.covers == ()
    assert near.until == NOW + 60


def test_names_tell_limits_amounts_and_members_apart():
    def name(**changes) -> str:
        made = room(100, 10, **changes)
        [alert] = of_limits([made], wish(), taken=True)
        return alert.name

    raised = of_limits([room(110, 10)], wish(), taken=True)[0].name
    assert len({name(), name(id=4), raised, name(scope=Scope.SERVER)}) == 4


def test_a_limit_for_ever_is_reported_once():
    endless = Headroom(
        limit=Limit(scope=Scope.SERVER, period=Period.TOTAL, credits=Decimal(10)), left=Decimal(0), refills_at=None
    )
    [alert] = of_limits([endless], wish(), taken=True)
    assert alert.until == NEVER_REPEATED
    assert alert.text == "The server has used 100% of its limit of 10 credits in total (10 spent or held)."


@pytest.mark.parametrize(
    ("free", "spent", "days", "told"),
    [(700, 1000, 10, False), (699, 1000, 10, True), (0, 0, 10, False), (-5, 7, 7, True), (69, 10, 0.1, True)],
)
def test_a_balance_is_reported_if_it_does_not_last_a_week(free, spent, days, told):
    found = of_balance(Decimal(free), Decimal(spent), days, NOW)
    assert (found is not None) is told
    assert found is None or found.until > NOW


@pytest.mark.parametrize(
    ("last", "before", "hours", "told"),
    [
        (51, 0, 24, True),
        (50, 0, 24, False),  # below the floor
        (1000, 0, 23.9, False),  # nothing is usual yet
        (500, 24_000, 240, False),  # five times 100
        (501, 24_000, 240, True),
    ],
)
def test_an_hour_is_unusual_above_five_times_the_mean_and_above_a_floor(last, before, hours, told):
    assert (of_hour(Decimal(last), Decimal(before), hours, NOW) is not None) is told
