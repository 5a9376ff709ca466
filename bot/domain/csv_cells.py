"""Cells of the CSV files that moderators open in a spreadsheet."""

from __future__ import annotations

from decimal import Decimal

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""Spreadsheets run a cell that begins with one of these as a formula."""
_GUARD = "'"


def cell(value: object) -> str:
    """Return a value as a cell of CSV: a number as it is, a text so that no spreadsheet runs it as a formula."""
    if value is None:
        return ""
    if isinstance(value, int | Decimal):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    text = str(value)
    return f"{_GUARD}{text}" if text.startswith(FORMULA_STARTS) else text


def text_of_cell(written: str) -> str:
    """Return the text that `cell` was given, as far as that can be told from what it wrote."""
    return written[1:] if written.startswith(_GUARD) and written[1:].startswith(FORMULA_STARTS) else written
