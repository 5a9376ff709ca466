"""How often a key may be used: as often as it likes until a 429, then by a budget that halves and is soon back."""

from __future__ import annotations

import pytest

from bot.cannon.budgets import FORGOTTEN_S, LEAST_A_MINUTE, MINUTE_S, WAVE_S, Budget, Call, KeyBudgets
from tests.support.rig import ManualClock
from tests.support.waiting import LimitedKey, follow_with_budget

KEY, OTHER = "cs_live_budget_one", "cs_live_budget_two"


def used(budgets: KeyBudgets, clock: ManualClock, *, calls: int) -> None:
    """Make so many calls, spread over a minute."""
    for _ in range(calls):
        budgets.begin(KEY, Call.POLL)
        clock.advance(MINUTE_S / calls)


def permitted(budgets: KeyBudgets, clock: ManualClock, seconds: float, *, callers: int = 50) -> list[float]:
    """Let callers that always want to call do so; return when they did."""
    called = []
    start = clock.monotonic()
    due = dict.fromkeys(map(str, range(callers)), start)
    while (now := clock.monotonic()) < start + seconds:
        for name in [each for each, at in due.items() if at <= now]:
            wait_s = budgets.wait_s(KEY, Call.POLL, name)
            if not wait_s:
                budgets.begin(KEY, Call.POLL)
                called.append(now)
            due[name] = now + (wait_s or 0.25)
        clock.advance(0.25)
    return called


def test_without_a_429_nothing_waits():
    clock = ManualClock()
    budgets = KeyBudgets(clock)
    assert len(permitted(budgets, clock, 10)) == 50 * 40


def test_a_429_halves_what_was_used_and_each_minute_doubles_it():
    clock = ManualClock()
    budgets = KeyBudgets(clock)
    used(budgets, clock, calls=200)
    limited = budgets.begin(KEY, Call.POLL)
    clock.advance(0.1)
    limited()
    assert budgets.of(KEY, Call.POLL).a_minute(clock.monotonic()) == pytest.approx(100, rel=0.02)
    assert len(permitted(budgets, clock, MINUTE_S)) == pytest.approx(144, rel=0.1)
    assert budgets.of(KEY, Call.POLL).a_minute(clock.monotonic()) == pytest.approx(200, rel=0.02)
    clock.advance(FORGOTTEN_S)
    assert len(permitted(budgets, clock, 5)) == 50 * 20, "then there is no limit"


@pytest.mark.parametrize(
    ("calls", "seconds", "left"),
    [(100, 20.0, 150), (20, 1.0, 60), (1, 0.1, LEAST_A_MINUTE), (60, 59.0, 30.5)],
)
def test_a_429_soon_after_a_start_halves_the_pace_and_not_what_little_of_a_minute_has_passed(calls, seconds, left):
    clock = ManualClock()
    budgets = KeyBudgets(clock)
    for _ in range(calls):
        limited = budgets.begin(KEY, Call.POLL)
        clock.advance(seconds / calls)
    limited()
    assert budgets.of(KEY, Call.POLL).a_minute(clock.monotonic()) == pytest.approx(left, rel=0.01)


def test_a_wave_of_429s_halves_once_and_a_later_one_again_but_never_below_the_least():
    clock = ManualClock()
    budgets = KeyBudgets(clock)
    used(budgets, clock, calls=200)
    at_once = [budgets.begin(KEY, Call.POLL) for _ in range(20)]
    clock.advance(1)
    for each in at_once:
        each()
    clock.advance(WAVE_S / 2)
    budgets.begin(KEY, Call.POLL)()
    half = budgets.of(KEY, Call.POLL).a_minute(clock.monotonic())
    assert half > 90
    for _ in range(10):
        clock.advance(WAVE_S + 1)
        later = budgets.begin(KEY, Call.POLL)
        clock.advance(1)
        later()
    assert budgets.of(KEY, Call.POLL).a_minute(clock.monotonic()) == LEAST_A_MINUTE
    assert len(permitted(budgets, clock, MINUTE_S)) >= LEAST_A_MINUTE - 1


def test_those_who_wait_are_served_alike_and_who_has_gone_keeps_no_one_waiting():
    clock = ManualClock()
    budgets = KeyBudgets(clock)
    budgets.begin(KEY, Call.POLL)()
    served: list[str] = []
    due = dict.fromkeys(["gone", "a", "b", "c"], 0.0)
    while len(served) < 12:
        for name in [each for each, at in due.items() if at <= clock.monotonic()]:
            wait_s = budgets.wait_s(KEY, Call.POLL, name)
            due[name] = clock.monotonic() + (wait_s or 0.1)
            if name == "gone":
                due[name] = float("inf")
            elif not wait_s:
                budgets.begin(KEY, Call.POLL)
                served.append(name)
        clock.advance(0.1)
    assert served[:3] == ["a", "b", "c"]
    assert min(map(served.count, "abc")) >= 3


def test_calls_that_cannot_wait_are_counted_and_those_that_nobody_needs_are_left_out():
    clock = ManualClock()
    budgets = KeyBudgets(clock)
    assert not budgets.is_spent(KEY)
    budgets.begin(KEY, Call.OTHER)()
    for _ in range(4):
        budgets.begin(KEY, Call.OTHER)  # status calls
    assert budgets.is_spent(KEY)
    assert budgets.wait_s(KEY, Call.OTHER, "J1") > 4 * MINUTE_S / (LEAST_A_MINUTE + 1) - 5
    assert not budgets.is_spent(OTHER)


@pytest.mark.parametrize("limited", Call)
def test_a_429_to_one_kind_of_call_keeps_no_other_kind_and_no_other_key_waiting(limited: Call):
    clock = ManualClock()
    budgets = KeyBudgets(clock)
    budgets.begin(KEY, limited)()
    assert {each for each in Call if budgets.is_limited(KEY, each)} == {limited}
    for other in set(Call) - {limited}:
        assert [budgets.wait_s(KEY, other, f"J{number}") for number in range(50)] == [0.0] * 50
    assert budgets.wait_s(OTHER, limited, "J2") == 0


def test_the_first_429_leaves_every_caller_the_calls_that_it_needs_and_another_does_not():
    clock, needed_s = ManualClock(), 8.0
    budget = KeyBudgets(clock).of(KEY, Call.POLL)
    budget.limited(0.0, 0.0)
    for number in range(24):
        budget.wait_s(f"J{number}", 1.0, needed_s)
    assert budget.a_minute(1.0) == 24 * MINUTE_S / needed_s
    assert budget.limited(10.0, 10.0)
    assert budget.a_minute(10.0) == LEAST_A_MINUTE


def test_every_process_halves_its_own_and_no_key_is_told():
    clock, told = ManualClock(), list[tuple[str, ...]]()
    processes: list[KeyBudgets] = []

    def tell(*words: str) -> None:
        told.append(words)
        for each in processes:
            each.heard(*words)

    first, second = KeyBudgets(clock), KeyBudgets(clock)
    processes += [first, second]
    first.tell = second.tell = tell
    for _ in range(120):
        first.begin(KEY, Call.POLL)
        second.begin(KEY, Call.POLL)
        clock.advance(0.5)
    first.begin(KEY, Call.POLL)()
    assert first.of(KEY, Call.POLL).a_minute(clock.monotonic()) == pytest.approx(60, rel=0.05)
    assert second.of(KEY, Call.POLL).a_minute(clock.monotonic()) == pytest.approx(60, rel=0.05)
    assert len(told) == 1
    assert KEY not in str(told)


@pytest.mark.parametrize("allowed", [30, 60, 240])
def test_a_key_with_a_limit_is_never_asked_more_than_its_budget_and_its_jobs_all_end(allowed: int):
    seen = follow_with_budget(LimitedKey(allowed=allowed), jobs=60)
    assert seen.ended == 60
    assert seen.most_of_budget <= 1.05
    assert seen.refused_share <= 0.1


def test_a_budget_is_what_one_key_may_do():
    assert Budget(0.0).a_minute(10.0) == float("inf")
