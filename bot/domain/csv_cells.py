"""Cells of the CSV files that moderators open in a spreadsheet."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

FORMULA_STARTS = frozenset("=+-@\t\r\n")
"""Spreadsheets run a cell that begins with one of these as a formula, in any width and after what is not shown."""
_UNSEEN = frozenset({"Cc", "Cf", "Zs"})
_GUARD = "'"


def cell(value: object) -> str:
    """Return a value as a cell of CSV: a number as it is, a text so that no spreadsheet runs it as a formula."""
    if value is None:
        return ""
    if isinstance(value, int | Decimal):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    text = str(value)
    return f"{_GUARD}{text}" if _is_formula(text) else text


def text_of_cell(written: str) -> str:
    """Return the text that `cell` was given, as far as that can be told from what it wrote."""
    return written[1:] if written.startswith(_GUARD) and _is_formula(written[1:]) else written


def _is_formula(text: str) -> bool:
    first = next((char for char in text if char in FORMULA_STARTS or unicodedata.category(char) not in _UNSEEN), "")
    return unicodedata.normalize("NFKC", first)[:1] in FORMULA_STARTS
