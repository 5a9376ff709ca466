"""How the processes of a fleet share what there is once: shards, and budgets of calls."""

from __future__ import annotations

import math
from collections.abc import Mapping

FEW = 1
"""Calls of a budget that each process may make in a window, whatever the others want: one that is idle has to begin."""
SPARE = 2
"""Calls in a window that a process gets beyond what it has lately made."""


def shard_targets(held: Mapping[str, int], shards: int) -> dict[str, int]:
    """Return how many of so many shards each process should have; `held` says how many each has, oldest member first.

    No two differ by more than one. Those that hold most get the odd ones, so that no shard moves for nothing.
    """
    if not held:
        return {}
    least, odd = divmod(shards, len(held))
    by_number = sorted(held, key=lambda process: -held[process])  # stable: the oldest first among equals
    return {process: least + (place < odd) for place, process in enumerate(by_number)}


def fair_share(wanted: Mapping[str, float], process: str, total: int) -> int:
    """Return how many calls in a window are one process's part of a budget of `total`.

    `wanted` says how many each would make in a window. Nobody gets more than wanted (and a little, to grow from) while
    another wants more than it gets; and each gets a few.
    """
    left = max(0, total - FEW * len(wanted))
    shares = dict.fromkeys(wanted, FEW)
    open_ = sorted(wanted, key=lambda name: (wanted[name], name))
    for place, name in enumerate(open_):
        part = min(left // (len(open_) - place), math.ceil(min(wanted[name], total)) + SPARE - FEW)
        shares[name] += max(0, part)
        left -= max(0, part)
    return shares[process]
