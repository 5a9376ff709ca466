"""When to poll a job next, and when it will probably be done. Pure.

Polls cost, and so does each second between a job's end and its discovery. The cheapest interval is inverse to the root
of the hazard (the share of running jobs that end in the next second; bot/domain/jobs/durations.py), so polls are spread
evenly over the integral of that root. Once jobs may have ended, none is found later than a quarter of its duration plus
two seconds. The server asks for a wait between two polls of a request, and for rarer ones of long work: that always
wins (`poll_after_ms` and the poll tool's description, "every 10-30 s, sparingly").
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate

from bot.domain.jobs.durations import EDGES_S, Durations, between

POLLS_A_SECOND = 4.4
"""Polls that a saved second is worth."""
FIRST_SHARE, FIRST_MARGIN = 0.015, 0.62
"""Few jobs end before this part of that share's age: observations miss the rarest."""
LATE_SHARE, LATE_S = 0.25, 2.0
"""Latest discovery: a share of the duration, plus seconds."""
POLL_AFTER_S = 2.0
"""The wait between two polls where no answer had one: that of the create's sample."""
BELIEVED_TIMES, BELIEVED_S = 3.0, 60.0
"""A longer wait than this multiple of what such jobs take, and than these seconds, is taken for a mistake."""
LONG_AFTER_S, LONG_WAIT_S = 60.0, 5.0
"""From this age on, the least wait."""
OVERDUE_AFTER, OVERDUE_SHARE_OF_LONGEST = 0.99, 1.5
"""Past this multiple of that share's age, a webhook counts as missed."""
INTERVAL_MAX_S = 60.0
SLOW_WAITS_S = (3600.0, 6 * 3600.0, 24 * 3600.0)
"""Waits before the first, second and later polls of an unusually slow job."""
REMEMBERED_S = 7 * 24 * 3600.0
"""How long the API remembers a submitted request."""
JITTER = 0.05
DURATION_MIN_S = 0.1
"""A shorter difference between the API's times means both were written at once."""
FORGOTTEN_S = 2 * REMEMBERED_S
"""After this, no poll can find anything."""


@dataclass(frozen=True, slots=True)
class PollPlan:
    """When polling one kind of job pays off."""

    due: list[float]
    """Polls due by each age edge."""
    first_end_s: float
    """Hardly any job ends before this age."""
    deadline_s: float

    @classmethod
    def of(cls, durations: Durations) -> PollPlan:
        due = [
            math.sqrt(rate * (high - low) * POLLS_A_SECOND / 2)
            for rate, low, high in zip(durations.rates(), EDGES_S, EDGES_S[1:], strict=False)
        ]
        return cls(
            due=[0.0, *accumulate(due)],
            first_end_s=durations.quantile(FIRST_SHARE) * FIRST_MARGIN,
            deadline_s=min(6 * 3600.0, max(1800.0, 10 * durations.seen_done_by(0.99))),
        )


def least_wait_s(poll_after_s: float | None, age_s: float) -> float:
    """Return the least seconds between two polls of a request; `poll_after_s` is the last one requested by the API."""
    asked_s = POLL_AFTER_S if poll_after_s is None else poll_after_s
    return max(asked_s, LONG_WAIT_S) if age_s >= LONG_AFTER_S else asked_s


def believed_wait_s(durations: Durations, poll_after_s: float | None) -> float | None:
    """Return the wait that the API requested, as far as such jobs take so long."""
    longest_s = max(BELIEVED_S, BELIEVED_TIMES * durations.seen_done_by(0.99))
    return None if poll_after_s is None else min(poll_after_s, longest_s)


def next_poll_s(durations: Durations, age_s: float, *, poll_after_s: float | None, jitter: float) -> float:
    """Return the seconds until the next poll of a job that has run for `age_s`; 0 if just submitted.

    `jitter` is a random number from -1 to 1.
    """
    plan = durations.derived(PollPlan.of)
    pays_off_s = between(plan.due, EDGES_S, between(EDGES_S, plan.due, age_s) + 1) - age_s
    # No job is found later than this, whatever is expected.
    latest_s = max(age_s, plan.first_end_s) * (1 + LATE_SHARE) + LATE_S - age_s
    wait_s = min(pays_off_s * (1 + JITTER * jitter), latest_s, INTERVAL_MAX_S)
    return max(wait_s, least_wait_s(poll_after_s, age_s))


def unhinted_wait_s(durations: Durations, age_s: float, *, poll_after_s: float | None, jitter: float) -> float:
    """Return the seconds until a job without its expected webhook is polled: when overdue."""
    overdue_s = durations.derived(_webhook_overdue_s)
    if age_s >= overdue_s:
        return next_poll_s(durations, age_s, poll_after_s=poll_after_s, jitter=jitter)
    return max((overdue_s - age_s) * (1 + JITTER * abs(jitter)), least_wait_s(poll_after_s, age_s))


def _webhook_overdue_s(durations: Durations) -> float:
    return OVERDUE_SHARE_OF_LONGEST * durations.seen_done_by(OVERDUE_AFTER) + LATE_S


def slow_wait_s(polls: int, *, jitter: float = 0.0) -> float:
    """Return the seconds until the next poll of an unusually slow job, after `polls`."""
    return SLOW_WAITS_S[min(polls, len(SLOW_WAITS_S) - 1)] * (1 + JITTER * jitter)


def recheck_at(now: float, submitted_at: float | None, polls: int) -> float | None:
    """Return the next poll of a job that ended without a result, in Unix seconds; None for never.

    `polls` counts the answered ones. The API remembers a request for seven days.
    """
    at = now + slow_wait_s(polls)
    since = now if submitted_at is None else submitted_at
    return at if at - since <= REMEMBERED_S else None


def done_between(reported_s: float | None, last_seen_s: float | None, seen_done_s: float) -> tuple[float, float] | None:
    """Return the ages between which a job ended, in seconds; None if too imprecise.

    It was running at `last_seen_s` (None: not watched from its start) and done at `seen_done_s`. `reported_s`, from the
    API's own times, is used unless it contradicts the polls, is zero, or ends at the poll.
    """
    earliest_s = max(last_seen_s or 0.0, DURATION_MIN_S)
    if reported_s is not None and earliest_s < reported_s < seen_done_s - DURATION_MIN_S:
        return reported_s, reported_s
    return None if last_seen_s is None else (last_seen_s, seen_done_s)


def remaining_s(durations: Durations, age_s: float) -> float:
    """Return the probable seconds left at `age_s`: the median of longer jobs."""
    return max(1.0, durations.quantile(0.5, beyond_s=age_s) - age_s)


def deadline_s(durations: Durations) -> float:
    """Return the age of unusually slow jobs: ten times the 99th percentile, 30 minutes to 6 hours."""
    return durations.derived(PollPlan.of).deadline_s


DUE_SHARE = 0.75
"""The share of jobs done at the first displayed time: most results are not late."""
HOPELESS_SHARE = 0.99
"""Past this share no time is displayed."""
WRONG_S = 10.0
"""A displayed time is corrected if it is wrong by more than this."""
LONG_S = 30.0
"""A job that is expected to take longer has a bar, which is redrawn."""
BAR_APART_S = 10.0
FULL_AT_DUE = 0.9
"""The bar at that time; only the end fills the rest."""
CELLS = 10
FULL_CELL, EMPTY_CELL = "▰", "▱"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a card says of a job's end."""

    at: float | None
    """Unix seconds; None if unknown."""
    is_late: bool = False
    """Whether it takes longer than most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProgress:
    """A job's progress."""

    expected: Expected
    is_guess: bool = False
    """Whether no job of its kind has ended yet."""
    share: float | None = None
    """From 0 to below 1: probably done; None if it is too short for a bar."""
    next_s: float | None = None
    """Seconds until its time is wrong, or its bar has grown; None: never."""


def progress_of(
    durations: Durations, since: float, now: float, *, shown: Expected | None = None, has_bar: bool = True
) -> JobProgress:
    """Return the progress of a job submitted at `since`, in Unix seconds.

    `shown` is what its card says; it is kept unless it is wrong by more than `WRONG_S`. `has_bar`: its card has room
    for one.
    """
    age_s, due_s = max(0.0, now - since), durations.quantile(DUE_SHARE)
    expected = shown
    if expected is None or (not expected.is_late and abs(since + due_s - (expected.at or 0.0)) > WRONG_S):
        expected = Expected(since + due_s)
    if expected.at is not None and now >= expected.at + WRONG_S:
        is_hopeless = age_s > durations.quantile(HOPELESS_SHARE)
        expected = Expected(None if is_hopeless else now + remaining_s(durations, age_s), is_late=True)
    share = _share(age_s, due_s) if has_bar and due_s > LONG_S else None
    waits = [] if expected.at is None else [expected.at + WRONG_S - now]
    if share is not None and share < FULL_AT_DUE:
        waits.append(max(BAR_APART_S, (int(share * CELLS) + 1) / CELLS / FULL_AT_DUE * due_s - age_s))
    return JobProgress(expected=expected, is_guess=durations.is_guess, share=share, next_s=min(waits, default=None))


def _share(age_s: float, due_s: float) -> float:
    if age_s < due_s:
        return FULL_AT_DUE * age_s / due_s
    beyond_s = age_s - due_s
    return FULL_AT_DUE + (1 - FULL_AT_DUE) * beyond_s / (beyond_s + max(1.0, due_s))


def bar(share: float) -> str:
    """Draw the progress in `CELLS` signs; never full before the end."""
    full = min(CELLS - 1, int(share * CELLS))
    return FULL_CELL * full + EMPTY_CELL * (CELLS - full)


def whole_seconds(seconds: float) -> int:
    """Return a duration for display: whole seconds, at least one."""
    return max(1, round(seconds))
