"""The glossary, docs/glossary.csv: each term with the words that translations have for it.

A form is a part of a word, so that it is found in each ending; the first one is what to use. `another sense` is English
in which the term means something else.
"""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).resolve().parents[2] / "docs" / "glossary.csv"
_NOT_WORDS = re.compile(r"`[^`]*`|\*\*[^*]+\*\*|“[^”]+”|\{[a-z_]+\}|https?://\S+|:\w+:")
"""Names of commands and labels, which have a translation of their own, and what is filled in."""


@dataclass(frozen=True)
class Term:
    """A term, and its forms by language."""

    name: str
    note: str
    elsewhere: str
    forms: Mapping[str, tuple[str, ...]]

    def used_in(self, english: str) -> bool:
        """Whether a message has the term, in its own sense."""
        return self._pattern.search(self._without(english)) is not None

    def is_in(self, said: str, language: str) -> bool:
        """Whether a translation has one of the forms; a region has those of its language."""
        forms = self.forms.get(language) or self.forms.get(language.partition("-")[0])
        return forms is None or any(each.casefold() in said.casefold() for each in forms)

    def _without(self, english: str) -> str:
        rest = re.sub(self.elsewhere, " ", english) if self.elsewhere else english
        return _NOT_WORDS.sub(" ", rest)

    @property
    def _pattern(self) -> re.Pattern[str]:
        return _pattern(self.name)


@functools.cache
def _pattern(name: str) -> re.Pattern[str]:
    plural = rf"{re.escape(name[:-1])}(?:y|ies)" if name.endswith("y") else rf"{re.escape(name)}(?:e?s)?"
    return re.compile(rf"\b{plural}\b", re.IGNORECASE)


@functools.cache
def glossary() -> tuple[Term, ...]:
    """Return the terms."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return tuple(
        Term(
            name=row["term"],
            note=row["note"],
            elsewhere=row["another sense"],
            forms={each: tuple(row[each].split("|")) for each in row if each not in _OTHERS},
        )
        for row in rows
    )


_OTHERS = frozenset({"term", "of", "note", "another sense"})
