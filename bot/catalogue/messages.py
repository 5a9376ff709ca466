"""Pieces of the sentences that tell a member what is wrong with an input: one line each, whatever the input was."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

from bot.catalogue.fields import Scalar

ECHO_LIMIT_CHARS = 40
"""How much of a member's own words a sentence repeats."""

_JOINERS = "\u200c\u200d"
"""Invisible, but Persian words and many emoji fall apart without them."""


def echo(value: object, limit: int = ECHO_LIMIT_CHARS) -> str:
    """Return `value` as one short printable line."""
    raw = value[: limit * 4] if isinstance(value, str) else str(value)
    line = " ".join("".join(letter if letter.isprintable() or letter in _JOINERS else " " for letter in raw).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def either(values: Sequence[Scalar]) -> str:
    """Return `values` as `4, 8 or 12`; long lists are cut."""
    words = [echo(value) for value in values]
    if len(words) > 12:
        words = [*words[:11], f"{len(words) - 11} others"]
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def nearest_sentence(given: Scalar, values: Sequence[Scalar]) -> str:
    """Return `The nearest are 8 and 12.`, or '' if nothing is near."""
    near = nearest(given, values)
    if not near:
        return ""
    return f"The nearest {'are' if len(near) > 1 else 'is'} {' and '.join(echo(value) for value in near)}."


def nearest(given: Scalar, values: Sequence[Scalar]) -> list[Scalar]:
    """Return the one or two of `values` that stand next to `given`, by size if they have one, else by spelling."""
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
