"""Each language's own punctuation, form of address and words, where a slip is easy and a rule can see it."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Message

from bot.language.messages import PAGES, translations
from tests.contract.test_translations import forms, originals, translated
from tools.translations import DOMAINS, current, template
from tools.words import CODE

NARROW = "\u202f"
FRENCH_SPACE = re.compile(rf"\w[;!?»]|[ \xa0](?:[;!?»]|:(?!\w))|«(?!{NARROW})|’")
TU = re.compile(r"\b(?:tu|toi|tes)\b|\bt'(?=\w)", re.IGNORECASE)
QUOTED = re.compile("«[^»]*»")
"""What a member may say to the bot, in any form of address."""
OF_SPAIN = re.compile(r"vídeo|\bcostes?\b|\bpuls[ae]|\bañad|\bmóvil|\bordenador", re.IGNORECASE)
OPENED = (("¿", "?"), ("¡", "!"))
JAPANESE = "[\u3040-\u30ff\u4e00-\u9fff]"
WRONG = {
    "de": {
        "a quotation mark that is not German": r"\"|\u201c[^\u201c\u201d\u201e]*\u201d",
        "z. B. without its space": r"z\.B\.",
    },
    "ja": {
        "a space after a full-width mark": "[。、！？：] (?!·)",
        "a half-width colon": f"^(?!.*「[^」]*: ).*{JAPANESE}:",
        "a half-width bracket": rf"{JAPANESE}\(|\({JAPANESE}",
        "a wave dash for a range": "\u301c",
        "no Japanese word": rf"^(?!.*{JAPANESE})(?=.*[a-z]{{2,}} [a-z]{{2,}})",
    },
}


def of_pages(language: str) -> list[Message]:
    """Return what the pages about refusals say in a language."""
    return [each for each in current(language, template(DOMAINS[PAGES]()), PAGES) if each.id]


def sentences(language: str) -> list[str]:
    said = [each for each in translated(language) if each.id and each.context != "name"]
    return [form for each in (*said, *of_pages(language)) for form in forms(each)]


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
    said += [translations("es-419", PAGES).pgettext(each.context, each.id) for each in of_pages("es")]
    assert [each for each in said if OF_SPAIN.search(CODE.sub("X", each))] == []


def faulty(said: list[str], pattern: str) -> list[str]:
    wrong = re.compile(pattern, re.DOTALL)
    return [each for each in said if wrong.search(CODE.sub("X", each))]


@pytest.mark.parametrize(("language", "fault"), [(each, fault) for each, faults in WRONG.items() for fault in faults])
def test_a_translation_has_the_punctuation_of_its_language(language: str, fault: str):
    assert faulty(sentences(language), WRONG[language][fault]) == []
