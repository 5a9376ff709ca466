"""Polls and lag in virtual time, against a fixed interval of the same lag (tests/support/waiting.py)."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(1, str(HERE.parents[1]))

from bench_report import Row  # noqa: E402 - found by the line above

from tests.support.waiting import (  # noqa: E402 - the same
    BURST_VIDEO,
    FASTER,
    STEADY_IMAGE,
    STEADY_VIDEO,
    WORKLOADS,
    Figures,
    measure,
)

SEEDS = range(20_260_101, 20_260_125)
SHARE_OF_FIXED = 0.75


async def rows(*, quick: bool, folder: Path) -> list[Row]:
    """Return the rows of the bench."""
    seeds = SEEDS[:1] if quick else SEEDS
    found = {name: measure(name, seeds) for name in WORKLOADS}
    lasting = {name: figures for name, figures in found.items() if name != FASTER}
    late, jobs = (sum(getattr(each, name) for each in lasting.values()) for name in ("late", "jobs"))
    return [
        *(_ratio_row(name, figures) for name, figures in found.items()),
        *_absolute_rows(STEADY_IMAGE, found[STEADY_IMAGE], polls=6.5, lag_s=0.45, limit="5.5 at 0.45 s"),
        *_absolute_rows(STEADY_VIDEO, found[STEADY_VIDEO], polls=15, lag_s=2, limit="14.4 at 2 s"),
        *_absolute_rows(BURST_VIDEO, found[BURST_VIDEO], polls=15, lag_s=2, limit="14.4 at 2 s"),
        Row(
            number=4, figure="latest job, of 25 % of its duration + 2 s", unit="",
            ours=max(each.lateness for each in lasting.values()),
            bar=1, note=f"{late} of {jobs:,} jobs later",
        ),
        Row(
            number=4, figure=f"the same, {FASTER}", ours=found[FASTER].lateness, unit="", bar=1,
            note=f"{found[FASTER].late} of {found[FASTER].jobs} jobs later, all when the change was not seen yet",
        ),
    ]  # fmt: skip


def _ratio_row(name: str, figures: Figures) -> Row:
    return Row(
        number=4, figure=f"polls a job, {name}", ours=figures.polls, naive=figures.fixed_polls, unit="",
        bar=SHARE_OF_FIXED, times_naive=True, note=f"lag {figures.lag_s:.2f} s; not naive but a fixed interval",
    )  # fmt: skip


def _absolute_rows(name: str, figures: Figures, *, polls: float, lag_s: float, limit: str) -> list[Row]:
    known = f"{limit}: all is known"
    return [
        Row(number=4, figure=f"polls a job, {name}", ours=figures.polls, unit="", bar=polls, limit=known),
        Row(number=4, figure=f"mean lag, {name}", ours=figures.lag_s, unit="s", bar=lag_s, limit=known),
    ]
