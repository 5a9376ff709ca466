"""When to poll a job again, and when it will probably be done. Pure.

A poll costs something, and so does each second that a job is done and not seen. Where jobs of its kind are known to
end, polls follow each other closely; where none does, they rest: the interval that costs least is inverse to the root
of the hazard, the share of those still running that end in the next second (bot/domain/jobs/durations.py). So polls are
spread evenly over the integral of that root. Once jobs may have ended, none is seen later than a quarter of its
duration and two seconds. The server's own wish (`poll_after_ms`, `Retry-After`) always wins.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate

from bot.domain.jobs.durations import EDGES_S, Durations, between

POLLS_A_SECOND, PATIENCE = 21.7, 0.27
"""A second is worth so many polls for a job of a second, and less for longer jobs, by this power of their duration."""
FIRST_SHARE, FIRST_MARGIN = 0.015, 0.62
"""Hardly any job ends before this part of the age by which so few do: what was seen does not show the rarest."""
LATE_SHARE, LATE_S = 0.25, 2.0
"""How late a job may be seen to be done: a share of its duration, and some seconds."""
WAIT_MIN_S = 0.25
OVERDUE_AFTER, OVERDUE_SHARE_OF_LONGEST = 0.99, 1.5
"""Past so many times the age by which that share of jobs were done, a webhook is missed."""
INTERVAL_MAX_S = 60.0
SLOW_WAITS_S = (3600.0, 6 * 3600.0, 24 * 3600.0)
"""How long to wait before the first, the second and every later poll of a job that takes unusually long."""
REMEMBERED_S = 7 * 24 * 3600.0
"""How long the API remembers a request after it was submitted."""
JITTER = 0.05
TOLD_MIN_S = 0.1
"""A shorter time between two of the API's own is none: it has written both at one moment."""
FORGOTTEN_S = 2 * REMEMBERED_S
"""After this long no poll can find anything any more, whatever answers."""


@dataclass(frozen=True, slots=True)
class Looks:
    """When polls pay off for one kind of job."""

    due: list[float]
    """How many polls are due by each of the edges of age."""
    first_end_s: float
    """The age before which hardly any job ends."""
    deadline_s: float

    @classmethod
    def of(cls, durations: Durations) -> Looks:
        """Return the looks that cost least for what is known."""
        due = [
            math.sqrt(rate * (high - low) * _worth_of_a_second(high) / 2)
            for rate, low, high in zip(durations.rates(), EDGES_S, EDGES_S[1:], strict=False)
        ]
        return cls(
            due=[0.0, *accumulate(due)],
            first_end_s=durations.quantile(FIRST_SHARE) * FIRST_MARGIN,
            deadline_s=min(6 * 3600.0, max(1800.0, 10 * durations.seen_done_by(0.99))),
        )


def _worth_of_a_second(age_s: float) -> float:
    """Return how many polls it is worth that a job which ends at this age is seen a second earlier."""
    return POLLS_A_SECOND / math.pow(max(1.0, age_s), PATIENCE)


def next_poll_s(durations: Durations, age_s: float, *, poll_after_s: float | None, jitter: float) -> float:
    """Return after how many seconds to look at a job that has run for `age_s`: 0 for one that was just submitted.

    `jitter` is a random number from -1 to 1.
    """
    looks = durations.derived(Looks.of)
    pays_off_s = between(looks.due, EDGES_S, between(EDGES_S, looks.due, age_s) + 1) - age_s
    # Whatever is expected, no job that ends when some do is seen later than this.
    latest_s = max(age_s, looks.first_end_s) * (1 + LATE_SHARE) + LATE_S - age_s
    wait_s = min(pays_off_s * (1 + JITTER * jitter), latest_s, INTERVAL_MAX_S)
    return max(wait_s, WAIT_MIN_S, poll_after_s or 0.0)


def unhinted_wait_s(durations: Durations, age_s: float, *, poll_after_s: float | None, jitter: float) -> float:
    """Return after how many seconds to look at a job whose webhook is expected, if none comes: when it is overdue."""
    overdue_s = durations.derived(_webhook_overdue_s)
    if age_s >= overdue_s:
        return next_poll_s(durations, age_s, poll_after_s=poll_after_s, jitter=jitter)
    return max((overdue_s - age_s) * (1 + JITTER * abs(jitter)), WAIT_MIN_S, poll_after_s or 0.0)


def _webhook_overdue_s(durations: Durations) -> float:
    return OVERDUE_SHARE_OF_LONGEST * durations.seen_done_by(OVERDUE_AFTER) + LATE_S


def slow_wait_s(polls: int, *, jitter: float = 0.0) -> float:
    """Return after how many seconds to poll next what takes unusually long, after so many slow `polls`."""
    return SLOW_WAITS_S[min(polls, len(SLOW_WAITS_S) - 1)] * (1 + JITTER * jitter)


def recheck_at(now: float, submitted_at: float | None, polls: int) -> float | None:
    """Return when to poll next a job that ended without its result, in Unix seconds; None for never again.

    `polls` is how many of these polls were answered. The API remembers a request for seven days.
    """
    at = now + slow_wait_s(polls)
    since = now if submitted_at is None else submitted_at
    return at if at - since <= REMEMBERED_S else None


def done_between(told_s: float | None, last_seen_s: float | None, seen_done_s: float) -> tuple[float, float] | None:
    """Return the ages between which a job was done, in seconds; None if it is not known well enough to be learned.

    The work was not done at the age `last_seen_s` (None: it was not watched from its start) and done at `seen_done_s`.
    `told_s` is what the API's own times say. It counts where it tells more than the polls: not if it contradicts them,
    if the work is said to have taken no time, or to have ended at the moment of the poll.
    """
    earliest_s = max(last_seen_s or 0.0, TOLD_MIN_S)
    if told_s is not None and earliest_s < told_s < seen_done_s - TOLD_MIN_S:
        return told_s, told_s
    return None if last_seen_s is None else (last_seen_s, seen_done_s)


def remaining_s(durations: Durations, age_s: float) -> float:
    """Return how many seconds more a job of `age_s` probably needs: the median of those that took longer."""
    return max(1.0, durations.quantile(0.5, beyond_s=age_s) - age_s)


def deadline_s(durations: Durations) -> float:
    """Return the age past which a job takes unusually long: ten times the 99th percentile, 30 minutes to 6 hours."""
    return durations.derived(Looks.of).deadline_s


DUE_SHARE = 0.6
"""By the time that is told at first, this share of jobs like it was done."""
HOPELESS_SHARE = 0.99
"""Past what this share of jobs took, no time is told any more."""
FULL_AT_DUE = 0.9
"""What the bar shows once that time has passed; the rest is reached by being done alone."""
CELLS = 10
FULL_CELL, EMPTY_CELL = "▰", "▱"
MINUTE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProgress:
    """How far one job is."""

    share: float
    """From 0 to below 1: the part of the work that is probably done."""
    left_s: float | None
    """How many seconds it probably still needs; None: nobody can say."""
    is_late: bool = False
    """Whether it takes longer than jobs like it mostly take."""


def progress_of(durations: Durations, age_s: float) -> JobProgress:
    """Return how far a job is that Cannon Studio has had for `age_s` seconds."""
    due_s = durations.quantile(DUE_SHARE)
    if age_s < due_s:
        return JobProgress(share=FULL_AT_DUE * age_s / due_s, left_s=due_s - age_s)
    beyond = age_s - due_s
    share = FULL_AT_DUE + (1 - FULL_AT_DUE) * beyond / (beyond + max(1.0, due_s))
    is_hopeless = age_s > durations.quantile(HOPELESS_SHARE)
    return JobProgress(share=share, left_s=None if is_hopeless else remaining_s(durations, age_s), is_late=True)


def bar(share: float) -> str:
    """Draw the part that is done, in `CELLS` signs; never full, for what is done is shown as done."""
    full = min(CELLS - 1, int(share * CELLS))
    return FULL_CELL * full + EMPTY_CELL * (CELLS - full)


def rounded_left_s(left_s: float) -> int:
    """Round the seconds that are left up to a step that nobody reads as exact: 5 s, 10 s, 30 s, a minute."""
    steps = ((MINUTE_S, 5), (5 * MINUTE_S, 10), (15 * MINUTE_S, 30))
    step = next((step for limit, step in steps if left_s <= limit), MINUTE_S)
    return max(step, -(-int(left_s + 0.999) // step) * step)


def whole_seconds(seconds: float) -> int:
    """Return how many seconds something takes or took as they are shown: whole ones, at least one."""
    return max(1, round(seconds))
