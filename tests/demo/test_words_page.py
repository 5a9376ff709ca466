"""The page of all messages, which a translator reads before a release."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Catalog, Message

from tools.words_page import Shown, page, row_of, shown_in

LIMITS = {"Choose a channel": 20}


def row(message: Message, *translations: str, flags: tuple[str, ...] = ()) -> str:
    catalog = Catalog(locale="de")
    for each in translations:
        catalog.add(message.id, each, flags=flags)
    return row_of(message, {"de": catalog}, LIMITS, {"Choose a channel": [7]})


def test_a_row_has_a_bar_the_glossary_s_words_and_where_the_message_was_seen():
    shown = row(Message("Choose a channel"), "Wähle einen Kanal!")
    assert "Choose a <mark>channel</mark>" in shown
    assert "Wähle einen <mark>Kanal</mark>!" in shown
    assert 'title="18 of 20"><i class="" style="width:90%"' in shown
    assert '<a href="#p7">' in shown
    assert 'class="over"' in row(Message("Choose a channel"), "Wähle bitte einen Kanal")


def test_what_is_missing_fuzzy_or_in_another_word_is_seen():
    assert '<td class="missing">' in row(Message("Choose a channel"))
    assert '<td class="fuzzy">' in row(Message("Choose a channel"), "Wähle einen Kanal", flags=("fuzzy",))
    assert '<mark class="missed">channel</mark>' in row(Message("Choose a channel"), "Wähle einen Raum")


@pytest.mark.long
async def test_cards_panels_and_forms_are_drawn_in_the_language():
    shown = Shown()
    await shown_in("de", shown)
    drawn = {name: each["de"] for name, each in shown.drawn.items()}
    assert "Einstellungen" in drawn["/studio settings"]
    assert 'class="form"' in drawn["/image generate"]
    assert 'class="embed"' in drawn["card: one image, processing"]
    assert "Choose a page" in shown.messages["/studio settings"]
    text = page(shown, ["en", "de"])
    assert text.count("<tr>") > 2000
    assert text.count("<details") == len(drawn)
