"""What grants pay where a limit is reached."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.models import JobState
from bot.domain.money.limit_rules import applicable_limits
from bot.domain.money.spend_request import LEAST, Draw, SpendItem, Verdict
from bot.domain.money.spending_policy import admit
from bot.domain.server.guild_rules import Grant, Limit, Period, Scope
from bot.errors import Refused
from tests.support.spending import (
    CHANNEL,
    IMAGE,
    ME,
    NOW,
    OTHER_ROLE,
    ROLE,
    VIDEO,
    Paid,
    Past,
    decided,
    fits,
    grant,
    item,
    limit,
    request,
    role,
    server,
)


def draws(verdict: Verdict) -> list[tuple[int, int, int]]:
    return [(draw.item, draw.grant_id, int(draw.credits)) for draw in verdict.draws]


# ---------------------------------------------------------------------- grants


def test_a_role_without_credits_hides_no_other_role_whose_limit_a_grant_may_exceed():
    limits = [role(0, period=Period.DAY), role(20, OTHER_ROLE, period=Period.MONTH)]
    yesterday = Paid(30, at=NOW - 24 * 3600)
    assert draws(decided(request(20), *limits, paid=[yesterday], given=[grant(1, 50)])) == [(0, 1, 20)]


def test_grants_pay_only_what_goes_past_the_soonest_to_expire_first() -> None:
    gifts = [grant(1, 5), grant(2, 50)]
    assert draws(decided(request(10), limit(10), given=gifts)) == []
    assert draws(decided(request(12), limit(10), given=gifts)) == [(0, 1, 2)]
    assert draws(decided(request(20), limit(10), given=gifts)) == [(0, 1, 5), (0, 2, 5)]
    assert draws(decided(request(20), limit(10), paid=[Paid(10)], given=gifts)) == [(0, 1, 5), (0, 2, 15)]
    assert not fits(request(66), limit(10), given=gifts)
    assert fits(request(65), limit(10), given=gifts)


def test_after_an_overshoot_a_grant_pays_for_the_new_job_and_not_for_the_old_one() -> None:
    assert draws(decided(request(20), limit(10), paid=[Paid(500)], given=[grant(1, 20)])) == [(0, 1, 20)]


def test_a_grant_covers_several_jobs_of_one_card() -> None:
    verdict = decided(request(8, 8, 8), limit(10), given=[grant(1, 10), grant(2, 10)])
    assert draws(verdict) == [(0, 1, 8), (1, 1, 2), (1, 2, 4)]


def test_several_tight_limits_are_covered_at_once_without_paying_twice() -> None:
    both = request(item(10), item(30, VIDEO))
    limits = [limit(20), limit(25, operation=VIDEO), limit(15, operation=VIDEO, period=Period.DAY), server(1000)]
    for order in (limits, limits[::-1]):
        verdict = decided(both, *order, given=[grant(1, 20)])
        paid = {0: 0, 1: 0}
        for place, _, amount in draws(verdict):
            paid[place] += amount
        assert 30 - paid[1] <= 15
        assert 40 - paid[0] - paid[1] == 20
    assert not fits(both, *limits, given=[grant(1, 19)])


def test_a_grant_never_passes_the_servers_limit() -> None:
    assert not fits(request(20), limit(10), server(19), given=[grant(1, 100)])
    assert not fits(request(20), limit(10), server(100, operation=""), paid=[Paid(81, member=8)], given=[grant(1, 100)])
    assert fits(request(20), limit(10), server(100), paid=[Paid(80, member=8)], given=[grant(1, 100)])


AMOUNT = st.integers(0, 60)
ITEMS = st.lists(st.builds(item, AMOUNT, st.sampled_from([IMAGE, VIDEO])), min_size=1, max_size=4)
PAID = st.lists(
    st.builds(
        Paid,
        AMOUNT,
        member=st.sampled_from([ME, 8]),
        operation=st.sampled_from([IMAGE, VIDEO]),
        channel_id=st.sampled_from([CHANNEL, 1]),
        at=st.sampled_from([NOW, NOW - 86400, NOW - 40 * 86400]),
    ),
    max_size=4,
)
LIMITS = st.lists(
    st.builds(
        lambda scope, *values: replace(limit(*values[:1], **dict(values[1])), scope=scope[0], scope_id=scope[1]),
        st.sampled_from([(Scope.SERVER, 0), (Scope.EVERYONE, 0), (Scope.ROLE, ROLE), (Scope.MEMBER, ME)]),
        st.integers(0, 120),
        st.fixed_dictionaries(
            {
                "operation": st.sampled_from(["", IMAGE, VIDEO]),
                "channel_id": st.sampled_from([0, CHANNEL]),
                "period": st.sampled_from(Period),
            }
        ),
    ),
    max_size=5,
)
GRANTS = st.lists(st.integers(1, 60), max_size=3).map(
    lambda lefts: [grant(number, left) for number, left in enumerate(lefts, 1)]
)


@given(ITEMS, LIMITS, PAID, GRANTS)
def test_what_is_allowed_keeps_every_limit_and_takes_no_more_from_grants_than_they_have(
    items: list[SpendItem], limits: list[Limit], paid: list[Paid], gifts: list[Grant]
) -> None:
    what, books = request(*items), Past(paid=paid, given=gifts)
    try:
        verdict = decided(what, *limits, paid=paid, given=gifts)
    except Refused:
        return
    assert all(draw.credits > 0 for draw in verdict.draws)
    assert len({(draw.item, draw.grant_id) for draw in verdict.draws}) == len(verdict.draws)
    for gift in gifts:
        assert sum(draw.credits for draw in verdict.draws if draw.grant_id == gift.id) <= gift.left
    by_grants = [
        sum((draw.credits for draw in verdict.draws if draw.item == place), Decimal(0)) for place in range(len(items))
    ]
    assert all(part <= each.credits for part, each in zip(by_grants, items, strict=True))
    held = applicable_limits(limits, what, books)
    for each in [*held, *(one for one in limits if one.scope is Scope.SERVER)]:
        is_server = each.scope is Scope.SERVER
        before = books.spent(
            each.period.start(NOW, dt.UTC), member=not is_server, operation=each.operation, channel_id=each.channel_id
        )
        added = sum(
            (
                one.credits - (0 if is_server else part)
                for one, part in zip(items, by_grants, strict=True)
                if each.operation in {"", one.operation}
            ),
            Decimal(0),
        )
        assert added == 0 or before + added <= each.credits


@given(ITEMS, LIMITS, PAID, GRANTS)
def test_nothing_is_drawn_where_nothing_is_tight_and_a_refusal_has_a_limit_that_is(
    items: list[SpendItem], limits: list[Limit], paid: list[Paid], gifts: list[Grant]
) -> None:
    what = request(*items)
    if fits(what, *limits, paid=paid):
        assert draws(decided(what, *limits, paid=paid, given=gifts)) == []
    elif any(not fits(what, each, paid=paid) for each in limits if each.scope is Scope.SERVER):
        assert not fits(what, *limits, paid=paid, given=gifts)


@given(ITEMS.filter(bool), LIMITS, PAID, GRANTS)
def test_what_is_refused_before_the_price_is_known_is_refused_at_any_price(
    items: list[SpendItem], limits: list[Limit], paid: list[Paid], gifts: list[Grant]
) -> None:
    what = request(*items)
    least = replace(what, items=[replace(each, credits=min(each.credits, LEAST)) for each in items])
    try:
        admit(least, Past(limits=limits, paid=paid, given=gifts))
    except Refused:
        assert not fits(what, *limits, paid=paid, given=gifts)


# ---------------------------------------------------------------------- order


def test_grants_are_drawn_in_the_order_in_which_the_ledger_names_them() -> None:
    verdict = decided(request(12), limit(2), given=[grant(9, 4), grant(3, 100)])
    assert verdict.draws == (
        Draw(item=0, grant_id=9, credits=Decimal(4)),
        Draw(item=0, grant_id=3, credits=Decimal(6)),
    )


def test_what_a_grant_pays_lets_no_other_job_wait():
    first, free = (replace(item(credits_), exact=True) for credits_ in (25, 0))
    verdict = decided(request(first, free), limit(10), server(25), given=[grant(1, 21)])
    assert verdict.states == (JobState.SUBMITTING, JobState.SUBMITTING)
