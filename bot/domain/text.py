"""Other people's words inside sentences of ours: shortened, cleaned, ended; and Discord's markup for a time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

SLUG_CHARS = 40

Plain = Callable[[str], str]
"""Makes a member's words harmless in a message; the surface knows how."""


def one_line(text: str) -> str:
    """Return a text with every run of spaces and line breaks as one space, none at its ends."""
    return " ".join(text.split())


def full_stop(text: str) -> str:
    """Return a text that ends as one sentence: with exactly one full stop, or its own `!`, `?` or `…`."""
    bare = text.rstrip(" .\n\t")
    return bare if not bare or bare[-1] in "!?…" else f"{bare}."


def on_off(value: bool) -> str:
    """Write a switch."""
    return "on" if value else "off"


def without_controls(text: str) -> str:
    """Take out control characters and halves of surrogate pairs; line breaks and tabs stay."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})


def shortened(text: str, limit: int) -> str:
    """Cut `text` to `limit` characters at a word where possible, with an ellipsis if anything was cut."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    head, space, _ = cut.rpartition(" ")
    return (head if space and len(head) > limit // 2 else cut).rstrip() + "…"


def slug(text: str, fallback: str) -> str:
    """Turn a text into a safe start of a file name, such as `fox-in-fog`; `fallback` if no letter or digit is left."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", ascii_text.lower())
    name = ""
    for word in words:
        if len(name) + len(word) + 1 > SLUG_CHARS:
            break
        name = f"{name}-{word}" if name else word
    return name or fallback


def stamp(when: float, style: str = "R") -> str:
    """Return Discord's markup for a time (Unix seconds), which each member reads in their own zone and language.

    `style` is one letter of Discord's: `R` relative ("in 2 hours"), `f` date and time.
    """
    return f"<t:{int(when)}:{style}>"
