"""A message names a button, select, field or menu by the message of its label, in every language.

In catalogues a label is named as "**Post it**", in translations too: `tr` fills in what the label is called in the
reader's language (bot/language/messages.py). A form shows no bold; there it is “Post it”, which translators write out.
"""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from bot.language import LANGUAGES, SOURCE, speaking, tr
from bot.language.current import LOCALES
from bot.language.messages import Text

BOLD = re.compile(r"\*\*(?P<name>[^*\n]+)\*\*")
QUOTED = re.compile(r"“(?P<name>[^”\n{}]+)”")
HEADING = re.compile(r"^\*\*[^*\n{}]+?(?::\*\*|\*\*(?=[ ](?:·|\{|`)|\n|$))", re.MULTILINE)
"""What a bold name at the start of a line is if nothing says what it does."""
DISCORDS = frozenset({"Manage Server", "Server Settings → Integrations", "Add Roles or Members"})
"""Names of Discord's own client."""
STATES = re.compile(r"^(?:Now|On this server|Results|Spoiler|The price is|It|🧪|Cannon Studio never)\b.*?\*\*|^🧪")
"""The begin of a message whose bold words are emphasis, not a name."""
TYPED = frozenset({"animate", "lip sync", "subtitles", "upscale"})
"""What a member writes to the bot, in their own words."""


@functools.cache
def catalogue(language: str) -> tuple[Message, ...]:
    file = LOCALES / (f"{language}.po" if language != SOURCE else "messages.pot")
    return tuple(each for each in read_po(io.BytesIO(file.read_bytes())) if each.id)


def said(text: object) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text) if isinstance(text, list | tuple) else ()


@functools.cache
def labels() -> frozenset[str]:
    return frozenset(form for each in catalogue(SOURCE) if each.context is None for form in said(each.id))


def names(message: str, pattern: re.Pattern[str] = BOLD) -> Iterator[str]:
    """Give what an English message names, without its headings, emphasis and Discord's own names."""
    yield from (each["name"] for each in pattern.finditer(HEADING.sub("", message)) if each["name"] not in DISCORDS)


def unknown(message: str) -> list[str]:
    """Return what a message names that is no label; what has places in braces is filled in."""
    return (
        [] if STATES.match(message) else [each for each in names(message) if each not in labels() and "{" not in each]
    )


def written_out(message: Message) -> list[str]:
    """Return the labels that a translation has in words of its own."""
    (first, *_), forms = said(message.id), said(message.string)
    return [
        each for each in names(first) if each in labels() and not all(f"**{each}**" in form for form in forms if form)
    ]


def test_every_control_that_a_message_names_has_a_label():
    wrong = {form: found for each in catalogue(SOURCE) for form in said(each.id) if (found := unknown(form))}
    assert wrong == {}, "name a label by its message, or add what is only emphasized to STATES"


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {SOURCE}))
def test_a_translation_names_a_label_by_its_english_message(language: str):
    wrong = {str(each.string): found for each in catalogue(language) if (found := written_out(each))}
    assert wrong == {}, "keep **the English label** in the translation: what the reader sees is filled in"


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {SOURCE}))
def test_a_label_in_quotation_marks_is_the_translated_one(language: str):
    with speaking(language):
        wrong = {
            str(each.string): label
            for each in catalogue(language)
            for label in names(said(each.id)[0], QUOTED)
            if label in labels() - TYPED and not all(tr(label) in form for form in said(each.string) if form)
        }
    assert wrong == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reader_sees_the_label_in_their_language(language: str):
    with speaking(language):
        shown = str(Text("Changed your mind? Press **Post it after all**."))
        assert f"**{tr('Post it after all')}**" in shown
        assert ("**Post it after all**" in shown) is (language == SOURCE)
