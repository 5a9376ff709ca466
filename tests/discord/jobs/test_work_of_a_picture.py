"""How often the store is visited for a picture. Counts, in virtual time: no machine changes them."""

from __future__ import annotations

from pathlib import Path

from tests.support.rig import running
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
