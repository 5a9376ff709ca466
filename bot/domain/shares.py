"""Shares of a whole in percent that add up to what they are of. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal


def percents(parts: Sequence[Decimal], total: Decimal) -> list[int]:
    """Return each part in whole percent of `total` (above 0), as far as they go: if they are all of it, it makes 100.

    Each is rounded down, and what is missing goes to those that lost most by it (largest remainder).
    """
    exact = [part * 100 / total for part in parts]
    whole = [int(each) for each in exact]
    missing = int((sum(exact, Decimal(0)) + Decimal("0.5")) // 1) - sum(whole)
    by_loss = sorted(range(len(parts)), key=lambda number: (whole[number] - exact[number], number))
    for number in by_loss[:missing]:
        whole[number] += 1
    return whole
