from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from bot.media import lettering
from bot.media.lettering import Lettering

FONT = Path(lettering.__file__).parent / "fonts" / lettering.FONT


@pytest.mark.parametrize(
    "name",
    ["田中さん", "斎藤龍之介", "陳德銘", "邓颖超", "한지민", "Zoë Łuß", "Nguyễn", "Αθηνά", "Дмитрий", "Ada 🦊 7"],
)
def test_names_in_the_commonest_scripts_are_readable(name: str) -> None:
    assert Lettering().is_readable(name)


@pytest.mark.parametrize(
    "name", ["عائشة", "שרה", "สมชาย", "अदिति", "Նարե", "ნინო", "ሰላም", "Ada สม", "🦊🦊", "\u200b", ""]
)
def test_a_name_with_letters_that_the_font_lacks_is_not(name: str) -> None:
    assert not Lettering().is_readable(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  two\n words ", "two words"),
        ("漢字 🦊", "漢字"),
        ("🦊🦊", ""),
        ("\U0001d4d0\U0001d4ed\U0001d4ea", "Ada"),
        ("\u202edlrow", "dlrow"),
        ("\u200b", ""),
        ("1 234\u202f567 □ …", "1 234 567 □ ..."),
        ("1 Nov to 30 Nov · 5", "1 Nov to 30 Nov · 5"),
    ],
)
def test_a_text_is_left_with_what_can_be_drawn(text: str, shown: str) -> None:
    assert Lettering().drawable(text) == shown


@pytest.mark.parametrize("anchor", ["la", "ra", "ma", "ms", "lm", "rm"])
def test_a_text_begins_at_its_anchor(anchor: str) -> None:
    letters, image = Lettering(2), Image.new("L", (800, 200))
    letters.draw(ImageDraw.Draw(image), (200, 50), "Ada 田", 20, "#FFFFFF", anchor=anchor)
    left, _, right, _ = image.getbbox() or (0, 0, 0, 0)
    wide = letters.width("Ada 田", 20) * 2
    start = 400 - {"l": 0.0, "m": 0.5, "r": 1.0}[anchor[0]] * wide
    assert abs(left - start) < 8
    assert abs(right - (start + wide)) < 8


def test_what_does_not_fit_ends_with_an_ellipsis() -> None:
    letters = Lettering()
    fitted = letters.fitted("田中さんの長い名前", 20, 100)
    assert fitted.endswith("…")
    assert letters.width(fitted, 20) <= 100
    assert letters.fitted("Ada", 20, 100) == "Ada"


def test_the_font_is_at_most_a_megabyte() -> None:
    assert FONT.stat().st_size <= 1_000_000


def test_pillow_is_loaded_with_the_first_text_only() -> None:
    code = "import sys, bot.media.lettering; assert 'PIL' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
