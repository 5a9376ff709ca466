"""How long texts of strangers keep the process: every function that reads one is named, and timed.

No thread would help, because a regular expression holds the interpreter. So no such function takes more than linear
time (tests/contract/test_no_runaway_patterns.py), and one that took long all the same is seen in the metrics.
"""

from __future__ import annotations

import functools
import time
from collections import Counter
from collections.abc import Callable
from typing import ParamSpec, TypeVar

SLOW_S = 0.002
"""Of processor time. Everything else of the process waits as long."""

slow: Counter[str] = Counter()
"""How often which reader took longer, since the start of the process."""
readers: dict[str, Callable[..., object]] = {}

P = ParamSpec("P")
R = TypeVar("R")


def reads_foreign_text(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Time a function that reads what members, file hosts or the API wrote; `name` is its label in the metrics."""

    def timed(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def read(*args: P.args, **kwargs: P.kwargs) -> R:
            begun = time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                if time.thread_time() - begun > SLOW_S:
                    slow[name] += 1

        readers[name] = read
        return read

    return timed
