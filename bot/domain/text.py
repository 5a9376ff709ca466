"""Text of members inside our sentences: shortened, cleaned, punctuated; and Discord's markup for a time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

SLUG_CHARS = 40
_DECIMAL_COMMA = re.compile(r"[0-9]+,[0-9]{1,2}|0,[0-9]{3}", re.ASCII)
INVISIBLE: Mapping[int, None] = MappingProxyType(
    dict.fromkeys(
        [
            *(each for each in (*range(0x20), *range(0x7F, 0xA0)) if chr(each) not in "\n\t"),
            *range(0xD800, 0xE000),
            *range(0x202A, 0x202F),
            *range(0x2066, 0x206A),
        ]
    )
)
"""For `str.translate`, what no text needs: control characters but line breaks and tabs, halves of surrogate pairs, and
the marks that reverse what follows, which is our own text."""


def one_line(text: str) -> str:
    """Collapse every run of whitespace into one space, and strip the ends."""
    return " ".join(text.split())


def full_stop(text: str) -> str:
    """Return a text that ends as one sentence: with exactly one full stop, or its own `!`, `?` or `…`."""
    bare = text.rstrip(" .\n\t")
    return bare if not bare or bare[-1] in "!?…" else f"{bare}."


def with_decimal_point(typed: str) -> str:
    """Return an amount with a point where `12,5` or `0,125` was typed, anything else as it is.

    `1,200` is not touched, for it would mean 1200 to some and 1.2 to others.
    """
    return typed.replace(",", ".") if _DECIMAL_COMMA.fullmatch(typed) else typed


def without_controls(text: str) -> str:
    """Remove control characters, halves of surrogate pairs and marks that reverse text; line breaks and tabs stay."""
    return text.translate(INVISIBLE)


def whole(value: Any) -> Any:
    """Return a JSON value without lone surrogates, which JSON can express but no database, log or message accepts."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, dict):
        return {whole(name): whole(item) for name, item in value.items()}
    return value


def shortened(text: str, limit: int) -> str:
    """Cut `text` to `limit` characters at a word where possible, with an ellipsis if anything was cut."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    head, space, _ = cut.rpartition(" ")
    return (head if space and len(head) > limit // 2 else cut).rstrip() + "…"


def slug(text: str, fallback: str) -> str:
    """Turn a text into a safe start of a file name, such as `fox-in-fog`; `fallback` if nothing of it remains."""
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
