"""Other people's words inside sentences of ours."""

from __future__ import annotations


def one_line(text: str) -> str:
    """Return a text with every run of spaces and line breaks as one space, none at its ends."""
    return " ".join(text.split())


def full_stop(text: str) -> str:
    """Return a text that ends as one sentence: with exactly one full stop, or its own `!`, `?` or `…`."""
    bare = text.rstrip(" .\n\t")
    return bare if not bare or bare[-1] in "!?…" else f"{bare}."
