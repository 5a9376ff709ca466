"""How fast the machine is right now: shared processors have been seen to run at a quarter of their speed for hours."""

from __future__ import annotations

import time

ROUNDS = 100_000
REFERENCE_S = 0.005
"""What the rounds take CPython 3.13 on a machine with nothing else to do (2.5 GHz Xeon); the bars were set there."""


def slowness() -> float:
    """Return how many times slower than that machine this one computes now, at least 1: multiply a bar by it."""
    best = float("inf")
    for _ in range(5):
        total = 0
        begun = time.process_time()
        for number in range(ROUNDS):
            total += number
        best = min(best, time.process_time() - begun)
    return max(1.0, best / REFERENCE_S)
