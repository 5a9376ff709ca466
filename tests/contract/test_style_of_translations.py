"""Each language's own punctuation, form of address and words, where a slip is easy and a rule can see it."""

from __future__ import annotations

import re

import pytest

from bot.language.messages import translations
from tests.contract.test_style_of_texts import CODE
from tests.contract.test_translations import forms, originals, translated

NARROW = "\u202f"
FRENCH_SPACE = re.compile(rf"\w[;!?»]|[ \xa0](?:[;!?»]|:(?!\w))|«(?!{NARROW})|’")
TU = re.compile(r"\b(?:tu|toi|tes)\b|\bt'(?=\w)", re.IGNORECASE)
QUOTED = re.compile("«[^»]*»")
"""What a member may say to the bot, in any form of address."""
OF_SPAIN = re.compile(r"vídeo|\bcostes?\b|\bpuls[ae]|\bañad|\bmóvil|\bordenador", re.IGNORECASE)
OPENED = (("¿", "?"), ("¡", "!"))


def sentences(language: str) -> list[str]:
    return [form for each in translated(language) if each.id and each.context != "name" for form in forms(each)]


def test_french_has_its_spaces_and_one_apostrophe_and_says_vous():
    said = [CODE.sub("X", each) for each in sentences("fr")]
    assert [each for each in said if FRENCH_SPACE.search(each)] == []
    assert [each for each in said if TU.search(QUOTED.sub("", each))] == []


@pytest.mark.parametrize("language", ["es", "es-419"])
def test_spanish_opens_what_it_closes(language: str):
    said = [CODE.sub("X", each) for each in sentences(language)]
    assert [each for each in said if any(each.count(one) != each.count(two) for one, two in OPENED)] == []


def test_latin_america_reads_its_own_words():
    """`es.po` is Spain's; a message with one of these words has a line in `es-419.po`, too."""
    read = translations("es-419")
    ids = [originals(each) for each in translated("es") if each.id and not each.context]
    said = [read.gettext(one) if not more else read.ngettext(one, *more, 2) for one, *more in ids]
    assert [each for each in said if OF_SPAIN.search(CODE.sub("X", each))] == []
