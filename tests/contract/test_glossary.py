"""A term of docs/glossary.csv is the same word in each translation of a message that has it."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Message

from bot.language import NAME
from bot.language.po_files import read
from tests.support.glossary import glossary
from tools.translations import TRANSLATED, po_file

OTHER_WORDS = {
    ("de", "Ask a moderator to grant it"): "a verb: to allow it",
    ("de", "Ask a moderator for approval above"): "who approves is clear",
    ("es", "Visible to you and reviewing"): "100 characters; the result is the subject",
    ("fr", "Review: results wait here"): "100 characters",
    ("ja", "Approve this job?"): "a title; the job is below",
    ("ja", "None. Only members with Manage Server"): "people, as Japanese counts them",
    ("ja", "prompt: what it is about"): "a sample of what is typed, in which Japanese names the field itself",
    ("pt-BR", "the author of the job"): "who can act: who requested it",
    ("pt-BR", "Message {channel}"): "Discord's own words for its input",
    ("pt-BR", "Visible to you and reviewing"): "100 characters",
}
"""The start of a message whose translation says a term in other words, and why."""


def text_of(said: object) -> str:
    return said if isinstance(said, str) else " ".join(said)  # type: ignore[call-overload]  # a plural's forms


def misses(message: Message, language: str) -> list[str]:
    """Return the terms of a message that its translation says in other words."""
    english, said = text_of(message.id), text_of(message.string)
    return [each.name for each in glossary() if each.used_in(english) and not each.is_in(said, language)]


def is_exempt(message: Message, language: str) -> bool:
    return any(language == of and text_of(message.id).startswith(start) for of, start in OTHER_WORDS)


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_glossary_s_words(language: str):
    messages = [each for each in read(po_file(language)) if each.id and each.context != NAME and any(each.string)]
    found = {text_of(each.id): misses(each, language) for each in messages if not is_exempt(each, language)}
    found = {english: names for english, names in found.items() if names}
    assert found == {}, "use the glossary's word, add a form to it, or say in OTHER_WORDS why not"


def test_the_glossary_has_forty_terms_with_words_in_every_whole_language():
    assert len(glossary()) >= 40
    assert len({each.name for each in glossary()}) == len(glossary())
    whole = [each for each in TRANSLATED if each.partition("-")[0] not in set(TRANSLATED) - {each}]
    for term in glossary():
        assert all(form and form == form.lstrip() for each in whole for form in term.forms[each]), term.name


def test_another_word_for_a_term_is_reported():
    assert misses(Message("Choose a channel.", "Wähle einen Raum."), "de") == ["channel"]
    assert misses(Message("Choose a channel.", "Wähle einen Kanal."), "de") == []
    assert misses(Message("Run `channel`.", "Nimm `channel`."), "de") == []


def test_each_term_and_each_other_sense_is_somewhere():
    messages = [text_of(each.id) for each in read(po_file("de")) if each.id]
    assert [each.name for each in glossary() if not any(map(each.used_in, messages))] == []
    senses = [each.elsewhere for each in glossary() if each.elsewhere]
    assert [each for each in senses if not any(re.search(each, message) for message in messages)] == []


def test_each_exception_is_needed():
    for language, start in OTHER_WORDS:
        exempt = [each for each in read(po_file(language)) if each.id and text_of(each.id).startswith(start)]
        assert any(misses(each, language) for each in exempt), (language, start)
