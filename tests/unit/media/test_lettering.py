from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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


def test_the_font_is_at_most_a_megabyte() -> None:
    assert FONT.stat().st_size <= 1_000_000


def test_pillow_is_loaded_with_the_first_text_only() -> None:
    code = "import sys, bot.media.lettering; assert 'PIL' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
