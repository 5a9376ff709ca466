"""The values of a list that are nearest to a given one: by size where they have one, else by spelling."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

from bot.catalogue.fields import Scalar
from bot.catalogue.texts import echo


def nearest(given: Scalar, values: Sequence[Scalar]) -> list[Scalar]:
    """Return the one or two of `values` that are next to `given`, by size if they have one, else by spelling."""
    sizes = [size_of(value) for value in values]
    size = size_of(given)
    if size is None or None in sizes:
        close = get_close_matches(echo(given), [str(value) for value in values], n=1, cutoff=0.5)
        return [value for value in values if str(value) in close]
    pairs = [(known, value) for known, value in zip(sizes, values, strict=True) if known is not None]
    below = max((pair for pair in pairs if pair[0] <= size), key=lambda pair: pair[0], default=None)
    above = min((pair for pair in pairs if pair[0] > size), key=lambda pair: pair[0], default=None)
    return [pair[1] for pair in (below, above) if pair is not None]


def size_of(value: Scalar) -> float | None:
    """Return the number that `value` is or starts with: 4 for `4K`; None if there is none."""
    if isinstance(value, int | float):
        return float(value)
    found = re.match(r"\d{1,9}(?:\.\d{1,9})?(?!\d|:)", value, re.ASCII)
    return float(found[0]) if found else None
