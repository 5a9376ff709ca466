"""Text of members inside our sentences: shortened, cleaned, punctuated; and Discord's markup for a time."""

from __future__ import annotations

import functools
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

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


BACKTICKS = "\u02cb" * 3
"""Shown instead of those that would end a block."""
_LINE_ENDS = {0x2028: "\n", 0x2029: "\n"}
"""What a line may begin after, besides a line break."""
_ESCAPES = {**INVISIBLE, **_LINE_ENDS, **{ord(sign): f"\\{sign}" for sign in "\\`*_~|[]()<>#"}}
"""Formatting, code, quotes, headings, links, and all that stands in `<>`: mentions, timestamps, commands, emojis."""
_LINE_START = re.compile(
    r"^((?:[^\S\n]|[\u00ad\u061c\u180e\u200b-\u200f\u2060-\u2064\ufeff])*)([+-]|[0-9]+(?=\.))", re.MULTILINE
)
"""Subtext and lists. Whether a character that is not shown may stand before them is up to the client."""
_INSIDE_LINE = re.compile(
    r":(?=/|[^\s:]{1,64}:)"  # a link's scheme, an emoji by its name
    r"|(?:(?<=discord)|(?<=discordapp))\.(?=gg|com)"  # an invitation is one without a scheme, too
    r"|@(?!everyone|here)",
    re.IGNORECASE,
)
_FOR_ALL = re.compile(r"@(?=everyone|here)")
"""Discord looks for these two in the text as it is sent, whatever stands before the sign."""

_REPLACED = {**INVISIBLE, **_LINE_ENDS, **dict.fromkeys(map(ord, "\\`*<>"), " "), ord("["): "(", ord("]"): ")"}
_PAIRS = ("||", "~~", "://")
_AROUND_WORDS = re.compile(r"(?<![^\W_])_+|_+(?![^\W_]|…)|__+")
"""Underscores that format; one inside a word, as in `aspect_ratio`, does not."""
_STARTS = " #-+.:"
_ALL = re.compile(r"(?<!@)@+(?=everyone|here)")
_DROPPED = dict.fromkeys(map(ord, "_~|#@"), " ")


@reads_foreign_text("harmless")
def harmless(text: str) -> str:
    """Escape a text for a message or an embed: nothing of it formats, links, mentions, or looks like a part of Discord.

    It grows to at most twice its length and one more character for each `@everyone`: cut it before, or use
    `harmless_within`.
    """
    escaped = _LINE_START.sub(_not_at_start, text.translate(_ESCAPES))
    return _FOR_ALL.sub("@\u200b", _INSIDE_LINE.sub(r"\\\g<0>", escaped))


def harmless_within(text: str, limit: int) -> str:
    """Escape a text so that it has at most `limit` characters (at least one), with an ellipsis if anything was cut."""
    escaped = harmless(shortened(without_controls(text), limit))
    if len(escaped) <= limit:
        return escaped
    cut = escaped[: limit - 1]
    if (len(cut) - len(cut.rstrip("\\"))) % 2:  # the sign that the last backslash was for is cut off
        cut = cut[:-1]
    return cut.rstrip() + "…"


@reads_foreign_text("tame")
def tame(text: str) -> str:
    """Return a text as one line for a sentence of ours: what would format, link or mention is left out.

    Nothing is escaped, because the sentence may be, as a whole. Names of fields and numbers stay what they are.
    """
    text = text.translate(_REPLACED).replace("https://", "").replace("http://", "")
    for pair in _PAIRS:
        text = text.replace(pair, " ")
    return _ALL.sub("", one_line(_AROUND_WORDS.sub(" ", text)).lstrip(_STARTS))


def bare(text: str) -> str:
    """Return a text as one line of words without any sign of Discord's: for descriptions of files."""
    return one_line(tame(text).translate(_DROPPED)).lstrip(_STARTS)


def in_block(text: str) -> str:
    """Return a text as a block of code, which shows it as it was typed. Cut it before: a block that is cut is open."""
    return f"```\n{without_controls(text).replace('`' * 3, BACKTICKS)}\n```"


def _not_at_start(match: re.Match[str]) -> str:
    is_number = match[2].isdigit()  # the full stop after it is escaped: a backslash before a digit would be shown
    return f"{match[0]}\\" if is_number else f"{match[1]}\\{match[2]}"


FORMULA_STARTS = frozenset("=+-@\t\r\n")
"""Spreadsheets run a cell that begins with one of these as a formula, in any width and after what is not shown."""
_UNSEEN = frozenset({"Cc", "Cf", "Zs"})
_GUARD = "'"


def cell(value: object) -> str:
    """Return a value as a cell of CSV: a number as it is, a text so that no spreadsheet runs it as a formula."""
    if value is None:
        return ""
    if isinstance(value, int | Decimal):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    text = str(value)
    return f"{_GUARD}{text}" if _is_formula(text) else text


def text_of_cell(written: str) -> str:
    """Return the text that `cell` was given, as far as that can be told from what it wrote."""
    return written[1:] if written.startswith(_GUARD) and _is_formula(written[1:]) else written


def _is_formula(text: str) -> bool:
    first = next((char for char in text if char in FORMULA_STARTS or unicodedata.category(char) not in _UNSEEN), "")
    return unicodedata.normalize("NFKC", first)[:1] in FORMULA_STARTS


class WordList:
    """Finds words in texts as whole words; case, accents, width and invisible characters make no difference."""

    def __init__(self, words: Iterable[str]) -> None:
        self._phrases = [(word, spelled) for word in words if (spelled := _spelled(word))]
        self._starts = frozenset(phrase[0] for _, phrase in self._phrases)

    @classmethod
    def of(cls, words: Sequence[str]) -> WordList:
        """Return the list of these words; the same words give the same list, prepared once."""
        return _prepared(tuple(words))

    @reads_foreign_text("word_list")
    def first_in(self, texts: Iterable[str]) -> str | None:
        """Return the first word of the list that occurs in one of the texts, None if none does."""
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


_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff"
"""Thai, Lao, Burmese, Khmer, Kana, Han, Hangul: no space marks the end of a word, so each character counts as one."""
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_FILLERS = "\u115f\u1160\u3164\uffa0"
"""Hangul fillers: letters in Unicode, but invisible."""


def _spelled(text: str) -> list[str]:
    """Return the words of a text, each in the one spelling that all its spellings have in common."""
    return _WORD.findall(_folded(text))


def _folded(text: str) -> str:
    # Without its marks first: putting thousands of them in order takes the time of their square.
    decomposed = unicodedata.normalize("NFKD", _without_marks(text)).casefold()
    return unicodedata.normalize("NFKC", _without_marks(decomposed))


def _without_marks(text: str) -> str:
    """Remove accents, enclosing signs and whatever else is shown over, under or around a letter, or not at all."""
    if text.isascii():
        return text
    marks = {ord(char): None for char in set(text) if _is_mark(char)}
    return text.translate(marks) if marks else text


def _is_mark(char: str) -> bool:
    return unicodedata.category(char) in {"Mn", "Me", "Cf"} or unicodedata.combining(char) != 0 or char in _FILLERS
