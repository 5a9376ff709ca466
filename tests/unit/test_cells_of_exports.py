"""No cell of an export is run by a spreadsheet, however its first sign is written."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.words.text import cell

INVISIBLE = ["\u200b", "\u200e", "\u202e", "\ufeff", "\u00ad", " ", "\u00a0", "\u3000", "\u2060"]
SIGNS = [
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
    "\ufe62",
    "\ufe66",
    "\ufe63",
    "\ufe6b",
]
"""The signs themselves, and full-width and small forms that spreadsheets and their importers read as them."""


@pytest.mark.parametrize("sign", SIGNS)
def test_a_formula_is_a_text(sign: str) -> None:
    formula = f'{sign}HYPERLINK("https://evil.example")'
    assert cell(formula) == f"'{formula}"


@given(st.lists(st.sampled_from(INVISIBLE), max_size=5), st.sampled_from(SIGNS), st.text(max_size=10))
def test_whatever_stands_before_its_sign(before: list[str], sign: str, rest: str) -> None:
    assert cell("".join(before) + sign + rest).startswith("'")


@pytest.mark.parametrize("text", ["flux2pro", "a=b", "1e5", "image.generate", "", "Größe"])
def test_other_texts_are_left_as_they_are(text: str) -> None:
    assert cell(text) == text


@pytest.mark.parametrize(
    ("value", "written"), [(-3, "-3"), (None, ""), (Decimal("-5.500"), "-5.500"), (Decimal("1E+3"), "1000")]
)
def test_numbers_stay_numbers(value: object, written: str) -> None:
    assert cell(value) == written
