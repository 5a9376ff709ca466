"""Finds words that a server's moderators do not allow, however they are spelled. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence


def forbidden_word(text: str, words: Sequence[str]) -> str | None:
    """Return the first of `words` that occurs in `text` as a whole word, None if none does.

    Case, accents, width and invisible characters make no difference.
    """
    if not words:
        return None
    plain = f" {_spelled(text)} "
    for word in words:
        sought = _spelled(word)
        if sought and f" {sought} " in plain:
            return word
    return None


_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff"
"""Thai, Lao, Burmese, Khmer, Kana, Han, Hangul: no space marks the end of a word, so each character counts as one."""
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")


def _spelled(text: str) -> str:
    """Return the words of a text, separated by one space."""
    return " ".join(_WORD.findall(_folded(text)))


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(c for c in decomposed if c not in _IGNORED and unicodedata.category(c) not in {"Mn", "Cf"})
    return unicodedata.normalize("NFKC", kept)


_IGNORED = "\u115f\u1160\u3164\uffa0"
"""Hangul fillers: letters in Unicode, but invisible."""
