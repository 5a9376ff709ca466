"""How much work something is, counted: a time says as much of the machine and its other users as of the code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

COUNTED = frozenset({"call", "c_call"})
MERGE_CALLS_MAX = 2_000_000
"""Calls of functions while a document is read: 1 million for the heaviest, without the reader's limit of work ten times
as many and more. The reading runs in a thread, and again at each start."""


def calls_of(work: Callable[[], object]) -> int:
    """Return how many functions `work` calls, Python's and C's: the same on each machine and at each load.

    What a single function of C does is not seen: how long a pattern takes is for `tests.support.machine`.
    """
    calls, before = 0, sys.getprofile()

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in COUNTED

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls
