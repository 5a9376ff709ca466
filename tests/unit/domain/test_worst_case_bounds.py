"""How far a limit can be exceeded at most, from what is open."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.domain.money.worst_case import Bound, OpenJob, Stage, worst_case

CHECKED, RUNNING, FREE, ASKED, LATE = Stage.CHECKED, Stage.RUNNING, Stage.FREE, Stage.ASKED, Stage.LATE


def unknown(stage: Stage, held: int = 20) -> OpenJob:
    return OpenJob(stage=stage, held=Decimal(held), is_known=False)


def known(stage: Stage, held: int = 10) -> OpenJob:
    return OpenJob(stage=stage, held=Decimal(held), is_known=True)


@pytest.mark.parametrize(
    ("left", "jobs", "more", "most"),
    [
        pytest.param(0, [], [], 0, id="nothing is open"),
        pytest.param(0, [known(CHECKED), known(RUNNING)], [], 0, id="known prices hold"),
        pytest.param(-30, [known(CHECKED)], [], 30, id="exceeded already, as by a limit that was lowered"),
        pytest.param(100, [unknown(RUNNING)], [280], 180, id="one unknown price, less what is free"),
        pytest.param(300, [unknown(RUNNING)], [280], 0, id="one unknown price within what is free"),
        pytest.param(0, [unknown(CHECKED)] * 4, [280] * 4, 280, id="those that wait run one at a time"),
        pytest.param(0, [unknown(RUNNING), *[unknown(CHECKED)] * 3], [280] * 4, 280, id="one runs, others wait for it"),
        pytest.param(1000, [unknown(CHECKED)] * 4, [280] * 4, 120, id="all together, if that is less"),
        pytest.param(0, [unknown(FREE), unknown(FREE)], [280, 280], 560, id="those that nothing holds back"),
        pytest.param(0, [unknown(FREE), unknown(CHECKED)], [280, 280], 560, id="an overdue one beside the next"),
        pytest.param(0, [unknown(RUNNING), unknown(RUNNING)], [280, 100], 380, id="sent before there was a limit"),
        pytest.param(4, [known(LATE)], [], 6, id="a failed one that may be charged"),
        pytest.param(4, [known(LATE), unknown(CHECKED)], [280], 286, id="a failed one beside an unknown price"),
        pytest.param(0, [unknown(LATE), unknown(CHECKED)], [300, 280], 580, id="a failed one of unknown price"),
        pytest.param(-30, [unknown(RUNNING), unknown(CHECKED)], [280, 280], 310, id="exceeded, and one more runs"),
        pytest.param(-20, [known(ASKED, 20)], [], 20, id="a request above it, if a moderator allows that"),
        pytest.param(-20, [known(ASKED, 20), unknown(CHECKED)], [280], 300, id="one above it beside an unknown price"),
        pytest.param(20, [known(ASKED, 20), unknown(CHECKED)], [280], 260, id="of another limit"),
        pytest.param(0, [unknown(RUNNING)], [-15], 0, id="an unknown price below its hold"),
    ],
)
def test_the_most_by_which_open_jobs_exceed_a_limit(left: int, jobs: list[OpenJob], more: list[int], most: int):
    assert worst_case(Decimal(left), jobs).over([Decimal(each) for each in more]) == most


def test_a_limit_without_unknown_prices_or_excess_is_not_at_risk():
    assert not worst_case(Decimal(0), [known(CHECKED)]).is_possible
    assert worst_case(Decimal(1000), [unknown(CHECKED)]).is_possible
    assert worst_case(Decimal(-1), []).is_possible


def test_a_bound_takes_the_dearest():
    assert Bound(credits=Decimal(-5), jobs=2).over([Decimal(1), Decimal(30), Decimal(20)]) == 45
