"""A price that is not known is above every threshold that is set, and runs alone under each limit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.domain.money.spend_request import Consent, OpenWork, ShownPrice, Unpriced
from bot.domain.money.spending_policy import (
    Agreed,
    decide_waiting,
    must_confirm,
    needs_approval,
    needs_confirmation,
)
from bot.domain.server.guild_rules import Limit, Period, Rules, Scope
from bot.errors import Refused
from tests.support.spending import IMAGE, ME, VIDEO, Paid, Past, decided, grant, item, limit, request, server

LOW, HIGH = Decimal(1), Decimal(1000)
UNKNOWN = request(item(20, known=False))
PRICED = request(item(20))


def unpriced(member_id: int = ME, operation: str = IMAGE, kind: str = "", *, is_sent: bool = True) -> Unpriced:
    return Unpriced(member_id=member_id, operation=operation, kind=kind, is_sent=is_sent)


def states(*items: Any, limits: tuple[Limit, ...] = (), **options: Any) -> tuple[JobState, ...]:
    return decided(request(*items), *limits, **options).states


@pytest.mark.parametrize(
    ("rules", "confirms", "approves"),
    [
        (Rules(), False, False),
        (Rules(confirm_above=HIGH), True, False),
        (Rules(approve_above=HIGH), False, True),
        (Rules(job_ceiling=HIGH), True, False),
        (Rules(job_ceiling=LOW), True, False),
        (Rules(job_ceiling=HIGH, approve_above=HIGH), False, True),
        (Rules(job_ceiling=HIGH, confirm_above=HIGH), True, False),
        (Rules(confirm_above=HIGH, approve_above=HIGH), True, True),
    ],
)
def test_somebody_says_yes_to_an_unknown_price_wherever_a_threshold_is_set(
    rules: Rules, confirms: bool, approves: bool
):
    assert needs_confirmation(UNKNOWN, rules) is confirms
    assert needs_approval(UNKNOWN.shown, rules) is approves
    assert decided(UNKNOWN, rules=rules).states == (
        JobState.AWAITING_APPROVAL if approves else JobState.SUBMITTING,
    )  # no ceiling refuses it: else its price would never be known
    assert not needs_confirmation(PRICED, rules)
    assert not needs_approval(PRICED.shown, rules)


def test_one_unknown_price_makes_the_whole_request_unknown():
    both = request(item(20), item(20, VIDEO, known=False))
    assert needs_confirmation(both, Rules(confirm_above=HIGH))
    assert needs_approval(both.shown, Rules(approve_above=HIGH))


def test_a_known_price_above_the_ceiling_is_refused_beside_an_unknown_one():
    with pytest.raises(Refused, match="at most 25 credits"):
        decided(request(item(20, known=False), item(30, VIDEO)), rules=Rules(job_ceiling=Decimal(25)))


GUARDS: list[tuple[Rules, tuple[Limit, ...]]] = [
    (Rules(job_ceiling=HIGH), ()),
    (Rules(confirm_above=HIGH), ()),
    (Rules(approve_above=HIGH), ()),
    (Rules(), (limit(1000),)),
    (Rules(), (server(1000),)),
]


@pytest.mark.parametrize(("rules", "limits"), GUARDS)
def test_where_it_matters_one_job_of_a_kind_finds_out_its_price_and_the_others_hold_nothing(
    rules: Rules, limits: tuple[Limit, ...]
):
    def unheld(*items: Any, **options: Any) -> set[int]:
        return set(decided(request(*items), *limits, rules=rules, **options).unheld)

    flux, other = item(20, known=False, kind="model=flux"), item(20, known=False, kind="model=other")
    known, is_shared = item(20, kind="model=flux"), any(each.scope.is_shared for each in limits)
    assert unheld(flux, flux, other, flux, other, known) == ({1, 2, 3, 4} if limits else {1, 3, 4})
    open_unpriced = [unpriced(kind="model=flux", is_sent=False)]
    assert unheld(flux, other, open_unpriced=open_unpriced) == ({0, 1} if limits else {0})
    assert unheld(flux, open_unpriced=[unpriced(ME + 1, kind="model=flux")]) == ({0} if is_shared else set())
    assert unheld(flux, open_unpriced=[unpriced(operation=VIDEO)]) == ({0} if limits else set())


def test_what_waits_for_a_price_counts_for_no_limit_and_takes_no_grant():
    flux = item(20, known=False, kind="model=flux")
    verdict = decided(request(*[flux] * 4), limit(20))
    assert verdict.unheld == {1, 2, 3}
    assert verdict.states == (JobState.SUBMITTING, *[JobState.WAITING] * 3)
    assert [draw.item for draw in decided(request(*[flux] * 4), limit(10), given=[grant(1, 50)]).draws] == [0]


@pytest.mark.parametrize(
    ("limits", "options", "held"),
    [
        ((limit(15),), {}, 15),
        ((server(15),), {}, 15),
        ((limit(100),), {"paid": [Paid(99)]}, 1),
        ((limit(100),), {"paid": [Paid(70)]}, 20),
        ((limit(100), server(100)), {"paid": [Paid(97), Paid(1, ME + 1)]}, 2),
        ((limit(10),), {"paid": [Paid(10)], "given": [grant(1, 5)]}, 5),
        ((limit(10),), {"given": [grant(1, 50)]}, 20),
        ((limit(15, operation=VIDEO),), {}, 20),
    ],
)
def test_a_guess_is_no_price_so_it_refuses_nothing_where_anything_is_left(
    limits: tuple[Limit, ...], options: dict[str, Any], held: int
):
    verdict = decided(request(item(20, known=False)), *limits, **options)
    assert verdict.states == (JobState.SUBMITTING,)
    assert verdict.guesses.get(0, 20) == held


@pytest.mark.parametrize("limits", [(limit(15),), (server(15),)])
def test_where_nothing_is_left_a_job_of_unknown_price_is_refused_without_its_guess(limits: tuple[Limit, ...]):
    with pytest.raises(Refused, match=r"0 of (?:your|its|the) 15") as refused:
        decided(request(item(20, known=False)), *limits, paid=[Paid(15)])
    assert "needs" not in refused.value.sentence
    with pytest.raises(Refused):
        decided(request(item(20, known=False)), limit(0))


def test_beside_others_a_job_starts_if_each_of_those_may_cost_three_times_its_price():
    def runs(count: int, of: int, **options: Any) -> int:
        return states(*[item(7)] * count, limits=(server(of),), **options).count(JobState.SUBMITTING)

    roomy = Rules(running_per_member=50, running_per_server=50, queued_per_member=50)
    assert runs(12, 5000, rules=roomy) == 12
    assert runs(12, 200, rules=roomy) == 10  # each at 20 would be 200
    assert runs(1, 7, rules=roomy) == 1
    busy = OpenWork(unsent=Decimal(0), running=Decimal(7), may_cost=Decimal(40), after_rise=Decimal(120))
    assert runs(1, 100, rules=roomy, open_work=busy, paid=[Paid(7)]) == 0
    assert runs(1, 150, rules=roomy, open_work=busy, paid=[Paid(7)]) == 1


def agreed(credits_: int, *, jobs: int = 4, allowed: bool = False) -> Agreed:
    return Agreed(credits=Decimal(credits_), jobs=jobs, allowed=allowed)


@pytest.mark.parametrize(
    ("rules", "what", "reason"),
    [
        (Rules(), agreed(20), None),
        (Rules(confirm_above=Decimal(100)), agreed(20), "agreed"),
        (Rules(approve_above=Decimal(100)), agreed(20), "agreed"),
        (Rules(confirm_above=Decimal(100)), agreed(28), None),
        (Rules(confirm_above=Decimal(120)), agreed(20), None),
        (Rules(job_ceiling=Decimal(25)), agreed(20), "ceiling"),
        (Rules(job_ceiling=Decimal(25)), agreed(28), None),
    ],
)
def test_a_price_that_is_found_out_is_within_what_was_agreed_to_or_below_every_threshold(
    rules: Rules, what: Agreed, reason: str | None
):
    waiting = request(item(30))
    if reason is None:
        assert decide_waiting(waiting, Past(rules=rules), what) == ()
    else:
        with pytest.raises(Refused) as refused:
            decide_waiting(waiting, Past(rules=rules), what)
        assert refused.value.reason == reason


def test_a_price_that_is_found_out_meets_every_limit_and_the_grants_of_that_moment():
    waiting, past = request(item(30)), Past(limits=[limit(100)], paid=[Paid(80)])
    with pytest.raises(Refused, match="You have 20 of your 100 weekly credits left"):
        decide_waiting(waiting, past, agreed(30))
    assert decide_waiting(waiting, past, agreed(30, allowed=True)) == ()
    with pytest.raises(Refused, match="You have 20 of your 100"):
        decide_waiting(waiting, past, agreed(20, allowed=True))  # the moderator has allowed less
    past.given = [grant(1, 15)]
    assert [draw.credits for draw in decide_waiting(waiting, past, agreed(30))] == [Decimal(10)]
    of_host = Limit(scope=Scope.HOST_SERVER, period=Period.MONTH, credits=Decimal(20))
    with pytest.raises(Refused, match="host's credits"):
        decide_waiting(request(item(30), host_pays=True), Past(host_limits=[of_host]), agreed(30, allowed=True))


def test_where_nothing_is_guarded_any_number_runs():
    assert states(*[item(20, known=False)] * 3) == (JobState.SUBMITTING,) * 3
    assert states(item(20, known=False), open_unpriced=[unpriced()]) == (JobState.SUBMITTING,)


def test_under_a_limit_one_job_of_unknown_price_runs_at_a_time_and_the_others_wait():
    image, video = item(20, known=False), item(20, VIDEO, known=False)
    runs, waits = JobState.SUBMITTING, JobState.WAITING
    assert states(image, video, item(20), limits=(limit(1000),)) == (runs, waits, runs)
    for whose, waiting in ((ME, waits), (ME + 1, runs)):
        other = unpriced(whose, VIDEO)
        assert states(image, limits=(limit(1000),), open_unpriced=[other]) == (waiting,)
        assert states(image, limits=(server(1000),), open_unpriced=[other]) == (waits,)
        assert states(item(20), limits=(server(1000),), open_unpriced=[other]) == (runs,)
    waiting_too = unpriced(ME + 1, VIDEO, is_sent=False)
    assert states(image, limits=(server(1000),), open_unpriced=[waiting_too]) == (runs,)
    assert states(image, video, rules=Rules(confirm_above=HIGH)) == (runs, runs)
    assert states(image, image, rules=Rules(confirm_above=HIGH)) == (runs, waits)


def test_a_yes_is_to_the_price_that_was_shown_and_a_tenth_more():
    def is_asked(total: int | str, *, known: bool, agreed: bool) -> bool:
        consent = Consent(agreed=ShownPrice(credits=Decimal(20), known=agreed))
        return must_confirm(request(item(total, known=known), consent=consent), Rules(confirm_above=LOW))

    for total in (18, 20, 22):
        assert not is_asked(total, known=True, agreed=True)
        assert not is_asked(total, known=False, agreed=False)
        assert not is_asked(total, known=True, agreed=False)  # "up to about 20" was agreed to
        assert is_asked(total, known=False, agreed=True)
    assert is_asked("22.001", known=True, agreed=True)
    assert is_asked("22.001", known=True, agreed=False)


@pytest.mark.parametrize(
    ("consent", "rules", "is_asked"),
    [
        (Consent(), Rules(), False),
        (Consent(pressed=True), Rules(), True),
        (Consent(pressed=True), Rules(confirm_above=Decimal(20)), False),
        (Consent(pressed=True), Rules(confirm_above=Decimal(19)), True),
        (Consent(pressed=True, labelled=Decimal(19)), Rules(), False),
        (Consent(pressed=True, labelled=Decimal(18)), Rules(), True),
        (Consent(labelled=Decimal(18)), Rules(), True),
        (Consent(labelled=Decimal(19)), Rules(), False),
    ],
)
def test_a_control_shows_its_price_before_it_spends_unless_its_label_did(
    consent: Consent, rules: Rules, is_asked: bool
):
    assert must_confirm(request(20, consent=consent), rules) is is_asked
