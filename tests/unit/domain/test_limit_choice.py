"""Which limits apply to a request for spending, and what counts against them."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.domain.money.limit_rules import applicable_limits
from bot.domain.server.guild_rules import Limit, Period, Rules, Scope
from tests.support.spending import (
    CATEGORY,
    CHANNEL,
    IMAGE,
    ME,
    NOW,
    OTHER_ROLE,
    VIDEO,
    Paid,
    Past,
    fits,
    grant,
    item,
    limit,
    own,
    request,
    role,
    server,
)

# ---------------------------------------------------------------------- which limit holds


@pytest.mark.parametrize(
    ("limits", "most"),
    [
        ([limit(10)], 10),
        ([limit(10), role(20)], 20),
        ([limit(30), role(20)], 20),  # a role's goes before everyone's even where it is less
        ([limit(10), role(20), role(40, OTHER_ROLE)], 40),
        ([role(20), role(40, OTHER_ROLE), own(5)], 5),
        ([role(20), own(50)], 50),
        ([own(50), server(30)], 30),
        ([limit(30), limit(10, period=Period.DAY), limit(90, period=Period.MONTH)], 10),
        ([own(30), own(10, period=Period.TOTAL)], 10),
        # On top, and each with its own choice of whose it is:
        ([own(50), limit(10, operation=IMAGE)], 10),
        ([own(50), limit(10, operation=IMAGE), own(25, operation=IMAGE)], 25),
        ([limit(50), limit(10, channel_id=CHANNEL)], 10),
        ([limit(50), limit(10, channel_id=CATEGORY)], 10),
        ([limit(50), limit(20, channel_id=CHANNEL), limit(10, channel_id=CHANNEL, operation=IMAGE)], 10),
        ([limit(10), own(50, operation=IMAGE)], 10),  # one's own for an operation does not lift the general one
        # Not about this:
        ([limit(50), limit(10, operation=VIDEO), limit(10, channel_id=CHANNEL + 1)], 50),
        ([limit(50), limit(10, Scope.MEMBER, ME + 1), role(10, 72)], 50),
    ],
)
def test_the_right_limit_applies(limits: list[Limit], most: int) -> None:
    for order in (limits, limits[::-1]):
        assert fits(request(most), *order)
        assert not fits(request(item(most), item("0.001")), *order)


def test_the_best_role_is_the_one_that_leaves_the_most_now() -> None:
    short, long = role(10, period=Period.DAY), role(30, OTHER_ROLE)
    assert fits(request(30), short, long)
    spent = [Paid(25, at=NOW - 2 * 86400)]  # on Tuesday: the week's, not the day's
    assert fits(request(10), short, long, paid=spent)
    assert not fits(request(11), short, long, paid=spent)


def test_a_role_that_may_not_use_it_does_not_win_over_one_that_may() -> None:
    never, used_up = role(0, period=Period.DAY), role(50, OTHER_ROLE)
    spent = [Paid(60, at=NOW - 2 * 86400)]  # more than the week's limit, by an overshoot; today nothing
    assert applicable_limits([never, used_up], request(1), Past(paid=spent)) == [used_up]
    assert fits(request(1), never, used_up, paid=spent, given=[grant(1, 5)])


def test_all_periods_of_a_role_count_together() -> None:
    assert not fits(request(11), role(100), role(10, period=Period.DAY), role(10, OTHER_ROLE))
    assert fits(request(11), role(100), role(10, period=Period.DAY), role(11, OTHER_ROLE))


def test_a_limit_counts_only_what_it_is_about() -> None:
    spent = [Paid(4), Paid(8, member=ME + 1), Paid(16, operation=VIDEO), Paid(32, channel_id=1), Paid(64, at=0)]
    for about, used in (
        (limit(200), 52),
        (limit(200, operation=IMAGE), 36),
        (limit(200, channel_id=CHANNEL), 20),
        (limit(200, channel_id=CHANNEL, operation=IMAGE), 4),
        (limit(200, period=Period.TOTAL), 116),
        (server(200), 60),
    ):
        assert fits(request(200 - used), about, paid=spent)
        assert not fits(request(201 - used), about, paid=spent)


def test_of_several_jobs_only_those_that_a_limit_is_about_count_for_it() -> None:
    both = request(item(10), item(30, VIDEO))
    assert fits(both, limit(10, operation=IMAGE), limit(30, operation=VIDEO), limit(40))
    assert not fits(both, limit(39))
    assert not fits(both, limit(29, operation=VIDEO))


def test_yesterdays_spending_is_not_todays() -> None:
    midnight = dt.datetime(2026, 1, 8, tzinfo=dt.UTC).timestamp()
    day = limit(10, period=Period.DAY)
    assert fits(request(10), day, paid=[Paid(10, at=midnight - 0.001)])
    assert not fits(request(1), day, paid=[Paid(10, at=midnight)])
    rules = Rules(timezone="America/New_York")  # midnight there is at five in UTC
    assert fits(request(10), day, paid=[Paid(10, at=midnight)], rules=rules)


# ---------------------------------------------------------------------- 0: may not use


@pytest.mark.parametrize("zero", [limit(0), role(0), own(0), server(0), limit(0, operation=IMAGE)])
def test_a_limit_of_nothing_lets_nothing_be_used_not_even_for_free_or_by_a_grant(zero: Limit) -> None:
    assert not fits(request(1), zero)
    assert not fits(request(0), zero)
    assert not fits(request(1), zero, given=[grant(1, 100)])
    assert fits(request(item(1, VIDEO)), zero) is bool(zero.operation)


def test_what_is_free_is_refused_by_no_other_limit() -> None:
    assert fits(request(0), limit(10), server(10), paid=[Paid(50)])
