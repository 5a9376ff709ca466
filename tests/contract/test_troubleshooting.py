"""docs/sentences.md has every sentence that refuses something; docs/troubleshooting.md explains those met most."""

from __future__ import annotations

import re
from pathlib import Path

from bot.jobs.texts import NO_WORKING_KEY
from tests.contract.test_style_of_texts import messages
from tools.readme_tables import with_refusals
from tools.refusals import PLACEHOLDER, SECTIONS, refusals, section_of

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
LIST = (ROOT / "docs" / "sentences.md").read_text(encoding="utf-8")
SYMPTOMS = re.findall(r"^### (.+)$", PAGE, re.MULTILINE)
SEEN_IN_DISCORD = {
    "Commands do not appear, or Discord says “The application did not respond”",
    "The result is a link instead of a file",
    "A reaction does nothing",
}
"""Symptoms that are no sentence of the bot."""


def said() -> set[str]:
    return {PLACEHOLDER.sub("…", each).replace("\n", " ") for each in messages()}


def test_every_refusal_is_on_the_list() -> None:
    assert with_refusals(LIST) == LIST, "write them with: make readme"


def test_a_symptom_is_what_the_bot_says() -> None:
    wrong = [each for each in SYMPTOMS if (each in said()) == (each in SEEN_IN_DISCORD)]
    assert wrong == [], "the sentence was reworded: reword the heading too"


def test_each_symptom_says_why_and_what_to_do() -> None:
    for symptom, text in re.findall(
        r"^### (.+)\n\n((?:(?!^#).*\n)*?)(?=\n?(?:##|\[Every sentence))", PAGE, re.MULTILINE
    ):
        assert len(text.split()) >= 8, symptom


def test_thirty_sentences_are_explained_and_the_page_stays_short() -> None:
    assert len(set(SYMPTOMS) - SEEN_IN_DISCORD) >= 30
    assert len(PAGE.split()) < 2600
    assert "<!-- said-" not in PAGE


def test_each_part_of_the_page_leads_to_its_part_of_the_list() -> None:
    linked = re.findall(r"\(sentences\.md#([\w-]+)\)", PAGE)
    parts = [
        re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in re.findall(r"^## (.+)$", LIST, re.MULTILINE)
    ]
    assert linked == parts


def test_what_is_raised_is_found_wherever_its_text_stands() -> None:
    found = {each.sentence: each for each in refusals()}
    assert len(found) > 300
    assert section_of(found["The file is empty."]) == "file"  # raised as a constant
    assert (
        section_of(found["You have … of your … daily credits left. Next reset: …."]) == "spend"
    )  # by a function's function
    assert section_of(found["This is no longer here, or it isn't yours to use."]) == "result"  # imported by its name
    assert NO_WORKING_KEY.message in found  # stored on a card, raised nowhere


def test_every_part_has_something_to_say() -> None:
    used = {section_of(each) for each in refusals()}
    assert used == {key for key, _, _ in SECTIONS}
