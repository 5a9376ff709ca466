"""The listing for Discord's App Directory fits Discord's limits; its commands, languages, and pictures are real.

Limits: docs.discord.com/developers/discovery/best-practices (description 400, summary 200, five tags).
"""

from __future__ import annotations

import re
from pathlib import Path

from babel import Locale
from PIL import Image

from bot.app.connection.commands import rows
from bot.app.entry_points import describe_commands
from bot.language import LANGUAGES

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "app-directory.md").read_text(encoding="utf-8")
FIELD = re.compile(
    r"<!-- (?P<name>\w+): (?P<most>\d+) -->\n(?P<fence>`{3,})text\n(?P<text>.*?)\n(?P=fence)\n", re.DOTALL
)
MOST = {"description": 400, "summary": 200, "tags": 5, "expanded": 3000}
FIELDS = {each["name"]: each["text"] for each in FIELD.finditer(PAGE)}
TAG_CHARS = 20
PICTURES_MIN, WIDTH_MIN_PX = 5, 1000


def without_languages(text: str) -> list[str]:
    """Return the languages of the bot, in English, that a text does not name."""
    names = (Locale.parse(each, sep="-").get_language_name("en") or each for each in LANGUAGES)
    return [name for name in names if name not in text]


def test_each_field_fits_and_says_its_limit() -> None:
    assert {each["name"]: int(each["most"]) for each in FIELD.finditer(PAGE)} == MOST
    sizes = {name: len(text.splitlines() if name == "tags" else text) for name, text in FIELDS.items()}
    assert {name: size for name, size in sizes.items() if not 0 < size <= MOST[name]} == {}
    assert all(name == "tags" or size > MOST[name] / 4 for name, size in sizes.items()), "a field is wasted"


def test_tags_are_short_and_differ() -> None:
    tags = FIELDS["tags"].splitlines()
    assert len({each.casefold() for each in tags}) == len(tags) == MOST["tags"]
    assert [each for each in tags if len(each) > TAG_CHARS] == []


def test_fields_that_search_shows_have_no_markdown() -> None:
    assert [name for name in ("description", "summary", "tags") if re.search(r"[*_`\[#]", FIELDS[name])] == []


def test_the_commands_that_it_names_are_there() -> None:
    known = {row["name"] for row in rows(describe_commands())}
    named = set(re.findall(r"`/([a-z ]+)`", FIELDS["expanded"]))
    assert named
    assert named - known == set()


def test_it_names_every_language() -> None:
    assert without_languages(FIELDS["expanded"]) == []
    assert without_languages("English and French") != []


def test_its_pictures_are_there_and_large_enough() -> None:
    pictures = re.findall(r"^\| \[[\w.-]+\]\((images/[^)]+)\)", PAGE, re.MULTILINE)
    assert len(set(pictures)) >= PICTURES_MIN
    small = []
    for each in pictures:
        with Image.open(DOCS / each) as picture:
            small += [each] if picture.width < WIDTH_MIN_PX else []
    assert small == []
