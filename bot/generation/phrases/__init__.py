"""How wishes begin and end in each language: data alone, which `word_rules` joins into rules.

A phrase is an alternative of a regular expression, without anchors and lower case. A message may be in any of the
languages, so a short word that means something else in another one stands where a colon has to follow it.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.generation.phrases.english import ENGLISH
from bot.generation.phrases.french import FRENCH
from bot.generation.phrases.german import GERMAN
from bot.generation.phrases.japanese import JAPANESE
from bot.generation.phrases.kind import Phrases
from bot.generation.phrases.portuguese import PORTUGUESE
from bot.generation.phrases.spanish import SPANISH
from bot.language import LANGUAGES

PHRASES: Mapping[str, Phrases] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "pt-BR": PORTUGUESE,
    "ja": JAPANESE,
}
"""By the language of `LANGUAGES`."""


def joined(name: str) -> str:
    """Return the phrases of that name in all languages as one group of a regular expression."""
    return f"(?:{'|'.join(getattr(PHRASES[each], name) for each in LANGUAGES)})"


def plain(name: str) -> frozenset[str]:
    """Return the plain texts of that name in all languages."""
    return frozenset(text for each in LANGUAGES for text in getattr(PHRASES[each], name))
