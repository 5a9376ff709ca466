"""Members' text in our sentences: shortened, cleaned, punctuated; and Discord's timestamps."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any

SLUG_CHARS = 40
_FULL_WIDTH = re.compile("[\u3001-\u9fff\uf900-\uffef]")
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
"""For `str.translate`: control characters except line breaks and tabs, lone surrogates, and marks that reverse the text
after them, which is ours."""


def one_line(text: str) -> str:
    """Collapse whitespace runs to one space and strip."""
    return " ".join(text.split())


def full_stop(text: str) -> str:
    """End a text with exactly one full stop, Japanese text with its own, or keep its `!`, `?`, `…` or `.)`."""
    bare = text.rstrip(" .。\n\t")
    if not bare or bare[-1] in "!?…！？" or bare.endswith((".)", "。\N{FULLWIDTH RIGHT PARENTHESIS}")):
        return bare
    return bare + ("。" if _FULL_WIDTH.match(bare[-1]) else ".")


def with_decimal_point(typed: str) -> str:
    """Return `12,5` or `0,125` with a decimal point, anything else unchanged.

    `1,200` stays: it is ambiguous (1200 or 1.2).
    """
    return typed.replace(",", ".") if _DECIMAL_COMMA.fullmatch(typed) else typed


def without_controls(text: str) -> str:
    """Remove control characters, lone surrogates and text-reversing marks; keep line breaks and tabs."""
    return text.translate(INVISIBLE)


def whole(value: Any) -> Any:
    """Return JSON without lone surrogates, which no database, log or message accepts."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, dict):
        return {whole(name): whole(item) for name, item in value.items()}
    return value


def shortened(text: str, limit: int) -> str:
    """Cut `text` to `limit` characters, at a word if possible, with an ellipsis."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    head, space, _ = cut.rpartition(" ")
    return (head if space and len(head) > limit // 2 else cut).rstrip() + "…"


def slug(text: str, fallback: str) -> str:
    """Return a safe start of a file name, such as `fox-in-fog`; `fallback` if nothing remains."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", ascii_text.lower())
    name = ""
    for word in words:
        if len(name) + len(word) + 1 > SLUG_CHARS:
            break
        name = f"{name}-{word}" if name else word
    return name or fallback


def stamp(when: float, style: str = "R") -> str:
    """Return Discord's markup for a time (Unix seconds), localized per reader.

    `style` is one letter of Discord's: `R` relative ("in 2 hours"), `f` date and time.
    """
    return f"<t:{int(when)}:{style}>"


BACKTICKS = "\u02cb" * 3
"""Replaces backticks that would end a block."""
_LINE_ENDS = {0x2028: "\n", 0x2029: "\n"}
"""Line starts besides a line break."""
_ESCAPES = {**INVISIBLE, **_LINE_ENDS, **{ord(sign): f"\\{sign}" for sign in "\\`*_~|[]()<>#"}}
"""Formatting, code, quotes, headings, links, and everything in `<>`: mentions, timestamps, commands, emojis."""
_LINE_START = re.compile(
    r"^((?:[^\S\n]|[\u00ad\u061c\u180e\u200b-\u200f\u2060-\u2064\ufeff])*)([+-]|[0-9]+(?=\.))", re.MULTILINE
)
"""Subtext and lists. Clients differ on invisible characters before them."""
_INSIDE_LINE = re.compile(
    r":(?=/|[^\s:]{1,64}:)"  # a link's scheme, an emoji by its name
    r"|(?:(?<=discord)|(?<=discordapp))\.(?=gg|com)"  # an invitation works without a scheme too
    r"|@(?!everyone|here)",
    re.IGNORECASE,
)
_FOR_ALL = re.compile(r"@(?=everyone|here)")
"""Discord finds these two anywhere in the sent text."""

_REPLACED = {**INVISIBLE, **_LINE_ENDS, **dict.fromkeys(map(ord, "\\`*<>"), " "), ord("["): "(", ord("]"): ")"}
_PAIRS = ("||", "~~", "://")
_AROUND_WORDS = re.compile(r"(?<![^\W_])_+|_+(?![^\W_]|…)|__+")
"""Formatting underscores; not one inside a word, as in `aspect_ratio`."""
_STARTS = " #-+.:"
_ALL = re.compile(r"(?<!@)@+(?=everyone|here)")
_DROPPED = dict.fromkeys(map(ord, "_~|#@"), " ")


def harmless(text: str) -> str:
    """Escape a text for a message or embed: no formatting, links, mentions or fake Discord elements.

    At most twice as long, plus one character per `@everyone`: cut it before, or use `harmless_within`.
    """
    escaped = _LINE_START.sub(_not_at_start, text.translate(_ESCAPES))
    return _FOR_ALL.sub("@\u200b", _INSIDE_LINE.sub(r"\\\g<0>", escaped))


def harmless_within(text: str, limit: int) -> str:
    """Escape a text to at most `limit` characters (at least one), with an ellipsis if cut."""
    escaped = harmless(shortened(without_controls(text), limit))
    if len(escaped) <= limit:
        return escaped
    cut = escaped[: limit - 1]
    if (len(cut) - len(cut.rstrip("\\"))) % 2:  # the last backslash lost its character
        cut = cut[:-1]
    return cut.rstrip() + "…"


def tame(text: str) -> str:
    """Return a text as one line for our sentence, without formatting, links and mentions.

    Nothing is escaped: the whole sentence may be. Field names and numbers are unchanged.
    """
    text = text.translate(_REPLACED).replace("https://", "").replace("http://", "")
    for pair in _PAIRS:
        text = text.replace(pair, " ")
    return _ALL.sub("", one_line(_AROUND_WORDS.sub(" ", text)).lstrip(_STARTS))


def bare(text: str) -> str:
    """Return a text as one line of plain words, for file descriptions."""
    return one_line(tame(text).translate(_DROPPED)).lstrip(_STARTS)


def in_block(text: str) -> str:
    """Return a text as a code block. Cut it before: a cut block stays open."""
    return f"```\n{without_controls(text).replace('`' * 3, BACKTICKS)}\n```"


def small(line: str) -> str:
    return f"-# {line}"


def _not_at_start(match: re.Match[str]) -> str:
    is_number = match[2].isdigit()  # the full stop is escaped: a backslash before a digit would be shown
    return f"{match[0]}\\" if is_number else f"{match[1]}\\{match[2]}"


FORMULA_STARTS = frozenset("=+-@\t\r\n")
"""Spreadsheets run cells with these first characters as formulas, in any width, even after invisible ones."""
_UNSEEN = frozenset({"Cc", "Cf", "Zs"})
_GUARD = "'"


def cell(value: object) -> str:
    """Return a CSV cell: numbers unchanged, texts safe from formula execution."""
    if value is None:
        return ""
    if isinstance(value, int | Decimal):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    text = str(value)
    return f"{_GUARD}{text}" if _is_formula(text) else text


def text_of_cell(written: str) -> str:
    """Return the text given to `cell`, as far as it can be recovered."""
    return written[1:] if written.startswith(_GUARD) and _is_formula(written[1:]) else written


def _is_formula(text: str) -> bool:
    first = next((char for char in text if char in FORMULA_STARTS or unicodedata.category(char) not in _UNSEEN), "")
    return unicodedata.normalize("NFKC", first)[:1] in FORMULA_STARTS


class WordList:
    """Finds whole words regardless of case, accents, width and invisible characters."""

    def __init__(self, words: Iterable[str]) -> None:
        self._phrases = [(word, spelled) for word in words if (spelled := _spelled(word))]
        self._starts = frozenset(phrase[0] for _, phrase in self._phrases)

    @classmethod
    def of(cls, words: Sequence[str]) -> WordList:
        return _prepared(tuple(words))

    def first_in(self, texts: Iterable[str]) -> str | None:
        """Return the first listed word in one of the texts, None without one."""
        if not self._phrases:
            return None
        found = [place for text in texts if (place := self._place_in(text)) is not None]
        return self._phrases[min(found)][0] if found else None

    def _place_in(self, text: str) -> int | None:
        said = _spelled(text)
        starts = self._starts.intersection(said)
        if not starts:
            return None
        whole = f" {' '.join(said)} "
        for place, (_, phrase) in enumerate(self._phrases):
            if phrase[0] in starts and f" {' '.join(phrase)} " in whole:
                return place
        return None


@lru_cache(maxsize=256)
def _prepared(words: tuple[str, ...]) -> WordList:
    return WordList(words)


UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff"
"""Thai, Lao, Burmese, Khmer, Kana, Han, Hangul: without spaces, each character is a word."""
_WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")
_FILLERS = "\u115f\u1160\u3164\uffa0"
"""Invisible Hangul letters."""


def _spelled(text: str) -> list[str]:
    return _WORD.findall(_folded(text))


def _folded(text: str) -> str:
    # Remove marks first: sorting thousands takes quadratic time.
    decomposed = unicodedata.normalize("NFKD", _without_marks(text)).casefold()
    return unicodedata.normalize("NFKC", _without_marks(decomposed))


def _without_marks(text: str) -> str:
    """Remove accents, enclosing signs and other combining or invisible marks."""
    if text.isascii():
        return text
    marks = {ord(char): None for char in set(text) if _is_mark(char)}
    return text.translate(marks) if marks else text


def _is_mark(char: str) -> bool:
    return unicodedata.category(char) in {"Mn", "Me", "Cf"} or unicodedata.combining(char) != 0 or char in _FILLERS
