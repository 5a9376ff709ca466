"""The host's price list: a file for all servers, where their moderators have set no price."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bot.app.host import texts as host_texts
from bot.catalogue import Catalogue
from bot.domain.money.costs import PriceList
from bot.domain.words.text import without_controls
from bot.errors import InputError
from bot.prices import texts
from bot.prices.server_list import COLUMNS, price_file_rows, prices_of

HOST_FILE_BYTES_MAX: Final = 4 * 1024 * 1024
HOST_PRICES_MAX: Final = 2000
PRICES: Final = "prices"
"""The part of a JSON file that is read: a list of objects with the columns of a CSV file."""


def read_host_prices(path: Path, catalogue: Catalogue) -> PriceList:
    """Parse a price file; JSON if it begins with a brace. Raises InputError naming up to five wrong lines.

    An operation that the catalogue lacks may be one that the API will name.
    """
    text = _text(path)
    if text.lstrip().startswith("{"):
        return prices_of(_json_rows(text), catalogue.resolve_raw, host_texts.WRONG_PRICE)
    return prices_of(price_file_rows(text, HOST_PRICES_MAX), catalogue.resolve_raw, texts.WRONG_LINE)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(HOST_FILE_BYTES_MAX + 1)
        if len(content) > HOST_FILE_BYTES_MAX:
            raise InputError(host_texts.PRICE_FILE_TOO_LARGE(mib=HOST_FILE_BYTES_MAX // 1024**2), "file")
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error.strerror)
        raise InputError(host_texts.PRICE_FILE_UNREADABLE(reason=reason), "file") from None
    return without_controls(text.replace("\r\n", "\n").replace("\r", "\n"))


def _json_rows(text: str) -> list[tuple[int, Mapping[str, str]]]:
    """Return the file's prices by number, as texts by column. Raises InputError if it lists none."""
    try:
        found = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        found = None
    prices = found.get(PRICES) if isinstance(found, dict) else None
    if not isinstance(prices, list) or not all(map(_is_row, prices)):
        raise InputError(host_texts.NO_PRICES_PART(part=PRICES, columns=", ".join(COLUMNS)), "file")
    if len(prices) > HOST_PRICES_MAX:
        raise InputError(texts.TOO_MANY_LINES(found=len(prices), most=HOST_PRICES_MAX), "file")
    rows = ({name: each.get(name) or "" for name in COLUMNS} for each in prices)
    return list(enumerate(rows, 1))


def _is_row(found: Any) -> bool:
    return isinstance(found, dict) and all(isinstance(found.get(name) or "", str) for name in COLUMNS)
