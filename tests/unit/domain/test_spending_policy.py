from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.jobs.card_jobs import fair_order
from bot.domain.models import JOBS_PER_CARD, JobState
from bot.domain.money.spend_request import (
    EventPurse,
    KeyChanged,
    OpenWork,
    Spender,
    SpendItem,
    SpendRequest,
    Unpriced,
    Verdict,
)
from bot.domain.money.spending_policy import decide
from bot.domain.server.guild_rules import Block, Grant, Limit, Period, Rules, Scope
from bot.errors import Refused

NOW = 1_767_268_800.0  # Thursday, 1 January 2026, noon in UTC
MEMBER, ROLE, CHANNEL = 7, 70, 700
AMOUNTS = st.decimals(min_value=0, max_value=10_000, places=3)


@dataclass
class Known:
    """The books as a test says."""

    running_of_member: int = 0
    running_of_guild: int = 0
    queued_of_member: int = 0
    held_of_guild: Decimal = Decimal(0)
    practice: bool = False
    rules: Rules = field(default_factory=Rules)
    limits: Sequence[Limit] = ()
    block: Block | None = None
    now: float = NOW
    of_member: Decimal = Decimal(0)
    of_guild: Decimal = Decimal(0)
    given: Sequence[Grant] = field(default_factory=tuple)
    event_purse: EventPurse | None = None

    def spent(
        self, since: float, until: float | None = None, *, member: bool, operation: str, channel_id: int
    ) -> Decimal:
        return self.of_member if member else self.of_guild

    host_limits: Sequence[Limit] = ()

    def spent_on_host_key(self, since: float, until: float | None = None, *, everywhere: bool) -> Decimal:
        return Decimal(0)

    def unpriced(self, *, everywhere: bool) -> Sequence[Unpriced]:
        return ()

    def open_under(self, limit: Limit) -> OpenWork:
        return OpenWork(unsent=Decimal(0), running=Decimal(0), may_cost=Decimal(0), after_rise=Decimal(0))

    def has_asked(self) -> bool:
        return False

    def grants(self) -> Sequence[Grant]:
        return self.given

    def purse(self, channel_ids: Collection[int]) -> EventPurse | None:
        return self.event_purse


def request(*credits: str | Decimal, exact: bool = False, **changes: Any) -> SpendRequest:  # noqa: A002 - the word of the domain
    items = [
        SpendItem(operation="image.generate", title="Image Generation", credits=Decimal(amount), exact=exact)
        for amount in credits or ("20",)
    ]
    spender: dict[str, Any] = {
        "member_id": MEMBER,
        "role_ids": frozenset({ROLE}),
        "channel_ids": frozenset({CHANNEL}),
        "age_restricted": False,
    }
    spender |= {name: changes.pop(name) for name in spender.keys() & changes.keys()}
    return SpendRequest(spender=Spender(**spender), items=items, **changes)


def limit(amount: int, scope: Scope = Scope.EVERYONE, scope_id: int = 0, **changes: Any) -> Limit:
    return Limit(scope=scope, scope_id=scope_id, period=Period.DAY, credits=Decimal(amount), **changes)


def decided(
    what: SpendRequest, *limits: Limit, rules: Rules | None = None, block: Block | None = None, **known: Any
) -> Verdict:
    return decide(what, Known(rules=rules or Rules(), limits=limits, block=block, **known))


def refusal(what: SpendRequest, *limits: Limit, **options: Any) -> str:
    with pytest.raises(Refused) as caught:
        decided(what, *limits, **options)
    sentence = caught.value.sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def granted(what: SpendRequest, *limits: Limit, **options: Any) -> bool:
    try:
        decided(what, *limits, **options)
    except Refused:
        return False
    return True


# ---------------------------------------------------------------------- the account


def test_an_unknown_balance_refuses_nobody():
    assert granted(request("1000000", exact=True), held_of_guild=Decimal(99_999))


def test_an_empty_account_refuses_a_guess_and_a_price_alike():
    assert not granted(request(balance=Decimal(0)))
    assert not granted(request(balance=Decimal(0), exact=True))
    assert not granted(request(balance=Decimal(50)), held_of_guild=Decimal(50))


def test_a_guess_may_exceed_what_is_left_but_a_known_price_may_not():
    assert granted(request("20", balance=Decimal(5)))
    assert not granted(request("20", balance=Decimal(5), exact=True))
    assert granted(request("5", balance=Decimal(5), exact=True))


def test_a_refusal_names_what_is_left_what_is_needed_and_what_to_do():
    sentence = refusal(request("20.5", balance=Decimal(1000), exact=True), held_of_guild=Decimal(990))
    assert "10 credits left" in sentence
    assert "20.5" in sentence
    assert "moderator" in sentence
    assert "has 0 credits left" in refusal(request(balance=Decimal(10)), held_of_guild=Decimal(50))


@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_a_known_price_is_granted_exactly_while_it_fits(amount: Decimal, balance: Decimal, held: Decimal):
    free = balance - held
    fits = free > 0 and amount <= free
    assert granted(request(amount, exact=True, balance=balance), held_of_guild=held) is fits


# ---------------------------------------------------------------------- order


def test_as_many_run_as_may_and_the_rest_wait():
    rules = Rules(running_per_member=3, queued_per_member=10)
    states = decided(request("1", "1", "1", "1"), rules=rules, running_of_member=1).states
    assert states == (JobState.SUBMITTING, JobState.SUBMITTING, JobState.WAITING, JobState.WAITING)


def test_the_server_has_its_own_number_that_may_run():
    rules = Rules(running_per_server=5)
    assert decided(request(), rules=rules, running_of_guild=5).states == (JobState.WAITING,)
    assert decided(request(), rules=rules, running_of_guild=4).states == (JobState.SUBMITTING,)


@given(size=st.integers(1, JOBS_PER_CARD), running=st.integers(0, 200), elsewhere=st.integers(0, 200))
def test_the_largest_request_is_accepted_under_the_default_rules_while_nothing_waits(
    size: int, running: int, elsewhere: int
):
    asked = request(*["1"] * size)
    states = decided(asked, rules=Rules(), running_of_member=running, running_of_guild=running + elsewhere).states
    assert len(states) == size


def test_a_full_queue_refuses_and_says_how_much_waits():
    rules = Rules(running_per_member=1, queued_per_member=2)
    assert granted(request("1", "1"), rules=rules, running_of_member=1)
    sentence = refusal(request("1", "1"), rules=rules, running_of_member=1, queued_of_member=1)
    assert "1 running" in sentence
    assert "1 of 2 waiting" in sentence


def test_more_at_once_than_ever_fit_are_refused_with_how_many_do():
    rules = Rules(running_per_member=1, queued_per_member=2)
    assert "You can run 1 and queue 2 at once" in refusal(request("1", "1", "1", "1"), rules=rules)


def test_who_has_fewer_running_comes_first_and_then_the_queue_goes_round():
    waiting = [("a1", 1, 0.0), ("a2", 1, 1.0), ("b1", 2, 2.0), ("c1", 3, 3.0)]
    assert fair_order(waiting, {2: 1}) == ["a1", "c1", "a2", "b1"]


@given(st.lists(st.tuples(st.integers(1, 4), st.floats(0, 100)), max_size=20))
def test_nobody_is_lost_from_the_queue_and_each_members_own_order_stays(asks: list[tuple[int, float]]):
    waiting = [(f"j{number}", member, at) for number, (member, at) in enumerate(asks)]
    order = fair_order(waiting, {})
    assert sorted(order) == sorted(job for job, _, _ in waiting)
    when = {job: (member, at) for job, member, at in waiting}
    for member in {member for member, _ in asks}:
        own = [when[job][1] for job in order if when[job][0] == member]
        assert own == sorted(own)


# ---------------------------------------------------------------------- rules


def test_a_pause_and_a_block_refuse_with_their_reason():
    assert "paused" in refusal(request(), rules=Rules(paused=True))
    blocked = Block(member_id=MEMBER, until=NOW + 60, reason="Spam.", by_id=1, at=NOW)
    assert "Reason: Spam" in refusal(request(), block=blocked)
    over = Block(member_id=MEMBER, until=NOW - 1, reason="Spam", by_id=1, at=NOW)
    assert granted(request(), block=over)


def test_a_job_over_the_ceiling_is_refused_each_for_itself():
    rules = Rules(job_ceiling=Decimal(20))
    assert granted(request("20", "20"), rules=rules)
    assert "at most 20 credits" in refusal(request("1", "20.001"), rules=rules)


# ---------------------------------------------------------------------- limits


def test_a_limit_counts_what_is_spent_and_names_what_is_left_and_when_it_refills():
    assert granted(request("20"), limit(100), of_member=Decimal(80))
    sentence = refusal(request("20"), limit(100), of_member=Decimal(81))
    assert "19 of your 100 daily credits left" in sentence
    assert "Friday" in sentence
    assert "about 20" in sentence


def test_the_members_own_limit_goes_before_roles_and_roles_before_everyones():
    everyone, role = limit(10), limit(50, Scope.ROLE, ROLE)
    own = limit(5, Scope.MEMBER, MEMBER)
    assert not granted(request("20"), everyone)
    assert granted(request("20"), everyone, role)
    assert not granted(request("20"), everyone, role, own)
    assert granted(request("20"), limit(5, Scope.MEMBER, MEMBER + 1), role)


def test_the_best_of_several_roles_applies():
    roles = frozenset({ROLE, ROLE + 1})
    limits = (limit(10, Scope.ROLE, ROLE), limit(90, Scope.ROLE, ROLE + 1))
    assert granted(request("80", role_ids=roles), *limits)
    assert not granted(request("80"), *limits)


def test_a_grant_covers_what_goes_past_a_members_limit_but_never_the_servers():
    gift = Grant(id=1, member_id=MEMBER, credits=Decimal(50), left=Decimal(50), granted_by=1, granted_at=NOW)
    verdict = decided(request("20"), limit(10), given=[gift])
    assert [(draw.grant_id, draw.credits) for draw in verdict.draws] == [(1, Decimal(10))]
    assert not granted(request("80"), limit(10), given=[gift])
    assert not granted(request("20"), limit(10, Scope.SERVER), given=[gift])


@given(AMOUNTS, AMOUNTS, st.integers(0, 10_000), st.integers(1, 1000))
def test_more_spent_never_turns_a_no_into_a_yes(amount: Decimal, spent: Decimal, most: int, more: int):
    what = request(amount)
    if not granted(what, limit(most), of_member=spent):
        assert not granted(what, limit(most), of_member=spent + more)


@given(AMOUNTS, AMOUNTS, st.integers(1, 10_000))
def test_a_limit_is_never_passed_without_a_grant(amount: Decimal, spent: Decimal, most: int):
    if granted(request(amount), limit(most), of_member=spent):
        assert amount == 0 or spent + amount <= most


@pytest.mark.parametrize("practises", [True, False])
def test_a_request_for_the_other_sort_of_key_is_made_again(practises: bool):
    with pytest.raises(KeyChanged):
        granted(request(practice=not practises), practice=practises)
    assert granted(request(practice=practises), practice=practises)
