"""The words that a server's moderators do not allow, found however they are spelled. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from bot.domain.reading_time import reads_foreign_text


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
