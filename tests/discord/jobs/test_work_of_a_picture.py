"""How often the store is visited for a picture, and how much is called: counts that no machine changes."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from types import FrameType

from tests.support.rig import Rig, running
from tests.support.work_counts import work_of_pictures

PICTURES = 20
MOST = {"commits": 5, "hops": 9, "statements": 65}
"""A picture's. Lower them when they fall; what raises one has to be worth a disk sync or a thread's hand-over.

Of the statements, two in transactions that are there anyway are the hash of its file and the purse of a running event;
the others, and the ninth hop, look for an account of the author's own.
"""


async def test_a_picture_costs_no_more_commits_visits_and_statements_than_it_did(tmp_path: Path):
    async with running(tmp_path) as rig:
        counts = await work_of_pictures(rig, PICTURES)
    found = {name: getattr(counts, name) / PICTURES for name in MOST}
    visits = "\n".join(f"{count / PICTURES:.2f} {name}" for name, count in counts.by_name.most_common())
    assert {name: count for name, count in found.items() if count > MOST[name]} == {}, f"{found}\n{visits}"


CALLS_MOST = {"bot": 10_000, "bot/catalogue": 1_500}
"""Calls of functions by the bot's code for a picture without a model: 8,843 and 822."""


async def test_a_picture_calls_no_more_functions_than_it_did(rig: Rig):
    found: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _argument: object) -> None:
        if event in {"call", "c_call"}:
            parts = frame.f_code.co_filename.split("/")
            if (place := next((n for n, part in enumerate(parts) if part in {"bot", "cogs"}), None)) is not None:
                found["bot"] += 1
                found["/".join(parts[place : place + 2])] += 1

    async def make(pictures: int) -> None:
        for number in range(pictures):
            await rig.member.slash(rig.channel, "image generate", prompt=f"a fox {number}")
            await rig.work()

    await make(10)
    sys.setprofile(count)
    try:
        await make(PICTURES)
    finally:
        sys.setprofile(None)
    called = {name: calls / PICTURES for name, calls in found.items()}
    assert {name: called[name] for name, most in CALLS_MOST.items() if called[name] > most} == {}, called
