"""Approval, places in the queue, and its order."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.jobs.card_jobs import fair_order
from bot.domain.models import JobState
from bot.domain.server.guild_rules import Rules
from tests.support.spending import decided, fits, item, request


def test_what_is_expensive_waits_for_approval_all_together() -> None:
    rules = Rules(approve_above=Decimal(10))
    assert decided(request(5, 5), rules=rules).states == (JobState.SUBMITTING,) * 2
    assert decided(request(5, 6), rules=rules).states == (JobState.AWAITING_APPROVAL,) * 2


def test_what_waits_for_a_moderator_takes_places_in_the_queue_too() -> None:
    rules = Rules(approve_above=Decimal(10), running_per_member=1, queued_per_member=2)
    assert fits(request(11), rules=rules, running_of_member=1, queued_of_member=1)
    assert not fits(request(11), rules=rules, running_of_member=1, queued_of_member=2)
    assert not fits(request(11), rules=rules, queued_of_member=2)


def test_a_queue_that_was_made_shorter_does_not_refuse_what_may_run_at_once() -> None:
    rules = Rules(running_per_member=2, queued_per_member=1)
    assert fits(request(1), rules=rules, running_of_member=1, queued_of_member=5)
    assert not fits(request(1, 1), rules=rules, running_of_member=1, queued_of_member=5)


def test_a_job_that_waits_for_another_takes_no_place() -> None:
    rules = Rules(running_per_member=1, queued_per_member=1)
    chain = request(item(1), *[item(1, linked=True)] * 5)
    assert decided(chain, rules=rules).states == (JobState.SUBMITTING,) + (JobState.WAITING,) * 5
    assert fits(chain, rules=rules, running_of_member=1)


def test_twenty_jobs_of_one_member_do_not_delay_one_of_another() -> None:
    waiting = [(f"a{number:02}", 1, float(number)) for number in range(20)] + [("b", 2, 99.0)]
    order = fair_order(waiting, {})
    assert order[:3] == ["a00", "b", "a01"]
    assert fair_order(waiting, {1: 3})[0] == "b"
    assert fair_order(waiting, {2: 30})[-1] == "b"


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 50)), max_size=25),
    st.dictionaries(st.integers(1, 4), st.integers(0, 3)),
)
def test_in_no_part_of_the_queue_are_two_more_jobs_of_one_member_than_of_another_who_waits(
    asks: list[tuple[int, int]], running: dict[int, int]
) -> None:
    waiting = [(f"j{number:02}", member, float(at)) for number, (member, at) in enumerate(asks)]
    who = {job: member for job, member, _ in waiting}
    order = [who[job] for job in fair_order(waiting, running)]
    have = {member: running.get(member, 0) for member in set(order)}
    for place, member in enumerate(order):
        still = set(order[place:])
        assert have[member] == min(have[other] for other in still)
        have[member] += 1
