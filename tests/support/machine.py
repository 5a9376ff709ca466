"""How fast the machine is right now: shared processors have been seen to run at a quarter of their speed for hours."""

from __future__ import annotations

import time

ROUNDS = 100_000
REFERENCE_S = 0.005
"""What the rounds take CPython 3.13 on a machine with nothing else to do (2.5 GHz Xeon); the bars were set there."""


def slowness() -> float:
    """Return how many times slower than that machine this one is at its best now, at least 1: multiply a bar by it."""
    return max(1.0, min(_rounds_s() for _ in range(5)) / REFERENCE_S)


def mean_slowness() -> float:
    """Return the same, but averaged over half a second or more: what longer work has to do with."""
    return sum(_rounds_s() for _ in range(100)) / 100 / REFERENCE_S


def _rounds_s() -> float:
    total = 0
    begun = time.perf_counter()
    for number in range(ROUNDS):
        total += number
    return time.perf_counter() - begun
