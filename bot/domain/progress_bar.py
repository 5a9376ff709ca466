"""How far a running job probably is, and how long it still needs, by what jobs like it took. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.durations import Durations
from bot.domain.poll_schedule import remaining_s

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
