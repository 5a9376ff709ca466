"""When a card is drawn again, and what can wait."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bot.delivery.card.ticker import (
    APART_S,
    EVERY_S,
    SELDOM_S,
    SEVERAL_APART_S,
    TOKEN_SPARE_S,
    apart_s,
    is_calm,
    next_edit_s,
    tells_time,
)
from bot.domain.jobs.poll_schedule import Expected, JobProgress
from bot.domain.models import Job, JobState, WaitsFor
from tests.unit.delivery.test_attachments import NOW, job


def a_job(state: JobState, number: int = 0, **changes: Any) -> Job:
    return replace(job(number, files=0), state=state, **changes)


def next_s(*jobs: Job, in_s: float | None = None, token_left_s: float | None = None) -> float | None:
    progress = JobProgress(expected=Expected(NOW), next_s=in_s)
    known = {each.id: progress for each in jobs if each.state is JobState.PROCESSING}
    context: Any = SimpleNamespace(now=NOW, progress=known)
    card: Any = SimpleNamespace(is_by_token=token_left_s is not None, token_expires_at=NOW + (token_left_s or 0.0))
    return next_edit_s(card, jobs, context)


RUNNING, WAITING = a_job(JobState.PROCESSING), a_job(JobState.WAITING, 1)


def test_cards_of_several_jobs_are_edited_less_often():
    assert (apart_s([RUNNING]), apart_s([RUNNING, WAITING])) == (APART_S, SEVERAL_APART_S)


@pytest.mark.parametrize(
    ("job_", "in_s", "expected"),
    [
        (RUNNING, None, None),
        (RUNNING, 22.5, 22.5),
        (WAITING, None, SELDOM_S),
        (a_job(JobState.DELIVERED), None, None),
        (a_job(JobState.AWAITING_APPROVAL), None, None),
        (a_job(JobState.QUEUED), None, None),
        (replace(RUNNING, overdue_at=NOW), 60.0, None),
        (replace(RUNNING, waits_for=WaitsFor.FILE, next_at=NOW + 60), None, 61.0),
        (replace(RUNNING, waits_for=WaitsFor.FILE, next_at=NOW + 1), None, EVERY_S),
    ],
)
def test_a_card_is_drawn_again_when_what_it_says_is_no_longer_true(
    job_: Job, in_s: float | None, expected: float | None
):
    assert next_s(job_, in_s=in_s) == expected


def test_the_soonest_of_several_counts_and_without_a_key_nothing_moves():
    assert next_s(RUNNING, WAITING, in_s=20.0) == 20.0
    assert next_s(RUNNING, WAITING, in_s=120.0) == SELDOM_S
    assert next_s(replace(RUNNING, blocked_s=1.0), in_s=60.0) is None


def test_a_private_card_is_drawn_last_before_it_can_no_longer_be_reached():
    assert next_s(RUNNING, in_s=600.0, token_left_s=100.0) == 100.0 - TOKEN_SPARE_S
    assert next_s(RUNNING, in_s=30.0, token_left_s=100.0) == 30.0
    assert next_s(a_job(JobState.DELIVERED), token_left_s=100.0) is None


@pytest.mark.parametrize(
    ("jobs", "told", "expected"),
    [
        ([RUNNING], {}, True),
        ([WAITING], {}, True),
        ([a_job(JobState.READY)], {}, False),  # its result comes at once: nothing is under way
        ([a_job(JobState.READY, 2), RUNNING], {}, True),
        ([a_job(JobState.AWAITING_APPROVAL)], {}, False),
        ([replace(RUNNING, waits_for=WaitsFor.FILE)], {}, False),
        ([replace(RUNNING, overdue_at=NOW)], {}, False),
        ([replace(RUNNING, raised=1)], {}, False),
        ([a_job(JobState.FAILED, 2), RUNNING], {}, False),
        ([a_job(JobState.FAILED, 2), RUNNING], {2: JobState.FAILED}, True),
        ([a_job(JobState.FAILED, 2)], {2: JobState.FAILED}, False),
    ],
)
def test_what_can_be_told_some_seconds_later_is(jobs: list[Job], told: dict[int, JobState], expected: bool):
    assert is_calm(jobs, {job(number, files=0).id: state for number, state in told.items()}) is expected


@pytest.mark.parametrize(
    ("is_by_token", "left_s", "expected"),
    [(False, 0.0, True), (True, TOKEN_SPARE_S, False), (True, TOKEN_SPARE_S + 1, True)],
)
def test_a_time_is_told_where_it_can_be_corrected(is_by_token: bool, left_s: float, expected: bool):
    card: Any = SimpleNamespace(is_by_token=is_by_token, token_expires_at=NOW + left_s)
    assert tells_time(card, NOW) is expected
