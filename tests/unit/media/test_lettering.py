from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont, features

from bot.media import lettering
from bot.media.lettering import Lettering, Typeface, drawable

NAMES = [
    "田中さん",
    "Zoë Łuß",
    "Ἀθηνᾶ",
    "Дмитрий",
    "عائشة",
    "שרה",
    "สมชาย",
    "अदिति",
    "한지민",
    "Նարե",
    "ნინო",
    "ሰላም",
    "தமிழ்",
]
NO_CHARACTER = "\U000f0000"
"""Private use: neither font has it, so both draw their sign for a missing one."""
FONTS = Path(lettering.__file__).parent / "fonts"


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_script_is_drawn_without_a_missing_character(name: str) -> None:
    for face, run in lettering._runs(drawable(name)):
        font = ImageFont.truetype(str(FONTS / face.value), 40)
        missing = bytes(font.getmask(NO_CHARACTER, mode="L"))
        assert not [each for each in run if not each.isspace() and bytes(font.getmask(each, mode="L")) == missing]


@pytest.mark.parametrize(("first", "last"), lettering._MAIN_RANGES)
def test_the_main_font_has_nearly_all_of_its_ranges(first: int, last: int) -> None:
    font = ImageFont.truetype(str(FONTS / Typeface.MAIN.value), 40)
    missing = bytes(font.getmask(NO_CHARACTER, mode="L"))
    some = [chr(each) for each in range(first, last + 1, max(1, (last - first) // 40)) if not chr(each).isspace()]
    assert sum(bytes(font.getmask(each, mode="L")) == missing for each in some) <= len(some) // 20


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  two\n words ", "two words"),
        ("漢字 🦊", "漢字"),
        ("🦊🦊", "fox face"),
        ("\U0001d4d0\U0001d4ed\U0001d4ea", "Ada"),
        ("\u202edlrow", "dlrow"),
        ("☀\ufe0f", "☀"),
        ("\u200b", ""),
        ("1 Nov to 30 Nov · 5", "1 Nov to 30 Nov · 5"),
    ],
)
def test_a_text_is_left_with_what_can_be_drawn(text: str, shown: str) -> None:
    assert drawable(text) == shown


@pytest.mark.parametrize("anchor", ["la", "ra", "ma", "ms", "lm", "rm"])
def test_both_fonts_are_drawn_on_one_line_from_the_anchor(anchor: str) -> None:
    letters, image = Lettering(2), Image.new("L", (800, 200))
    letters.draw(ImageDraw.Draw(image), (200, 50), "Ada สม 田", 20, "#FFFFFF", anchor=anchor)
    left, _, right, _ = image.getbbox() or (0, 0, 0, 0)
    wide = letters.width("Ada สม 田", 20) * 2
    start = 400 - {"l": 0.0, "m": 0.5, "r": 1.0}[anchor[0]] * wide
    assert abs(left - start) < 8
    assert abs(right - (start + wide)) < 8


def test_what_does_not_fit_ends_with_an_ellipsis() -> None:
    letters = Lettering()
    fitted = letters.fitted("田中さんの長い名前", 20, 100)
    assert fitted.endswith("…")
    assert letters.width(fitted, 20) <= 100
    assert letters.fitted("Ada", 20, 100) == "Ada"


def test_pillow_joins_arabic_letters() -> None:
    assert features.check("raqm")


def test_pillow_is_loaded_with_the_first_text_only() -> None:
    code = "import sys, bot.media.lettering; assert 'PIL' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
