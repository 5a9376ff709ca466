"""The pages that explain refusals: the cause, who can change it, and what to do now.

A refusal has the id of its page (`Text(…, why="key.none")`, `BotError.why`). `pages.toml` has the pages in English,
`bot/language/locales/pages` their translations, and `seen.json` the sentences that lead to each, written by
`make readme`. All of them are read when the first page is requested, and not by a start.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.language import SOURCE, current, ntr, page_text, speaking, tr, with_names
from bot.language.pages import texts

_FOLDER = Path(__file__).parent
_LABEL = re.compile(r"(?P<mark>\*{1,2})(?P<label>[^*\n]+)(?P=mark)")
_PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
_MARKS = re.compile(r"[*`⚠️]|^-# ", re.MULTILINE)
_WORD = re.compile(r"\w+")
_WITHOUT_SPACES = re.compile(r"[\u2e80-\uffdc]")
"""Letters of languages that do not separate words."""
_PLURAL = 5
"""A count for the form of many."""
_OF_TITLE = 3
_FIT_CHARS_MIN = 8
"""A sentence with less text of its own is no sign that it was pasted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyPage:
    """A cause of refusals, in one language."""

    id: str
    title: str
    cause: str
    who: str
    """Who can change it, as a list of words."""
    do: str
    needs_host: bool
    """Whether the bot's host is one of them."""

    @property
    def label(self) -> str:
        """The title, and the id that a refusal shows."""
        return f"{self.title} ({self.id})"


@functools.cache
def written() -> Mapping[str, Mapping[str, Any]]:
    """Return the pages in English, as they are written, by id."""
    import tomllib  # noqa: PLC0415 - not needed by a start

    return tomllib.loads((_FOLDER / "pages.toml").read_text(encoding="utf-8"))


@functools.cache
def seen() -> Mapping[str, Sequence[Sequence[str]]]:
    """Return the English sentences that lead to each page: one form, or both of a plural."""
    found: dict[str, list[list[str]]] = json.loads((_FOLDER / "seen.json").read_text(encoding="utf-8"))
    return found


def page(why: str) -> WhyPage | None:
    """Return a page in the current language; None for an unknown id."""
    found = written().get(why)
    if found is None:
        return None
    title, cause, do = (filled(page_text(why, found[part])) for part in ("title", "cause", "do"))
    return WhyPage(
        id=why, title=title, cause=cause, who=texts.who(found["who"]), do=do, needs_host="host" in found["who"]
    )


def filled(text: str) -> str:
    """Return a page's text with buttons, settings, commands and options as they are called in the current language."""
    return with_names(_LABEL.sub(_translated, text))


def _translated(found: re.Match[str]) -> str:
    mark, label = found.group("mark", "label")
    return mark + tr(label) + mark


def find(typed: str) -> list[WhyPage]:
    """Return the pages that fit an id, words, or a pasted refusal, best first; all of them for nothing."""
    if typed.strip() in written():
        ids = [typed.strip()]
    elif typed.strip():
        ids = _index(current()).ranked(typed)
    else:
        ids = list(written())
    return [each for each in map(page, ids) if each is not None]


# ---------------------------------------------------------------------- search


@dataclass(frozen=True, slots=True)
class _Index:
    """The words and sentences of all pages."""

    words: Mapping[str, Mapping[str, int]]
    """Each page's words, those of its title and id with more weight."""
    sentences: Sequence[tuple[str, Sequence[str]]]
    """A page's id, and the text of a sentence around what is filled in."""
    weights: Mapping[str, float]
    rarest: float
    """The weight of a word of one page, or of none."""

    def ranked(self, typed: str) -> list[str]:
        plain, words = _plain(typed), set(_words(typed))
        fits = Counter[str]()
        for why, parts in self.sentences:
            fits[why] = max(fits[why], _fit(parts, plain))
        scores = {why: (why.startswith(plain), fits[why], self._overlap(words, why)) for why in self.words}
        found = [why for why, score in scores.items() if any(score)]
        return sorted(found, key=lambda why: scores[why], reverse=True)

    def _overlap(self, words: Collection[str], why: str) -> float:
        """Return how well words fit a page: 0 unless it has most of what they say."""
        known = {word: self.weights[word] for word in words if word in self.words[why]}
        if sum(known.values()) <= sum(self.weights.get(word, self.rarest) for word in words) / 2:
            return 0
        return sum(weight * self.words[why][word] for word, weight in known.items())


@functools.cache
def _index(language: str) -> _Index:
    """Return the index in a language and in English, which a host's bot or another member may have shown."""
    words = {why: dict.fromkeys(why.split("."), _OF_TITLE) for why in written()}
    sentences: list[tuple[str, Sequence[str]]] = []
    for each in {language, SOURCE}:
        with speaking(each):
            for why, known in words.items():
                said = [_plain(each) for each in map(_said, seen().get(why, ()))]
                sentences += [(why, [part.strip() for part in _PLACEHOLDER.split(each)]) for each in said]
                shown = page(why)
                title, cause = ("", "") if shown is None else (shown.title, shown.cause)
                title += " " + page_text(why, str(written()[why].get("asked", "")))
                for word in _words(" ".join([cause, *said])):
                    known.setdefault(word, 1)
                known.update(dict.fromkeys(_words(title), _OF_TITLE))
    counts = Counter(word for known in words.values() for word in known)
    weights = {word: math.log(len(words) / count) for word, count in counts.items()}
    return _Index(words, sentences, weights, math.log(len(words)))


def _said(forms: Sequence[str]) -> str:
    """Return a sentence in the current language, with its places."""
    if len(forms) == 1:
        return tr(forms[0])
    return ntr(forms[0], forms[1], _PLURAL, **{name: f"{{{name}}}" for name in _names(forms[1])})


def _names(text: str) -> set[str]:
    return {each[1:-1] for each in _PLACEHOLDER.findall(text)}


def _plain(text: str) -> str:
    """Return a text as it can be compared: without marks, case and line breaks."""
    return " ".join(_MARKS.sub("", text).casefold().split())


def _words(text: str) -> Iterator[str]:
    """Yield a text's words; of a language that does not separate them, each two letters."""
    for word in _WORD.findall(_plain(text)):
        if _WITHOUT_SPACES.search(word):
            yield from (word[at : at + 2] for at in range(max(len(word) - 1, 1)))
        else:
            yield word


def _fit(parts: Sequence[str], plain: str) -> int:
    """Return how much of a text is this sentence, in characters: 0 unless all parts are there in their order."""
    at = 0
    for part in parts:
        at = plain.find(part, at)
        if at < 0:
            return 0
        at += len(part)
    length = sum(map(len, parts))
    return length if length >= _FIT_CHARS_MIN else 0
