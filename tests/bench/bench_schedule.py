"""Polls and lag in virtual time, with the API's wait between two polls (tests/support/waiting.py)."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
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
    LimitedKey,
    follow_with_budget,
    measure,
)

SEEDS = range(20_260_101, 20_260_125)
VIDEO_LIMIT = "10.9 at 2.64 s or 12.9 at 2.48 s"
"""The least where all is known, by dynamic programming over ages of 0.25 s."""


async def rows(*, quick: bool, folder: Path) -> AsyncIterator[Row]:
    """Return the rows of the bench."""
    seeds = SEEDS[:1] if quick else SEEDS
    found = {name: measure(name, seeds) for name in WORKLOADS}
    for name, figures in found.items():
        yield Row(
            number=4, figure=f"polls, of a fixed interval's at the same lag, {name}", unit="", bar=1.05,
            ours=figures.polls / figures.fixed_polls,
            note=f"{figures.polls:.1f} to {figures.fixed_polls:.1f}, lag {figures.lag_s:.2f} s",
        )  # fmt: skip
    lasting = {name: figures for name, figures in found.items() if name != FASTER}
    late, jobs = (sum(getattr(each, name) for each in lasting.values()) for name in ("late", "jobs"))
    for row in _absolute_rows(STEADY_IMAGE, found[STEADY_IMAGE], polls=4, lag_s=1.1, limit="3.1 at 1.01 s"):
        yield row
    for row in _absolute_rows(STEADY_VIDEO, found[STEADY_VIDEO], polls=12, lag_s=2.5, limit=VIDEO_LIMIT):
        yield row
    for row in _absolute_rows(BURST_VIDEO, found[BURST_VIDEO], polls=12, lag_s=2.5, limit=VIDEO_LIMIT):
        yield row
    yield Row(
        number=4,
        figure="latest job, of 25 % of its duration + 2 s",
        unit="",
        ours=max(each.lateness for each in lasting.values()),
        bar=1,
        note=f"{late} of {jobs:,} jobs later",
    )
    yield Row(
        number=4,
        figure=f"the same, {FASTER}",
        ours=found[FASTER].lateness,
        unit="",
        bar=1,
        note=f"{found[FASTER].late} of {found[FASTER].jobs} jobs later, all when the change was not seen yet",
    )
    yield Row(
        number=4,
        figure="nearest polls of a request, of the wait that holds then",
        unit="",
        bar=1,
        at_least=True,
        ours=round(min(each.nearest for each in found.values()), 6),
    )
    for row in _limited_rows(jobs=20 if quick else 200):
        yield row


def _limited_rows(*, jobs: int) -> list[Row]:
    seen = [follow_with_budget(LimitedKey(allowed=allowed), jobs=jobs) for allowed in (30, 60, 240)]
    refused, hours = max(each.refused_share for each in seen), max(each.hours for each in seen)
    note = f"the API allows 30, 60 or 240 a minute; at most {refused:.1%} of the calls are answered 429, {hours:.1f} h"
    return [
        Row(
            number=4, figure="calls in a minute of a key that answers 429, of its budget", unit="", bar=1.05, note=note,
            ours=max(each.most_of_budget for each in seen),
        ),
        Row(
            number=4, figure=f"ended of its {jobs} videos at once", unit="", bar=jobs, at_least=True,
            ours=min(each.ended for each in seen),
        ),
    ]  # fmt: skip


def _absolute_rows(name: str, figures: Figures, *, polls: float, lag_s: float, limit: str) -> list[Row]:
    known = f"{limit}: all is known"
    return [
        Row(number=4, figure=f"polls a job, {name}", ours=figures.polls, unit="", bar=polls, limit=known),
        Row(number=4, figure=f"mean lag, {name}", ours=figures.lag_s, unit="s", bar=lag_s, limit=known),
    ]
